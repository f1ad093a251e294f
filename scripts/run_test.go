package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree is a copy of what scripts/run needs, whose Go builds a controller that writes
// its variables into a file.
type tree struct{ dir string }

func newTree(t *testing.T, goVersion string) tree {
	t.Helper()
	r := tree{t.TempDir()}
	for _, name := range []string{"scripts/run", "scripts/lib.sh", "scripts/version", "config/cameras.example", "go.mod", "VERSION"} {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		r.write(t, name, string(text))
	}
	r.write(t, "viewer/package.json", "{}")
	r.write(t, "viewer/package-lock.json", "{}")
	r.write(t, "viewer/vendor/hls.js", "")
	r.write(t, "viewer/node_modules/.lookback", "")
	r.write(t, "tools/ffmpeg", "#!/bin/sh\n")
	r.write(t, "tools/go", `#!/bin/sh
case $1 in
version) echo "go version `+goVersion+` linux/amd64" ;;
run) sed 's/^/export /' .env ;;
build) mkdir -p bin; { echo '#!/bin/sh'; echo '[ "$1" != serve ] || env > served'; } > bin/controller; chmod +x bin/controller ;;
esac
`)
	return r
}

func (r tree) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// run is what it says, and the variables that the controller gets.
func (r tree) run(t *testing.T, dotenv string) (says string, env []string) {
	t.Helper()
	r.write(t, ".env", dotenv)
	cmd := exec.Command(filepath.Join(r.dir, "scripts/run"))
	cmd.Env = []string{"PATH=" + filepath.Join(r.dir, "tools") + ":" + os.Getenv("PATH"), "HOME=" + r.dir}
	out, _ := cmd.CombinedOutput()
	served, _ := os.ReadFile(filepath.Join(r.dir, "served"))
	return string(out), strings.Split(string(served), "\n")
}

// TestSettingsWithoutDocker: each setting of .env counts without Docker too, or a line
// says why not.
func TestSettingsWithoutDocker(t *testing.T) {
	r := newTree(t, "go1.26.0")
	for dotenv, want := range map[string]string{
		"":                                   "LISTEN=127.0.0.1:8080",
		"BIND_IP=0.0.0.0\nHTTP_PORT=8081":    "LISTEN=0.0.0.0:8081",
		"LISTEN=:8090":                       "LISTEN=:8090",
		"METRICS_PORT=9000":                  "METRICS_LISTEN=127.0.0.1:9000",
		"METRICS_LISTEN=:9001":               "METRICS_LISTEN=:9001",
		"MEDIA_PATH=" + r.dir + "/there":     "MEDIA_DIR=" + r.dir + "/there",
		"MEDIA_DIR=" + r.dir + "/recordings": "MEDIA_DIR=" + r.dir + "/recordings",
		"VIEWER_DIR=/page":                   "VIEWER_DIR=/page",
		"WINDOW=3h":                          "WINDOW=3h",
	} {
		says, env := r.run(t, dotenv)
		if !slices.Contains(env, want) || strings.Contains(says, "nothing") {
			t.Errorf("%q: it says %s and serves with %q", dotenv, says, env)
		}
	}
	says, _ := r.run(t, "PUID=1000\nPGID=1000\nCAMERAS=a=test:\nDEMO_SIZE=640x360\nDEMO_FPS=5\nDEMO_BLOCKS=on")
	for _, name := range []string{"PUID", "PGID", "DEMO_SIZE", "DEMO_FPS", "DEMO_BLOCKS"} {
		if strings.Count(says, name+": nothing here, since ") != 1 {
			t.Errorf("of %s it says %s", name, says)
		}
	}
}

// TestGoThatIsTooOld is named, with the one that is needed.
func TestGoThatIsTooOld(t *testing.T) {
	says, _ := newTree(t, "go1.19.8").run(t, "")
	if !strings.Contains(says, "Go 1.19 is too old; 1.26.0 or newer is needed") {
		t.Errorf("it says %s", says)
	}
}
