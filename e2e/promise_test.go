package e2e

import (
	"os/exec"
	"testing"

	"lookback/e2e/rig"
)

// TestBrowserPromise: PART and SEGMENT change between two starts of the controller
// while pages look. Ours goes on by itself, each time; other players end without a
// fatal error and play on when they are opened again.
func TestBrowserPromise(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "640x360", FPS: "20", Setting: []string{"PART=100ms", "SEGMENT=2s"}})
	v.open(t)
	v.run(t, notes)
	v.live(t)
	h := &house{place: v.place(), page: v.page, apply: func(settings ...string) {
		v.Controller.Stop()
		v.Controller.Env = append(v.Controller.Env, settings...)
		must(t, v.Controller.Start())
	}}
	h.changesOften(t)
	v.playOver(t)
	v.checked(t)
}

// TestBrowserFirstSegment: players that are not ours play a camera of which one
// segment is complete.
func TestBrowserFirstSegment(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "320x180", FPS: "10", Setting: []string{"SEGMENT=10s"}})
	v.place().stock(t, browserPlayers(t)).end()
	t.Logf("%d segments are complete", len(v.place().lists(t)["live"].Segments))
}

// place is where the visit is.
func (v *visit) place() place { return place{v.Origin, rig.CameraName} }

// playOver plays history from before the last change to behind it.
func (v *visit) playOver(t *testing.T) {
	t.Helper()
	all := v.place().segments(t)
	last := len(all) - 1
	for ; last > 0 && !all[last].Discontinuity; last-- {
	}
	before, change := all[last-1], all[last].Date.UnixMilli()
	v.run(t, `lookback.seekTo(%d)`, before.Date.UnixMilli()+int64(1000*before.Duration)-2000)
	v.until(t, `lookback.state === "rewound" && lookback.position < %d`, change)
	v.until(t, `lookback.state === "rewound" && lookback.position > %d`, change+500)
	v.run(t, `lookback.goLive()`)
	v.live(t)
}

// checked has the archive checked, and the page have no errors.
func (v *visit) checked(t *testing.T) {
	t.Helper()
	check := exec.CommandContext(t.Context(), v.Controller.Path, "check")
	check.Env = v.Controller.Env
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("controller check: %v\n%s", err, out)
	}
	for _, e := range v.page.Errors() {
		t.Errorf("in the page: %s", e)
	}
}
