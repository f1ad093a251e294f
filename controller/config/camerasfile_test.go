package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// camerasIn writes a file of cameras and returns the variable that names it.
func camerasIn(t *testing.T, text string) (path, set string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "cameras")
	write(t, path, text)
	return path, "CAMERAS_FILE=" + path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// listed is what a list comes to, a line each: cameras that differ from the
// defaults in their title and window, and what was said.
func listed(cameras []Camera, demo bool, warnings []*Error, err error) string {
	var lines []string
	for _, c := range cameras {
		lines = append(lines, strings.TrimSpace(c.Name+" "+c.URL.Reveal()+" "+c.Title+" "+c.Window.String()))
	}
	if demo {
		lines = append(lines, "demo")
	}
	for _, w := range warnings {
		lines = append(lines, "warning: "+w.Error())
	}
	if err != nil {
		lines = append(lines, err.Error())
	}
	return strings.Join(lines, "\n")
}

func loaded(environ ...string) string {
	c, err := Load(environ)
	if err != nil {
		return listed(nil, false, nil, err)
	}
	return listed(c.Cameras, c.Demo, c.Warnings, nil)
}

func TestCamerasFile(t *testing.T) {
	keys := "TITLE, TIME_ZONE, WINDOW, WINDOW_BYTES, SEGMENT, PART, ENCODER, FPS, PICTURE_CHECKS, RTSP_TRANSPORT, POLL, INPUT_FORMAT, INPUT_SIZE, AUDIO, HEADERS, TLS, COPY, QUALITY, BITRATE, SCALE, ROTATE, CPUS, MEMORY"
	unknown := "accepted is KEY=value after name=url, the KEY one of " + keys + " (in a URL a space is written %20, and a value with spaces stands in quotes)"
	const unclosed = "accepted is a value whose quote is closed, and followed by a space or the end of the line"
	const demo = "demo http://demo:8081/stream.mjpg demo 2h0m0s\ndemo"
	const none = "\nwarning: CAMERAS_FILE: nothing of it can be used, so there is no camera until it is corrected"
	for _, c := range []struct{ text, environ, want string }{
		{"", "", demo},
		{"\ufeff# none\r\n\r\n  # at all", "", demo},
		{"\ufeff# all of them\r\n\r\n  front=http://u:a%23b@10.0.0.1/ # the door\r\n#old=http://10.0.0.9/\nbench=http://10.0.0.2/?a=$b#c", "",
			"front http://u:a%23b@10.0.0.1/ front 2h0m0s\nbench http://10.0.0.2/?a=$b#c bench 2h0m0s"},
		{"a=http://h/ TITLE=\"Front # door\"  window='7d'\t# TITLE=x\nb=http://g/?a=\"x TITLE=O'Brien", "", "a http://h/ Front # door 168h0m0s\nb http://g/?a=\"x O'Brien 2h0m0s"},
		{"a=http://h/ TITLE= WINDOW='' WINDOW_BYTES=\" \" SEGMENT=\"\"\r\n", "", "a http://h/ a 2h0m0s"},
		{"a='http://h/'", "", "a http://h/ a 2h0m0s"},
		{"b=http://h/ WINDOW=7d", "WINDOW=3h|CAMERAS=a=http://g/", "a http://g/ a 3h0m0s\nb http://h/ b 168h0m0s"},
		{"b=http://h/", "CAM_B_TITLE=Bee", "b http://h/ Bee 2h0m0s"},

		// What something else overrides.
		{"a=http://h/ TITLE=x\nb=http://h/", "CAMERAS=a=http://g/", "a http://g/ a 2h0m0s\nb http://h/ b 2h0m0s\nwarning: CAMERAS_FILE line 1: camera a is in CAMERAS too, which wins"},
		{"a=http://h/ TITLE=x WINDOW=7d", "CAM_A_TITLE=y", "a http://h/ y 168h0m0s\nwarning: CAMERAS_FILE line 1: TITLE is set by CAM_A_TITLE too, which wins"},
		{"a=http://h/ SEGMENT=4s", "CAM_A_PART=2s", "a http://h/ a 2h0m0s"},

		// Wrong lines are left out.
		{"x\na=http://h/\nb=gopher://u:p@h/", "", "a http://h/ a 2h0m0s\nwarning: CAMERAS_FILE line 1: \"word 1\": accepted is name=url, such as front=http://192.168.1.20/video" +
			"\nwarning: CAMERAS_FILE line 3: \"b=gopher://h/\": " + acceptedURL},
		{"a=http://h/\na=http://u:p@g/", "", "a http://h/ a 2h0m0s\nwarning: CAMERAS_FILE line 2: \"a=http://g/\": accepted is each name once"},
		{"a=http://h/ TITLE=x title=y\nb=http://h/", "", "b http://h/ b 2h0m0s\nwarning: CAMERAS_FILE line 1: \"TITLE=y\": accepted is each key once in a line"},
		{"a=http://h/ WINDOW=soon PART=9s\nb=http://h/", "", "b http://h/ b 2h0m0s\nwarning: CAMERAS_FILE line 1: \"WINDOW=soon\": " + acceptedWindow +
			"\nwarning: CAMERAS_FILE line 1: \"PART=9s\": accepted is a duration from 50ms to 2s, at most half of SEGMENT, such as 100ms"},
		{"a=http://h/ SEGMENT=1s PART=1s\nb=http://h/", "", "b http://h/ b 2h0m0s\nwarning: CAMERAS_FILE line 1: \"PART=1s\": accepted is at most half a segment, 500ms with SEGMENT 1s"},
		{"a=http://h/ SEGMENT=1s\nb=http://h/", "CAM_A_PART=1s", "b http://h/ b 2h0m0s\nwarning: CAMERAS_FILE line 1: \"PART=1s\": accepted is at most half a segment, 500ms with SEGMENT 1s"},
		{"a=http://h/ WINDOWS=7d\nb=http://h/", "", "b http://h/ b 2h0m0s\nwarning: CAMERAS_FILE line 1: \"word 2\": accepted is WINDOW=value (in a URL a space is written %20)"},
		{"a=http://h/ b=http://g/", "", "warning: CAMERAS_FILE line 1: \"word 2\": " + unknown + none},
		{"a=http://h/ TITLE", "", "warning: CAMERAS_FILE line 1: \"word 2\": " + unknown + none},
		{"a=http://h/ Front door", "", "warning: CAMERAS_FILE line 1: \"word 2\": " + unknown + none},
		{"a=http://h/ FPS=5 TITLE=\"Front door", "", "warning: CAMERAS_FILE line 1: \"word 3\": " + unclosed + none},
		{"a=http://h/ TITLE='a'b", "", "warning: CAMERAS_FILE line 1: \"word 2\": " + unclosed + none},
		{"TITLE=x a=http://h/", "", "warning: CAMERAS_FILE line 1: \"word 1\": accepted is name=url, such as front=http://192.168.1.20/video" + none},
		{"a=http://u:two words@h/", "", "warning: CAMERAS_FILE line 1: \"a=http://…\": " + acceptedForm + none},

		// A variable of no camera stops nothing where a file is in use.
		{"front2=http://h/", "CAM_FRONT1_TITLE=x", "front2 http://h/ front2 2h0m0s\nwarning: CAM_FRONT1_TITLE: unknown setting; did you mean CAM_FRONT2_TITLE?"},
		{"front=http://h/", "CAM_GARAGE_TITLE=x", "front http://h/ front 2h0m0s\nwarning: CAM_GARAGE_TITLE: no such camera; there is front"},
		{"", "CAM_GARAGE_TITLE=x", demo + "\nwarning: CAM_GARAGE_TITLE: no such camera; there is demo"},
		{"garage=x\nfront=http://h/", "CAM_GARAGE_TITLE=x", "front http://h/ front 2h0m0s\nwarning: CAMERAS_FILE line 1: \"garage=x\": " + acceptedURL},

		// Mistakes in the environment are errors, all at once.
		{"a=http://h/\nb=x", "CAM_A_WINDOW=soon|WINDOW=x", "WINDOW=\"x\": " + acceptedWindow + "\nCAM_A_WINDOW=\"soon\": " + acceptedWindow},
		{"a=http://h/ WINDOW=7d", "CAM_A_PART=2s", "CAM_A_PART=\"2s\": accepted is at most half a segment, 1s with SEGMENT 2s"},
		{"a=http://h/", "CAMERAS=b=x|CAM_B_TITLE=x", "CAMERAS=\"b=x\": " + acceptedURL},
	} {
		_, set := camerasIn(t, c.text)
		if got := loaded(append(strings.Split(c.environ, "|"), set)...); got != c.want {
			t.Errorf("%q with %q:\ngot  %s\nwant %s", c.text, c.environ, got, c.want)
		}
	}
}

