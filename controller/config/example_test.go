package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// assignment is a line of .env.example that counts once # is removed; examples
// in the text are indented further and don't match.
var assignment = regexp.MustCompile(`(?m)^(?:# )?([A-Z_]+)=(.*)$`)

// sample is an indented example.
var sample = regexp.MustCompile(`(?m)^#   ([A-Z_]+)=(.*)$`)

func exampleFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExampleFileHasEveryDefault(t *testing.T) {
	want := usual
	seen := map[string]bool{}
	for _, m := range assignment.FindAllStringSubmatch(exampleFile(t), -1) {
		name, value := m[1], m[2]
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if def, ok := want[name]; !ok {
			t.Errorf("%s is no setting", name)
		} else if value != def {
			t.Errorf("%s=%s, but the default is %q", name, value, def)
		}
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestExampleFileLoads(t *testing.T) {
	var environ []string
	for _, m := range assignment.FindAllStringSubmatch(exampleFile(t), -1) {
		environ = append(environ, m[1]+"="+m[2])
	}
	if _, err := Load(environ); err != nil {
		t.Error(err)
	}
}

// The examples in the text are right as well, and show each setting of a camera.
func TestExampleFileSamples(t *testing.T) {
	environ := []string{}
	seen := map[string]bool{}
	for _, m := range sample.FindAllStringSubmatch(exampleFile(t), -1) {
		value := strings.Trim(m[2], `'"`)
		if m[1] == "CAMERAS" {
			value += " front-door=https://192.168.1.22/"
		}
		environ = append(environ, m[1]+"="+value)
		seen[m[1]] = true
	}
	for _, name := range variables(prefix("front-door"), &cameraSettings{}) {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
		delete(seen, name)
	}
	delete(seen, "CAMERAS")
	if len(seen) > 0 {
		t.Errorf("unknown: %v", seen)
	}
	c, err := Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Cameras) != 3 || c.Cameras[2].Title != "Front door" {
		t.Errorf("got %+v", c.Cameras)
	}
}
