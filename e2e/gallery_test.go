package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lookback/controller/playlist/conform"
	"lookback/controller/viewer"
	"lookback/e2e/rig"
)

const (
	// knocksAtLeast is how many requests each of the two servers has to refuse.
	knocksAtLeast = 600
	// gatePassword is of a camera that can't be reached.
	gatePassword = "hunter2-of-the-gate"
	// fewBytes is the longest that an error says, headers not counted.
	fewBytes = 1000
)

// TestGallery: whoever may not have something gets not a byte of it, and nothing of
// what is outside the media folder, from the controller alone and from nginx before it.
func TestGallery(t *testing.T) {
	for name, open := range map[string]func(*gate, *testing.T){"stand-alone": (*gate).alone, "behind nginx": (*gate).behindNginx} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			open(g, t)
			f := g.furnish(t)
			g.isOpen(t, f)
			all := gallery(f)
			if len(all) < knocksAtLeast {
				t.Errorf("%d requests, want %d at least", len(all), knocksAtLeast)
			}
			g.knockAll(t, all)
			g.isOpen(t, f)
			for _, log := range []string{"panic", gatePassword, secret} {
				if strings.Contains(g.controller.Log(), log) {
					t.Errorf("the log says %q:\n%s", log, tail(g.controller.Log()))
				}
			}
			t.Logf("%d requests", len(all))
		})
	}
}

// gate is a server with a real controller and a camera.
type gate struct {
	dir, media, page string
	address          string // host:port
	controller       *rig.Process
}

func newGate(t *testing.T) *gate {
	dir := t.TempDir()
	g := &gate{dir: dir, media: filepath.Join(dir, "media"), page: filepath.Join(dir, "viewer"), address: freeAddress(t)}
	for name, content := range map[string]string{
		"secret.txt": secret, "viewer/index.html": `<!doctype html><script src="main.js"></script>`, "viewer/main.js": "export {};",
		"viewer/unnamed.js": secret, "viewer/.env": secret, "tmp/secret.txt": secret, "media/secret.txt": secret,
	} {
		must(t, writeFile(filepath.Join(dir, name), []byte(content)))
	}
	return g
}

func (g *gate) start(t *testing.T, settings ...string) {
	t.Helper()
	var err error
	g.controller, err = rig.Controller(t.Context(), "..", g.dir, 0, append([]string{
		"CAMERAS=front=test:320x180@5 gate=rtsp://watcher:" + gatePassword + "@127.0.0.1:1/", "ENCODER=libx264", "PART=200ms", "SEGMENT=1s", "DISK_RESERVE=0",
		"CORS_ORIGINS=https://home.example.org", "MEDIA_DIR=" + g.media, "METRICS_LISTEN=unix:" + filepath.Join(g.dir, "metrics")}, settings...)...)
	must(t, err)
	must(t, g.controller.Start())
	t.Cleanup(g.controller.Stop)
}

// alone has the controller serve everything.
func (g *gate) alone(t *testing.T) { g.start(t, "LISTEN="+g.address, "VIEWER_DIR="+g.page) }

// behindNginx has nginx serve what it does in the image.
func (g *gate) behindNginx(t *testing.T) {
	socket := "unix:" + filepath.Join(g.dir, "socket")
	n := rig.Nginx{
		Root: "..", Etc: filepath.Join(g.dir, "etc"), Tmp: filepath.Join(g.dir, "tmp"), Listen: g.address, Controller: socket,
		Media: g.media, Viewer: filepath.Join(g.dir, "page"), Parts: filepath.Join(g.dir, "parts"), CORS: "https://home.example.org",
	}
	must(t, viewer.Lay(g.page, n.Viewer))
	must(t, n.Render())
	g.start(t, "LISTEN="+socket, "PARTS_DIR="+n.Parts)
	nginx, err := rig.NginxProcess(n.Etc)
	must(t, err)
	must(t, nginx.Start())
	t.Cleanup(nginx.Stop)
	must(t, writeFile(filepath.Join(n.Viewer, "unnamed.js"), []byte(secret)))
}

