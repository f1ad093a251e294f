package runner

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"lookback/controller/camera"
	"lookback/controller/recorder"
)

var testKey = []byte("0123456789abcdef0123456789abcdef")

func aCamera(name string) Job {
	return Job{Name: name, Assignment: recorder.Assignment{
		Request: camera.Request{Source: camera.Source{URL: "http://user:hunter22@camera/" + name}, Segment: 2 * time.Second, Part: 100 * time.Millisecond},
		Lease:   15 * time.Minute,
	}, Limits: Limits{CPUs: 1.5, Memory: 1e9, Processes: 500}}
}

func aSpec(name string) spec {
	return makeSpec(template{project: "p", image: "new", user: "10001"}, aCamera(name), "/media", "2", testKey)
}

// running is a container as the spec has it.
func running(w spec) container.Summary {
	labels := map[string]string{}
	for k, v := range w.config.Labels {
		labels[k] = v
	}
	return container.Summary{ID: "id-" + w.Name, Names: []string{"/" + w.name}, ImageID: "new", State: container.StateRunning, Labels: labels}
}

func TestPlan(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*container.Summary)
		want   action
	}{
		"as it should be":              {func(*container.Summary) {}, leave},
		"of an older image":            {func(c *container.Summary) { c.ImageID = "old"; c.Labels[LabelVersion] = "1" }, leave},
		"other settings":               {func(c *container.Summary) { c.Labels[LabelSettings] = "x" }, replace},
		"a format of the past":         {func(c *container.Summary) { c.Labels[LabelFormat] = "0" }, replace},
		"a format of the future":       {func(c *container.Summary) { c.Labels[LabelFormat] = "2" }, replace},
		"no format":                    {func(c *container.Summary) { delete(c.Labels, LabelFormat) }, replace},
		"being started by the Engine":  {func(c *container.Summary) { c.State = container.StateRestarting }, leave},
		"paused by somebody":           {func(c *container.Summary) { c.State = container.StatePaused }, leave},
		"ended":                        {func(c *container.Summary) { c.State = container.StateExited }, start},
		"never started":                {func(c *container.Summary) { c.State = container.StateCreated }, start},
		"ended, of an older image":     {func(c *container.Summary) { c.State = container.StateExited; c.ImageID = "old" }, replace},
		"ended, with other settings":   {func(c *container.Summary) { c.State = container.StateExited; c.Labels[LabelSettings] = "x" }, replace},
		"one that can't be removed":    {func(c *container.Summary) { c.State = container.StateDead }, replace},
		"under way to being no longer": {func(c *container.Summary) { c.State = container.StateRemoving }, leave},
	} {
		w := aSpec("front")
		has := running(w)
		c.change(&has)
		steps := plan([]spec{w}, []container.Summary{has}, "new")
		if len(steps) != 1 || steps[0].action != c.want || steps[0].action != leave && steps[0].why == "" {
			t.Errorf("%s: %+v", name, steps)
		}
	}
}

// TestPlanTouchesOneCamera: a setting of one camera, a camera that is new and
// one that is gone are no concern of the others.
func TestPlanTouchesOneCamera(t *testing.T) {
	a, b, c := aSpec("a"), aSpec("b"), aSpec("c")
	gone, twice := running(aSpec("gone")), running(a)
	changed := aCamera("b")
	changed.PictureOptions.Quality = 20
	b2 := makeSpec(template{project: "p", image: "new", user: "10001"}, changed, "/media", "2", testKey)
	got := map[string]action{}
	for _, s := range plan([]spec{a, b2, c}, []container.Summary{running(a), twice, running(b), gone}, "new") {
		name := s.spec.Name
		if s.action == remove {
			name = "remove " + s.has.Labels[LabelCamera]
		}
		got[name] = s.action
	}
	want := map[string]action{"a": leave, "b": replace, "c": create, "remove gone": remove, "remove a": remove}
	for name, d := range want {
		if got[name] != d || len(got) != len(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestHashTellsSettingsApartAndNothingElse(t *testing.T) {
	base := aSpec("front")
	for name, change := range map[string]func(*Job){
		"address":  func(c *Job) { c.Source.URL += "x" },
		"spec":     func(c *Job) { c.PictureOptions.Rotate = 90 },
		"lease":    func(c *Job) { c.Lease++ },
		"memory":   func(c *Job) { c.Memory++ },
		"cores":    func(c *Job) { c.CPUs = 2 },
		"no limit": func(c *Job) { c.Processes = 0 },
	} {
		c := aCamera("front")
		change(&c)
		if makeSpec(template{project: "p", image: "new", user: "10001"}, c, "/media", "2", testKey).settings == base.settings {
			t.Errorf("another %s does not show", name)
		}
	}
	if makeSpec(template{project: "p", image: "newer", user: "10001"}, aCamera("front"), "/media", "3", testKey).settings != base.settings {
		t.Error("another version of the program shows")
	}
	if makeSpec(template{project: "p", image: "new", user: "10001"}, aCamera("front"), "/media", "2", []byte("another")).settings == base.settings {
		t.Error("the key does not matter")
	}
	type now struct{ A, B any }
	type before struct{ A any }
	if hash(testKey, now{A: 1}) != hash(testKey, before{A: 1}) || hash(testKey, now{B: []any{map[string]any{"x": 0}}}) == hash(testKey, now{}) {
		t.Error("a setting that is not used shows, or one in a list does not")
	}
}

// TestSettingsHaveTheirHashOfBefore: otherwise an upgrade would replace every
// recorder's container, and interrupt what it records.
func TestSettingsHaveTheirHashOfBefore(t *testing.T) {
	full := aCamera("front")
	every, err := os.ReadFile("../recorder/testdata/golden/recorder.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(every, &full.Assignment); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		camera Job
		want   string
	}{
		{aCamera("front"), "54002b2df1a699dfc11f7e8bc0f1612a"},
		{full, "dac8f03d7712da386a66352b0c1f4771"},
	} {
		w := makeSpec(template{project: "p", image: "new", user: "10001"}, c.camera, "/media", "2", testKey)
		if w.settings != c.want {
			t.Errorf("%+v: the hash is %s, was %s", c.camera.Assignment, w.settings, c.want)
		}
	}
}

// TestNothingSecretIsShown: what docker inspect shows has no address.
func TestNothingSecretIsShown(t *testing.T) {
	w := aSpec("front")
	shown := strings.Join(w.config.Env, " ") + strings.Join(w.config.Cmd, " ") + w.name
	for k, v := range w.config.Labels {
		shown += k + v
	}
	if strings.Contains(shown, "hunter22") || strings.Contains(shown, "camera/") {
		t.Errorf("shown: %s", shown)
	}
}