// TestFileThatIsNoList: a file of anything takes no time and fills no log.
func TestFileThatIsNoList(t *testing.T) {
	var text strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&text, "c%d=http://h/ TITLE\nc%d=test:\n", i, i)
	}
	path, set := camerasIn(t, text.String())
	c, err := Load([]string{set})
	if err != nil || len(c.Cameras) != 20_000 || len(c.Warnings) != maxMistakes+1 {
		t.Fatalf("%d cameras, %d warnings, %v", len(c.Cameras), len(c.Warnings), err)
	}
	if got, want := c.Warnings[maxMistakes].Error(), "CAMERAS_FILE line 41: and 19980 mistakes more, from this line on"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	write(t, path, strings.Repeat("\x00\xff =\n", 100_000))
	if _, _, _, err := c.Reread(); err == nil || len(OneLine(err)) > 10_000 {
		t.Errorf("got %.100v", err)
	}
}

// A file that nobody named and that can't be used is no reason for the cameras of
// CAMERAS not to record. It is reported, and the demo camera does not come.
func TestUnnamedCamerasFileThatIsNone(t *testing.T) {
	before := unnamed
	t.Cleanup(func() { unnamed = before })
	unnamed = camerasPath(filepath.Join(t.TempDir(), "cameras"))
	if err := syscall.Mkfifo(string(unnamed), 0o600); err != nil {
		t.Fatal(err)
	}
	for cameras, want := range map[string]int{"CAMERAS=a=http://h/": 1, "CAMERAS=": 0} {
		c, err := Load([]string{cameras, "CAMERAS_FILE=" + string(unnamed)})
		if err != nil || len(c.Cameras) != want || c.Demo {
			t.Fatalf("%s: %+v, %v", cameras, c, err)
		}
		if len(c.Warnings) == 0 || !strings.Contains(c.Warnings[0].Error(), "not a file, or too large") {
			t.Errorf("%s: warned of %v", cameras, c.Warnings)
		}
	}
}

