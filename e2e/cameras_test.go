//go:build cameras

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/config"
	"lookback/controller/recorder"
	"lookback/controller/spool"
	"lookback/e2e/rig"
)

// A camera of each kind, sent by servers that are not ours, is recorded by the
// recorder and must come out of the spool as something that plays.

// cameraCase is one stream from one server.
type cameraCase struct {
	name   string
	source func(*testing.T) camera.Source
	plan   string // what the plan's line must contain
	reason string // what one of its reasons must contain
	sound  bool   // it must be heard
	change func(*recorder.Options)
}

func at(url string) camera.Source { return camera.Source{URL: url} }

func heard(url string) camera.Source { return camera.Source{URL: url, Audio: "on"} }

const (
	picture = "-f lavfi -i testsrc2=size=320x180:rate=25:duration=40 "
	tone    = "-f lavfi -i sine=sample_rate=48000:duration=40 "
	x264    = "-c:v libx264 -preset ultrafast -sc_threshold 0 "
)

func TestCameraKinds(t *testing.T) {
	for _, c := range []cameraCase{
		{name: "rtsp, B-frames, AAC", source: rtsp("x-h264-aac", "x.mp4", picture+tone+x264+"-bf 2 -g 25 -c:a aac"), plan: "copying H.264 320x180 at 25 fps; key frame every 1s, with its AAC sound", reason: "B-frames", sound: true},
		{name: "rtsp, G.711", source: rtsp("x-h264-alaw", "x.mkv", picture+tone+x264+"-g 25 -c:a pcm_alaw -ar 8000"), plan: "its G.711 sound as AAC", sound: true},
		{name: "rtsp, Opus", source: rtsp("x-h264-opus", "x.mkv", picture+tone+x264+"-g 25 -c:a libopus"), plan: "its Opus sound as AAC", sound: true},
		{name: "rtsp, 10 s between key frames", source: rtsp("x-h264", "x.mp4", picture+x264+"-g 250"), plan: "copying H.264 320x180 at 25 fps; key frames more than 4s apart", reason: "joining may take long"},
		{name: "rtsp, 5 fps", source: rtsp("x-h264", "x.mp4", "-f lavfi -i testsrc2=size=320x180:rate=5:duration=40 "+x264+"-g 10"), plan: "copying H.264 320x180 at 5 fps; key frame every 2s"},
		{name: "rtsp, 4:4:4", source: rtsp("x-h264", "x.mp4", picture+x264+"-g 25 -pix_fmt yuv444p"), plan: "encoding H.264", reason: "4:2:0, not yuv444p"},
		{name: "rtsp, H.265", source: rtsp("x-h265", "x.mp4", picture+"-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25 -tag:v hvc1"), plan: "encoding H.265", reason: "Not every browser plays H.265"},
		{name: "rtsp, H.265 copied", source: rtsp("x-h265", "x.mp4", picture+"-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25:bframes=0 -tag:v hvc1"), plan: "copying H.265", change: func(o *recorder.Options) { o.CopyH265 = true }},
		{name: "rtsp, JPEG", source: rtsp("x-jpeg", "x.mp4", picture+"-c:v mjpeg -pix_fmt yuvj420p"), plan: "encoding MJPEG"},
		{name: "rtsp, VP8", source: rtsp("x-vp8", "x.mkv", picture+"-c:v libvpx -deadline realtime -cpu-used 8 -g 25"), plan: "encoding VP8 320x180"},
		{name: "rtsp, VP9", source: rtsp("x-vp9", "x.mkv", picture+"-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25"), plan: "encoding VP9 320x180"},
		{name: "rtsp, turned and smaller", source: rtsp("x-h264", "x.mp4", picture+x264+"-g 25"), plan: "encoding H.264 180x320 at 10 fps", reason: "turned", change: func(o *recorder.Options) { o.Rotate, o.FPS = 90, 10 }},
		{name: "rtsp, 4:2:2", source: rtsp("x-h264", "x.mp4", picture+x264+"-g 25 -pix_fmt yuv422p"), plan: "encoding H.264", reason: "4:2:0, not yuv422p"},
		{name: "rtsp, interlaced", source: rtsp("x-h264", "x.mp4", picture+"-c:v libx264 -preset ultrafast -flags +ildct+ilme -x264-params tff=1 -g 25"), plan: "copying H.264 320x180 at 25 fps"},
		{name: "rtsp, every fifth frame missing", source: rtsp("x-h264", "x.mp4", picture+"-vf select=mod(n\\,5) -fps_mode vfr "+x264+"-g 20"), plan: "copying H.264 320x180 at 25 fps"},
		{name: "rtsp over UDP", source: rtsp("x-h264", "x.mp4", picture+x264+"-g 25"), plan: "copying H.264 320x180 at 25 fps", change: func(o *recorder.Options) { o.Transport = "udp" }},
		{name: "rtsp, Digest", source: func(t *testing.T) camera.Source {
			return at("rtsp://admin:hunter2@" + rtspServer(t, "Digest admin:hunter2", "x-h264="+clip(t, "x.mp4", picture+x264+"-g 25")) + "/x-h264")
		}, plan: "copying H.264"},
		{name: "srt, encrypted", source: sent("srt://%s?mode=listener&linger=0&passphrase=0123456789abc", "srt://%s?passphrase=0123456789abc", "mpegts"), plan: "copying H.264"},
		{name: "https, a certificate of its own", source: func(t *testing.T) camera.Source { return at(serveTLS(t, multipart(10))) }, plan: "encoding MJPEG 320x240"},
		{name: "rtmp, AAC", source: func(t *testing.T) camera.Source { r, _ := nginxRTMP(t); return heard(r) }, plan: "copying H.264", sound: true},
		{name: "hls, AAC", source: func(t *testing.T) camera.Source { _, h := nginxRTMP(t); return heard(h) }, plan: "copying H.264", sound: true},
		{name: "srt", source: sent("srt://%s?mode=listener&linger=0", "srt://%s", "mpegts"), plan: "copying H.264"},
		{name: "udp", source: sent("udp://%s?pkt_size=1316", "udp://%s", "mpegts"), plan: "copying H.264"},
		{name: "rtp", source: sent("rtp://%s", "rtp://%s", "rtp_mpegts"), plan: "copying H.264"},
		{name: "http, MPEG-TS, MP3", source: overHTTP("video/mp2t", picture+tone+x264+"-g 25 -c:a libmp3lame -f mpegts"), plan: "its MP3 sound as AAC", sound: true},
		{name: "http, FLV", source: overHTTP("video/x-flv", picture+x264+"-g 25 -f flv"), plan: "copying H.264"},
		{name: "http, MPEG-4", source: overHTTP("video/mp2t", picture+"-c:v mpeg4 -g 25 -f mpegts"), plan: "encoding MPEG-4"},
		{name: "ESP32-CAM", source: motionJPEG("\r\n--123456789000000000000987654321\r\n", "Content-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: 1.000000\r\n\r\n", "", "multipart/x-mixed-replace;boundary=123456789000000000000987654321"), plan: "encoding MJPEG 320x240"},
		{name: "mjpg-streamer", source: motionJPEG("--boundarydonotcross\r\n", "Content-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: 1.000000\r\n\r\n", "\r\n", "multipart/x-mixed-replace;boundary=boundarydonotcross"), plan: "encoding MJPEG 320x240"},
		{name: "script without Content-Length", source: motionJPEG("--frame\r\n", "Content-Type: image/jpeg\r\n\r\n", "\r\n", "multipart/x-mixed-replace; boundary=frame"), plan: "encoding MJPEG 320x240"},
		{name: "stills", source: stills, plan: "encoding MJPEG 320x240 at 2 fps", change: func(o *recorder.Options) { o.Poll = 500 * time.Millisecond }},
		{name: "stills, found out", source: stills, plan: "encoding MJPEG 320x240 at 1 fps"},
		{name: "file", source: func(t *testing.T) camera.Source {
			return heard("file://" + clip(t, "x.mp4", strings.ReplaceAll(picture+tone, "duration=40", "duration=5")+x264+"-g 25 -c:a aac"))
		}, plan: "copying H.264", sound: true},
		{name: "test", source: func(*testing.T) camera.Source { return at("test:320x180@15") }, plan: "encoding raw video 320x180 at 15 fps"},
	} {
		t.Run(c.name, func(t *testing.T) { t.Parallel(); c.check(t) })
	}
}

