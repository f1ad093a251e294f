package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"

	"lookback/e2e/rig"
)

//go:embed baseline.html
var baselinePage []byte

// What a minimal nginx for HLS looks like; the verbs are address and folder.
const baselineNginx = `worker_processes auto;
pid %[2]s/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
    include mime.types;
    access_log off;
    sendfile on;
    client_body_temp_path %[2]s/body;
    proxy_temp_path       %[2]s/proxy;
    fastcgi_temp_path     %[2]s/fastcgi;
    uwsgi_temp_path       %[2]s/uwsgi;
    scgi_temp_path        %[2]s/scgi;
    server {
        listen %[1]s;
        root %[2]s/www;
        location ~ \.m3u8$ { add_header Cache-Control no-cache; }
    }
}
`

// measureBaseline looks at the pipeline that Lookback replaces: ffmpeg writes HLS files,
// nginx serves them, hls.js plays them as it comes. The encoder is ours, so
// that the difference is the way and not the encoding.
func measureBaseline(ctx context.Context, o options, wallclock bool) (*Viewing, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	stack, err := rig.New(ctx, rig.Options{Root: ".", Dir: dir, Size: o.size, FPS: o.fps})
	if err != nil {
		return nil, err
	}
	defer stack.Close()
	address, err := furnish(stack, dir)
	if err != nil {
		return nil, err
	}
	if err := stack.StartCamera(ctx); err != nil {
		return nil, err
	}
	if err := stack.Nginx.Start(); err != nil {
		return nil, err
	}
	if err := rig.Answers(ctx, stack.Nginx, address); err != nil {
		return nil, err
	}
	ffmpeg := &rig.Process{Name: "ffmpeg", Path: "ffmpeg", Args: baselineArguments(stack.SourceURL(), filepath.Join(dir, "www", "live.m3u8"), wallclock)}
	if err := ffmpeg.Start(); err != nil {
		return nil, err
	}
	defer ffmpeg.Stop()
	say("baseline: ffmpeg %s", strings.Join(ffmpeg.Args, " "))
	playlist := filepath.Join(dir, "www", "live.m3u8")
	if err := rig.Until(ctx, patience, "three segments of the baseline", func() bool {
		list, _ := os.ReadFile(playlist)
		return strings.Count(string(list), "#EXTINF") >= 3
	}); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, ffmpeg.Log())
	}
	browser, err := rig.OpenBrowser(ctx)
	if err != nil {
		return nil, err
	}
	defer browser.Close()
	return view(ctx, o, browser, address, map[string]func() []procfs.Proc{
		"ffmpeg": func() []procfs.Proc { return alone(ffmpeg.Pid()) },
		"nginx":  func() []procfs.Proc { return family(stack.Nginx.Pid()) },
		"camera": func() []procfs.Proc { return alone(stack.Camera.Pid()) },
	})
}

// furnish puts page, library and nginx's configuration into the folder, and
// exchanges the stack's nginx for that one.
func furnish(stack *rig.Stack, dir string) (address string, err error) {
	host, err := rig.FreeAddress()
	if err != nil {
		return "", err
	}
	library, err := os.ReadFile(filepath.Join("viewer", "vendor", "hls.js"))
	if err != nil {
		return "", err
	}
	types, err := os.ReadFile("/etc/nginx/mime.types")
	if err != nil {
		return "", err
	}
	for path, content := range map[string][]byte{
		"www/index.html":   baselinePage,
		"www/hls.js":       library,
		"plain/nginx.conf": fmt.Appendf(nil, baselineNginx, host, dir),
		"plain/mime.types": types,
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return "", err
		}
	}
	stack.Nginx, err = rig.NginxProcess(filepath.Join(dir, "plain"))
	return "http://" + host + "/", err
}

func baselineArguments(source, playlist string, wallclock bool) []string {
	args := []string{"-hide_banner", "-loglevel", "warning", "-nostdin"}
	if wallclock {
		args = append(args, "-use_wallclock_as_timestamps", "1")
	}
	return append(args, "-i", source,
		"-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p",
		// Without key frames where segments should begin, ffmpeg's would last ten seconds.
		"-force_key_frames", "expr:gte(t,n_forced*2)",
		"-f", "hls", "-hls_time", "2", "-hls_list_size", "3000", "-hls_flags", "delete_segments", playlist)
}
