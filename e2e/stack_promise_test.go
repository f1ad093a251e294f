//go:build stack

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lookback/e2e/rig"
)

// TestStackPromise: PART and SEGMENT change while recorders are in containers of
// their own, which are replaced one after the other, and while pages look.
func TestStackPromise(t *testing.T) {
	r := newRunnerStack(t, "promise")
	for _, s := range []string{"DEMO_FPS=20", "SEGMENT=2s", "PART=100ms"} {
		name, value, _ := strings.Cut(s, "=")
		r.set(name, value)
	}
	r.up(t)
	eventually(t, 30*time.Second, "the first picture", func() bool { return !r.edge().IsZero() })
	page := r.watch(t)
	_, err := rig.Eval[any](page, notes+"; null")
	must(t, err)
	own := map[string]string{} // the camera's own settings: Compose hands on no others by itself
	h := &house{place: place{r.page, camera}, page: page, apply: func(settings ...string) {
		for _, s := range settings {
			name, value, _ := strings.Cut(s, "=")
			if strings.HasPrefix(name, "CAM_") {
				own[name] = value
			} else {
				r.set(name, value)
			}
		}
		text := "services:\n  controller:\n    image: lookback-runner-test\n    environment:\n      CAM_BACK_QUALITY: \"26\"\n"
		for name, value := range own {
			text += fmt.Sprintf("      %s: %q\n", name, value)
		}
		must(t, os.WriteFile(r.override, []byte(text), 0o644))
		r.compose(t, "up", "--detach", "--no-deps", "--no-build", "controller")
	}}
	h.changesOften(t)
	if len(page.Errors()) > 0 {
		t.Errorf("in the page: %v", page.Errors())
	}
	r.compose(t, "exec", "-T", "controller", "controller", "check", camera)
}