func (c cameraCase) check(t *testing.T) {
	options := recorder.Options{MediaDir: t.TempDir(), Camera: "x", Request: camera.Request{Source: c.source(t), Segment: time.Second, Part: 200 * time.Millisecond, Encoder: "auto"}}
	if c.change != nil {
		c.change(&options)
	}
	r, stop := record(t, options)
	cameraDir := spool.CameraDir(options.MediaDir, options.Camera)
	var dir string
	settled(t, r, "two whole segments", func() bool {
		names, err := spool.Runs(cameraDir)
		if err != nil || len(names) == 0 {
			return false
		}
		dir = filepath.Join(cameraDir, names[len(names)-1])
		seqs, err := spool.Segments(dir)
		return err == nil && len(seqs) >= 3
	})
	stop()
	run, err := spool.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(run.Plan, run.PlanReasons, run.Codecs)
	if !strings.Contains(run.Plan, c.plan) || !strings.Contains(strings.Join(run.PlanReasons, "\n"), c.reason) {
		t.Errorf("the plan is %q, for %q; want %q, for %q", run.Plan, run.PlanReasons, c.plan, c.reason)
	}
	if got := strings.Contains(run.Codecs, "mp4a.40.2"); got != c.sound {
		t.Errorf("codecs %s, sound %t", run.Codecs, c.sound)
	}
	plays(t, dir)
}

