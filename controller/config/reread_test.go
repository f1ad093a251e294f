package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reread is a controller that began with one file and reads others.
type reread struct {
	path   string
	config *Config
}

func beginWith(t *testing.T, text string, environ ...string) reread {
	t.Helper()
	path, set := camerasIn(t, text)
	c, err := Load(append(environ, set))
	if err != nil {
		t.Fatal(err)
	}
	return reread{path, c}
}

func (r reread) now(t *testing.T, text string) string {
	t.Helper()
	write(t, r.path, text)
	return listed(r.config.Reread())
}

func TestReread(t *testing.T) {
	r := beginWith(t, "b=http://h/", "WINDOW=3h", "CAM_YARD_TITLE=Cee", "CAM_GARAGE_WINDOW=soon")
	unknown := "warning: CAM_GARAGE_WINDOW: no such camera; there is %\nwarning: CAM_YARD_TITLE: no such camera; there is %"
	for _, c := range []struct{ text, want string }{
		{"b=http://h/ WINDOW=4h", "b http://h/ b 4h0m0s\n" + strings.ReplaceAll(unknown, "%", "b")},
		{"a=http://u:p@h/", "a http://u:p@h/ a 3h0m0s\n" + strings.ReplaceAll(unknown, "%", "a")},
		{"yard=http://h/ TITLE=x WINDOW=1h", "yard http://h/ Cee 1h0m0s\nwarning: CAMERAS_FILE line 1: TITLE is set by CAM_YARD_TITLE too, which wins\nwarning: CAM_GARAGE_WINDOW: no such camera; there is yard"},
		{"", "demo http://demo:8081/stream.mjpg demo 3h0m0s\ndemo\n" + strings.ReplaceAll(unknown, "%", "demo")},

		// One mistake anywhere, and there is no list.
		{"b=http://h/\nyard=http://h/ WINDOW=x\ngarage=http://h/\ne", "CAMERAS_FILE line 2: \"WINDOW=x\": " + acceptedWindow +
			"\nCAMERAS_FILE line 4: \"word 1\": accepted is name=url, such as front=http://192.168.1.20/video" + "\nCAM_GARAGE_WINDOW=\"soon\": " + acceptedWindow},
	} {
		if got := r.now(t, c.text); got != c.want {
			t.Errorf("%q:\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

// The environment is that of the start, whatever the process's has become.
func TestRereadKeepsTheEnvironment(t *testing.T) {
	r := beginWith(t, "", "CAMERAS=a=http://h/", "CAM_B_TITLE=Bee")
	t.Setenv("CAM_B_TITLE", "other")
	t.Setenv("WINDOW", "7d")
	if got, want := r.now(t, "b=http://h/"), "a http://h/ a 2h0m0s\nb http://h/ Bee 2h0m0s"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestFileThatGoes: a file that somebody named must be there.
func TestFileThatGoes(t *testing.T) {
	r := beginWith(t, "b=http://h/")
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	if got := listed(r.config.Reread()); !strings.HasSuffix(got, "(no such file or directory)") {
		t.Errorf("got %s", got)
	}
	if err := os.Mkdir(r.path, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := listed(r.config.Reread()); !strings.HasSuffix(got, "(not a file, or too large)") {
		t.Errorf("got %s", got)
	}
}

// TestDefaultFileIsMissed by nobody, and a variable of no camera is a mistake then.
func TestDefaultFileIsMissed(t *testing.T) {
	if _, err := os.Stat(DefaultCamerasFile); err == nil {
		t.Fatal(DefaultCamerasFile, "is there")
	}
	c, err := Load([]string{"CAMERAS_FILE=/config//cameras", "CAMERAS=a=http://h/"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listed(c.Reread()), "a http://h/ a 2h0m0s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := loaded("CAMERAS=a=http://h/", "CAM_YARD_TITLE=x"), "CAM_YARD_TITLE: no such camera; there is a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSameCamera(t *testing.T) {
	r := beginWith(t, "a=http://u:p@h/ TITLE=x FPS=5 SCALE=720p")
	before := r.config.Cameras[0]
	for text, want := range map[string]bool{
		"# moved\n\na=http://u:p@h/ SCALE=720p FPS=5.0 TITLE='x'": true,
		"a=http://u:q@h/ TITLE=x FPS=5 SCALE=720p":                false,
		"a=http://u:p@h/ TITLE=x FPS=6 SCALE=720p":                false,
		"a=http://u:p@h/ TITLE=x FPS=5 SCALE=720p WINDOW=7d":      false,
		"a=http://u:p@h/ TITLE=x FPS=5":                           false,
	} {
		write(t, r.path, text)
		cameras, _, _, err := r.config.Reread()
		if err != nil {
			t.Fatal(err)
		}
		if got := before.Same(cameras[0]); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestOneLine(t *testing.T) {
	r := beginWith(t, "")
	write(t, r.path, "a\nb=http://h/ WINDOW=\x1b[31mred")
	_, _, _, err := r.config.Reread()
	want := `CAMERAS_FILE line 1: "word 1": accepted is name=url, such as front=http://192.168.1.20/video; CAMERAS_FILE line 2: "WINDOW=\x1b[31mred": ` + acceptedWindow
	if err == nil || OneLine(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// The example of a file is right in what it shows, and as it is names no camera.
func TestExampleOfCamerasFile(t *testing.T) {
	path := "../../config/cameras.example"
	if got := loaded("CAMERAS_FILE=" + path); !strings.HasSuffix(got, "\ndemo") {
		t.Errorf("got %s", got)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(data), "is a comment.")
	file := filepath.Join(t.TempDir(), "cameras")
	write(t, file, strings.ReplaceAll(shown, "# ", ""))
	c, err := Load([]string{"CAMERAS_FILE=" + file})
	if err != nil || len(c.Cameras) != 3 || c.Warnings != nil {
		t.Errorf("got %+v, %v", c, err)
	}
}