// furnish waits for recordings, and puts beside them what nobody may have.
func (g *gate) furnish(t *testing.T) (f furnished) {
	t.Helper()
	at := place{"http://" + g.address, "front"}
	eventually(t, 60*time.Second, "two segments are there", func() bool {
		text, err := at.get("/hls/front/window.m3u8")
		if err != nil {
			return false
		}
		list, err := conform.Parse(text)
		if err != nil || len(list.Segments) < 2 {
			return false
		}
		f.segment, f.init = path.Join("/hls/front", list.Segments[0].URI), path.Join("/hls/front", list.Segments[0].Map)
		return true
	})
	must(t, writeFile(filepath.Join(g.dir, "parts", "secret.txt"), []byte(secret))) // at its start the controller refuses it
	f.archive = path.Dir(path.Dir(f.init)) + "/"
	f.hour, f.msn = path.Dir(f.segment)+"/", strings.TrimSuffix(path.Base(f.segment), ".m4s")
	page, err := at.get("/")
	must(t, err)
	_, f.version, _ = strings.Cut(string(page), `src="`)
	f.version, _, _ = strings.Cut(f.version, "main.js")

	hour := filepath.Join(g.media, "front", strings.TrimPrefix(f.hour, f.archive))
	front := filepath.Join(g.media, "front")
	for _, file := range []string{
		".spool/front/recorder.json", "front/secret.txt", "front/id", "front/.state.json", "front/000000001.m4s", "000000001.m4s", "front/parts/1.0.m4s", "front/2030-01-01/secret.m4s",
	} {
		must(t, writeFile(filepath.Join(g.media, file), []byte(secret)))
	}
	for _, end := range []string{".tmp", "~", ".bak", ".gz", ".left-out", ".m4s", ".mp4", ".json"} {
		must(t, writeFile(filepath.Join(hour, f.msn+".m4s"+end), []byte(secret)))
	}
	for name, to := range map[string]string{
		"800000000.m4s": "../../../../secret.txt", "800000001.m4s": filepath.Join(g.dir, "secret.txt"), "800000002.m4s": "../../state.json", "800000003.m4s": "../../../.spool/front/status.json",
		"800000004.m4s": f.msn + ".m4s", "800000005.m4s": "/etc/passwd", "800000006.m4s": "/proc/self/environ", "800000007.m4s": "/dev/zero", "800000008.m4s": "800000008.m4s",
		"800000009.m4s": "../../../../../../../../../../../etc/hostname", "800000010.m4s": "../../init/000000000.json", "800000011.m4s": filepath.Join(g.dir, "metrics"),
	} {
		must(t, os.Symlink(to, filepath.Join(hour, name)))
		f.links = append(f.links, f.hour+name)
	}
	must(t, syscall.Mkfifo(filepath.Join(hour, "800000020.m4s"), 0o644))
	must(t, os.Mkdir(filepath.Join(hour, "800000021.m4s"), 0o755))
	socket, err := net.Listen("unix", filepath.Join(hour, "800000022.m4s"))
	must(t, err)
	t.Cleanup(func() { socket.Close() })
	for _, name := range []string{"800000020.m4s", "800000021.m4s", "800000022.m4s"} {
		f.links = append(f.links, f.hour+name)
	}
	day := filepath.Dir(hour)
	for link, to := range map[string]string{
		filepath.Join(front, "2031-01-01"): day, filepath.Join(front, "2031-01-02"): "../../outside", filepath.Join(front, "2031-01-03/10"): hour,
		filepath.Join(g.media, "linked"): "front", filepath.Join(front, "init/800000000.mp4"): "../state.json", filepath.Join(front, "init/800000001.mp4"): "../../../secret.txt",
	} {
		must(t, os.MkdirAll(filepath.Dir(link), 0o755))
		must(t, os.Symlink(to, link))
	}
	must(t, writeFile(filepath.Join(g.dir, "outside/10", f.msn+".m4s"), []byte(secret)))
	name := path.Base(f.segment)
	f.links = append(f.links, f.archive+"2031-01-01/"+filepath.Base(hour)+"/"+name, f.archive+"2031-01-02/10/"+name, f.archive+"2031-01-03/10/"+name,
		strings.Replace(f.segment, "front", "linked", 1), f.archive+"init/800000000.mp4", f.archive+"init/800000001.mp4")
	return f
}