// plays decodes what was recorded; nothing may be wrong with it.
func plays(t *testing.T, dir string) {
	t.Helper()
	var whole []byte
	for _, name := range []string{"init.mp4", "000000.m4s", "000001.m4s"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, b...)
	}
	path := filepath.Join(t.TempDir(), "all.mp4")
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	// In the recording's own time base: in that of its frame rate, pictures that
	// are a little closer together than nominal would have the same time.
	if out, err := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-xerror", "-i", path,
		"-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestCameraTrouble: each trouble has a name of its own.
func TestCameraTrouble(t *testing.T) {
	file := clip(t, "x.mp4", picture+x264+"-g 25")
	open := rtspServer(t, "", "x-h264="+file)
	closed := rtspServer(t, "admin:hunter2", "x-h264="+file)
	for _, c := range []struct {
		name, url, code string
		encoder         string
	}{
		{"no such stream", "rtsp://" + open + "/nothing", camera.NotFound, ""},
		{"no password", "rtsp://" + closed + "/x-h264", camera.Unauthorized, ""},
		{"wrong password", "rtsp://admin:guess@" + closed + "/x-h264", camera.Unauthorized, ""},
		{"nobody there", "rtsp://" + freeAddress(t) + "/", camera.ConnectionRefused, ""},
		{"nobody there, rtmp", "rtmp://" + freeAddress(t) + "/live/x", camera.ConnectionRefused, ""},
		{"nobody sends, rtmp", nobodySends(t), camera.NoPublisher, ""},
		{"forbidden", serve(t, answering(http.StatusForbidden)), camera.Forbidden, ""},
		{"no password, http", serve(t, answering(http.StatusUnauthorized)), camera.Unauthorized, ""},
		{"no such page", serve(t, answering(http.StatusNotFound)), camera.NotFound, ""},
		{"too much to do", serve(t, answering(http.StatusServiceUnavailable)), camera.HTTPError, ""},
		{"hangs up", serve(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }), camera.StreamEnded, ""},
		{"no such host", "rtsp://camera.invalid/", camera.DNS, ""},
		{"no such file", "file:///nowhere/x.mp4", camera.NoFile, ""},
		{"no such device", "/dev/video99", camera.NoDevice, ""},
		{"a page", serve(t, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "<!DOCTYPE html><title>Camera</title><p>Log in")
		}), camera.NotAStream, ""},
		{"no TLS", "https" + strings.TrimPrefix(serve(t, multipart(10)), "http"), camera.TLS, ""},
		{"100 megapixels", serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(claiming(jpegPicture(), 12000, 9000)) }), camera.PictureTooLarge, ""},
		{"endless headers", serve(t, endlessHeaders), camera.NotAStream, ""},
		{"sound alone", serve(t, ffmpegAnswer("video/mp2t", tone+"-c:a aac -f mpegts")), camera.NoVideo, ""},
		{"encoding ruled out", "test:320x180@10", camera.CannotCopy, "copy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			options := recorder.Options{MediaDir: t.TempDir(), Camera: "x", Request: camera.Request{Source: at(c.url), Segment: time.Second, Part: 200 * time.Millisecond, Encoder: c.encoder}, Redact: config.Redact}
			r, stop := record(t, options)
			settled(t, r, "reason "+c.code, func() bool { s, _ := r.Status(); return s.Code == c.code })
			stop()
			if s, _ := r.Status(); strings.Contains(fmt.Sprint(s), "guess") {
				t.Errorf("the password shows: %+v", s)
			}
		})
	}
}