// What is no file is an error that waits for nobody.
func TestCamerasFileThatIsNone(t *testing.T) {
	dir := t.TempDir()
	pipe, long, folder := filepath.Join(dir, "pipe"), filepath.Join(dir, "long"), filepath.Join(dir, "folder")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, long, strings.Repeat("# long\n", 2e5))
	for path, reason := range map[string]string{
		dir: "not a file, or too large", pipe: "not a file, or too large", long: "not a file, or too large", "/dev/null": "not a file, or too large",
		filepath.Join(dir, "none"): "no such file or directory", filepath.Join(folder, "none"): "no such file or directory", filepath.Join(long, "x"): "not a directory",
	} {
		want := `CAMERAS_FILE="` + path + `": accepted is a file of at most 1 MiB with one name=url per line (` + reason + ")"
		if got := loaded("CAMERAS=a=http://h/", "CAMERAS_FILE="+path); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestCommandsThatNeedNoCamera(t *testing.T) {
	c, err := LoadWithoutCameras([]string{"CAMERAS_FILE=/dev/null", "MEDIA_DIR=/srv", "CAM_NOBODY_TITLE=x"})
	if err != nil || c.MediaDir != "/srv" || c.Cameras != nil {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := LoadWithoutCameras([]string{"WINDOW=soon"}); err == nil || !strings.HasPrefix(err.Error(), "WINDOW=") {
		t.Errorf("got %v", err)
	}
}
