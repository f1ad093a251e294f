package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// composeFiles are those that change where settings go.
var composeFiles = []string{"docker-compose.yml", "docker-compose.docker-runner.yml", "docker-compose.docker-proxy.yml"}

// composed is what Compose makes of its files for a shell's variables and a file .env.
func composed(t *testing.T, files []string, env []string, dotenv string) *types.Project {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for _, name := range files {
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, filepath.Join(dir, name))
		write(t, paths[len(paths)-1], string(text))
	}
	write(t, filepath.Join(dir, ".env"), dotenv)
	options, err := cli.NewProjectOptions(paths, cli.WithWorkingDirectory(dir), cli.WithEnv(env), cli.WithEnvFiles(), cli.WithDotEnv,
		cli.WithLoadOptions(func(o *loader.Options) { o.SkipValidation = true })) // which takes most of the time
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func yaml(t *testing.T, p *types.Project) string {
	t.Helper()
	text, err := p.MarshalYAML()
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), p.WorkingDir, "")
}

// anotherOfCompose is another value than the default for what Compose alone reads.
var anotherOfCompose = map[string]string{"BIND_IP": "0.0.0.0", "HTTP_PORT": "8081", "METRICS_BIND_IP": "0.0.0.0", "METRICS_PORT": "9465",
	"MEDIA_PATH": "/srv/lookback", "PUID": "1000", "PGID": "1000", "DOCKER_GID": "998", "DOCKER_SOCKET": "/run/docker.sock", "DEMO_SIZE": "640x360", "DEMO_FPS": "15", "DEMO_BLOCKS": "on"}

// TestComposePassesEverySetting walks the table: a variable of the shell, or of .env,
// reaches the container that reads it, or the controller learns that it was fixed.
func TestComposePassesEverySetting(t *testing.T) {
	for _, files := range [][]string{composeFiles[:1], composeFiles[:2], composeFiles} {
		plain := yaml(t, composed(t, files, nil, ""))
		for _, name := range slices.Concat(variables("", &settings{}), variables("", &compose{})) {
			value, own := another[name]
			if name == "CAMERAS_FILE" {
				value = "/config/others"
			} else if !own {
				value = anotherOfCompose[name]
			}
			if value == "" {
				t.Fatalf("%s: no value to try it with", name)
			}
			if name == "RUNNER" && len(files) > 1 {
				value = "process"
			}
			if len(files) > 2 && name != "DOCKER_ENGINE" && name != "MEDIA_PATH" {
				continue // the proxy changes nothing for the others
			}
			asked := len(files) > 1 || !slices.Contains(ofContainers, name) // else only the controller is to know, by .env
			for from, p := range map[string]*types.Project{
				"shell": composed(t, files, []string{name + "=" + value}, ""),
				".env":  composed(t, files, nil, name+"='"+value+"'\n"),
			} {
				if asked && yaml(t, p) == plain {
					t.Errorf("%v: %s=%s from %s is accepted and changes nothing", files, name, value, from)
				}
				env := p.Services["controller"].Environment
				got := env[name]
				var fixed []string
				if all := env[fixedBy]; all != nil {
					fixed = strings.Fields(*all)
				}
				if own && (got == nil || *got != value) != slices.Contains(fixed, name) && (asked || from == ".env") {
					t.Errorf("%v: %s=%s from %s: the controller gets %v, and that these are fixed: %q", files, name, value, from, got, fixed)
				}
			}
		}
		p := composed(t, files, nil, "CAM_FRONT_TITLE=x\n")
		if got := p.Services["controller"].Environment["CAM_FRONT_TITLE"]; got == nil || *got != "x" {
			t.Errorf("%v: the settings of cameras don't arrive", files)
		}
	}
}

// TestSecondClone: a name of its own in .env gives a clone containers and volumes of its
// own, and without one it is the first's, whose recordings everybody has under that name.
func TestSecondClone(t *testing.T) {
	for dotenv, want := range map[string]string{"": "lookback", "COMPOSE_PROJECT_NAME=garden\n": "garden"} {
		p := composed(t, composeFiles, nil, dotenv)
		if p.Name != want || p.Volumes["media"].Name != want+"_media" {
			t.Errorf("%q: project %s with the volume %s", dotenv, p.Name, p.Volumes["media"].Name)
		}
	}
}

// TestComposeVersionIsTold: what the files ask of Compose stands where somebody begins, and
// what an older one says where somebody looks for it.
func TestComposeVersionIsTold(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(string(readme), "## Point it at your camera")
	if !strings.Contains(string(file), "required: false") {
		t.Fatal("docker-compose.yml no longer has what takes Compose 2.24: README is to say so")
	}
	if !strings.Contains(first, "Compose 2.24") || !strings.Contains(rest, "services.controller.env_file.0 must be a string") {
		t.Error("README does not say which Compose it takes, or what an older one says")
	}
	if !strings.Contains(first, "COMPOSE_PROJECT_NAME") || !strings.Contains(first, "Go 1.26, Node 20.19") {
		t.Error("README does not say how a second clone is told apart, or what make run takes")
	}
}

// TestImagesAreOfTheProject: what a second clone on a machine builds does not replace what
// the first one runs.
func TestImagesAreOfTheProject(t *testing.T) {
	for name, env := range map[string][]string{"lookback": nil, "garden": {"COMPOSE_PROJECT_NAME=garden"}} {
		images := 0
		for _, service := range composed(t, composeFiles, env, "").Services {
			if images++; service.Image != name+"-controller" && service.Image != name+"-nginx" {
				t.Errorf("project %s, service %s: image %s", name, service.Name, service.Image)
			}
		}
		if images < 4 {
			t.Errorf("project %s has only %d services", name, images)
		}
	}
}