func record(t *testing.T, o recorder.Options) (r *recorder.Recorder, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r = recorder.New(o)
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return r, stop
}

func settled(t *testing.T, r *recorder.Recorder, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(45 * time.Second); !condition(); <-tick.C {
		if time.Now().After(deadline) {
			s, _ := r.Status()
			t.Fatalf("no %s: %+v", what, s)
		}
	}
}

// clip makes a file with ffmpeg.
func clip(t *testing.T, name, args string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	all := append(append([]string{"-nostdin", "-loglevel", "error"}, strings.Fields(args)...), path)
	if out, err := exec.Command("ffmpeg", all...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// background runs a program until the test has ended.
func background(t *testing.T, cmd *exec.Cmd) io.Reader {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return out
}

// rtspServer starts GStreamer's RTSP server and returns its host:port. A login
// is user:password, behind "Digest " where that is asked for. Debian's own
// Python runs it: GStreamer's bindings belong to it.
func rtspServer(t *testing.T, login string, streams ...string) string {
	t.Helper()
	cmd := exec.Command("/usr/bin/python3", append([]string{"testdata/rtspserver.py"}, streams...)...)
	plain, digest := strings.CutPrefix(login, "Digest ")
	if user, password, ok := strings.Cut(plain, ":"); ok {
		cmd.Env = append(os.Environ(), "USER_NAME="+user, "PASSWORD="+password)
	}
	if digest {
		cmd.Env = append(cmd.Env, "DIGEST=1")
	}
	line, err := bufio.NewReader(background(t, cmd)).ReadString('\n')
	port, _ := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || port == 0 {
		t.Fatalf("the RTSP server says %q, %v", line, err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// listens waits until somebody listens at an address.
func listens(t *testing.T, address string) {
	t.Helper()
	if err := rig.Until(t.Context(), 30*time.Second, "something listens at "+address, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	}); err != nil {
		t.Fatal(err)
	}
}

func rtsp(stream, file, args string) func(*testing.T) camera.Source {
	return func(t *testing.T) camera.Source {
		return heard("rtsp://" + rtspServer(t, "", stream+"="+clip(t, file, args)) + "/" + stream)
	}
}

// loop sends a clip to an address for ever, also to one listener after another.
func loop(t *testing.T, file, format, to string) {
	t.Helper()
	cmd := exec.Command("bash", "-c", `while :; do ffmpeg -nostdin -loglevel quiet -re -stream_loop -1 -i "$0" -c copy -f "$1" "$2"; read -rt 0.2 <> <(:); done`, file, format, to)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); cmd.Wait() })
}

// sent is a stream that ffmpeg sends from or to an address on loopback.
func sent(to, from, format string) func(*testing.T) camera.Source {
	return func(t *testing.T) camera.Source {
		address := freeAddress(t)
		loop(t, clip(t, "x.ts", picture+x264+"-g 25"), format, fmt.Sprintf(to, address))
		return at(fmt.Sprintf(from, address))
	}
}

// nginxRTMP starts nginx with its RTMP module, and publishes to it.
func nginxRTMP(t *testing.T) (rtmp, hls string) {
	t.Helper()
	rtmp, hls = relay(t)
	loop(t, clip(t, "x.flv", picture+tone+x264+"-g 25 -c:a aac"), "flv", rtmp)
	return rtmp, hls
}

// relay starts nginx with its RTMP module.
func relay(t *testing.T) (rtmp, hls string) {
	t.Helper()
	dir, media, web := t.TempDir(), freeAddress(t), freeAddress(t)
	config := fmt.Sprintf(`load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/log;
events {}
rtmp { server { listen %[2]s; application live { live on; hls on; hls_path %[1]s/hls; hls_fragment 1s; } } }
http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server { listen %[3]s; location / { root %[1]s/hls; } } }`, dir, media, web)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	// The workers of a root's nginx are nobody's and must be able to write.
	for _, err := range []error{os.Mkdir(filepath.Join(dir, "hls"), 0o777), os.Chmod(filepath.Join(dir, "hls"), 0o777), os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("nginx", "-c", path, "-p", dir, "-e", filepath.Join(dir, "log"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); cmd.Wait() })
	listens(t, media)
	return "rtmp://" + media + "/live/x", "http://" + web + "/x.m3u8"
}

// overHTTP is one long answer that ffmpeg makes.
func overHTTP(mime, args string) func(*testing.T) camera.Source {
	return func(t *testing.T) camera.Source { return heard(serve(t, ffmpegAnswer(mime, args))) }
}

func ffmpegAnswer(mime, args string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", mime)
		all := append([]string{"-nostdin", "-loglevel", "error", "-re"}, strings.Fields(args)...)
		cmd := exec.CommandContext(r.Context(), "ffmpeg", append(all, "-flush_packets", "1", "pipe:1")...)
		cmd.Stdout = flushed{w}
		cmd.Run()
	}
}