// isOpen: what everybody may have is there, so that it is no wonder that nothing is
// got by those who may not.
func (g *gate) isOpen(t *testing.T, f furnished) {
	t.Helper()
	for target, has := range map[string]string{"/": "<!doctype", "/" + f.version + "main.js": "export", f.segment: "moof", f.init: "ftyp", "/hls/front/index.m3u8": "#EXTM3U", "/api/cameras": `"front"`, "/healthz": ""} {
		answers, err := g.knock(get(target, "Origin: https://home.example.org"))
		if err != nil || len(answers) != 1 || answers[0].StatusCode != http.StatusOK || !bytes.Contains(answers[0].body, []byte(has)) || answers[0].Header.Get("Access-Control-Allow-Origin") == "" {
			t.Fatalf("GET %s: %v, %v", target, answers, err)
		}
	}
}

// knock sends bytes as they are, and reads all answers up to the end of the connection.
func (g *gate) knock(raw string) (answers []answer, err error) {
	conn, err := net.Dial("tcp", g.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(25 * time.Second))
	go io.WriteString(conn, raw) // who refuses may not read all of it
	method, _, _ := strings.Cut(raw, " ")
	in := bufio.NewReader(conn)
	for {
		start, err := in.Peek(5)
		switch late, ok := err.(net.Error); {
		case ok && late.Timeout():
			return answers, fmt.Errorf("the connection goes on after %d answers", len(answers))
		case err != nil && len(start) == 0:
			return answers, nil
		case string(start) != "HTTP/":
			body, _ := io.ReadAll(in)
			if len(answers) > 0 { // net/http says what is malformed also to a HEAD
				answers[len(answers)-1].body = append(answers[len(answers)-1].body, body...)
				return answers, nil
			}
			return []answer{{&http.Response{StatusCode: 0}, body}}, nil // HTTP/0.9
		}
		response, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return answers, err
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return answers, err
		}
		answers = append(answers, answer{response, body})
	}
}

// knockAll tries all, some at a time.
func (g *gate) knockAll(t *testing.T, all []knock) {
	t.Helper()
	var group sync.WaitGroup
	todo := make(chan knock)
	for range 16 {
		group.Go(func() {
			for k := range todo {
				answers, err := g.knock(k.raw)
				if err == nil || strings.Contains(err.Error(), "connection reset") {
					err = k.judge(answers)
				}
				if err != nil {
					t.Errorf("%s: %v", k.name, err)
				}
			}
		})
	}
	defer group.Wait()
	defer close(todo)
	for _, k := range all {
		select {
		case todo <- k:
		case <-t.Context().Done():
			return
		}
	}
}

// judge tells what is wrong with what somebody got.
func (k knock) judge(answers []answer) error {
	for _, a := range answers {
		for _, word := range []string{secret, gatePassword, "root:x:", "PATH=", `"reserved"`, `"format"`} {
			if bytes.Contains(a.body, []byte(word)) {
				return fmt.Errorf("%d shows %q", a.StatusCode, a.body[:min(len(a.body), fewBytes)])
			}
		}
	}
	if len(answers) > 1 {
		return fmt.Errorf("%d answers", len(answers))
	}
	if len(answers) == 0 {
		return nil // the connection was closed
	}
	a := answers[0]
	switch {
	case k.want == refused && (a.StatusCode < 400 && a.StatusCode != 0 || len(a.body) > fewBytes):
		return fmt.Errorf("status %d with %d bytes: %.200q", a.StatusCode, len(a.body), a.body)
	case a.StatusCode >= 500 && a.StatusCode != http.StatusNotImplemented && a.StatusCode != http.StatusHTTPVersionNotSupported:
		return fmt.Errorf("status %d: %.200q", a.StatusCode, a.body)
	case k.want == kept && (a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("Cross-Origin-Resource-Policy") != "same-origin"):
		return fmt.Errorf("status %d: %v", a.StatusCode, a.Header)
	}
	return nil
}