// nobodySends is a stream of nginx's RTMP module that nobody publishes.
func nobodySends(t *testing.T) string { url, _ := relay(t); return url }

func answering(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", status) }
}

// endlessHeaders answers with one header after another, for ever.
func endlessHeaders(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	for line := "HTTP/1.1 200 OK\r\n"; err == nil; line = "X-Filler: " + strings.Repeat("x", 1000) + "\r\n" {
		_, err = io.WriteString(conn, line)
	}
}

// claiming makes a JPEG say that it is larger than it is, in its frame header
// (ITU T.81 B.2.2), and long enough for ffmpeg to believe it.
func claiming(picture []byte, width, height uint16) []byte {
	at := bytes.Index(picture, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(picture[at+5:], height)
	binary.BigEndian.PutUint16(picture[at+7:], width)
	return append(picture, make([]byte, int(width)*int(height)/200)...)
}

func serveTLS(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewTLSServer(handler)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

type flushed struct{ http.ResponseWriter }

func (f flushed) Write(b []byte) (int, error) {
	n, err := f.ResponseWriter.Write(b)
	f.ResponseWriter.(http.Flusher).Flush()
	return n, err
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

func jpegPicture() []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 320, 240), image.YCbCrSubsampleRatio420), nil)
	return b.Bytes()
}

// motionJPEG is a dialect of JPEG pictures in a row, ten a second.
func motionJPEG(boundary, head, tail, mime string) func(*testing.T) camera.Source {
	return func(t *testing.T) camera.Source {
		picture := jpegPicture()
		if strings.Contains(head, "%d") {
			head = fmt.Sprintf(head, len(picture))
		}
		return at(serve(t, repeating(mime, boundary+head+string(picture)+tail, 10)))
	}
}

func repeating(mime, part string, fps int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", mime)
		tick := time.NewTicker(time.Second / time.Duration(fps))
		defer tick.Stop()
		for r.Context().Err() == nil {
			fmt.Fprint(flushed{w}, part)
			<-tick.C
		}
	}
}

// multipart is the plainest dialect.
func multipart(fps int) http.HandlerFunc {
	return repeating("multipart/x-mixed-replace; boundary=frame", "--frame\r\nContent-Type: image/jpeg\r\n\r\n"+string(jpegPicture())+"\r\n", fps)
}

func stills(t *testing.T) camera.Source {
	picture := jpegPicture()
	return at(serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(picture)
	}) + "/snapshot.jpg")
}
