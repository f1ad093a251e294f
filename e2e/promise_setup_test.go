package e2e

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/e2e/rig"
)

// changes: more of them for the numbers in docs/benchmarks.md.
var changes = flag.Int("changes", 1, "how often PART and SEGMENT change while pages and players look")

// wish is a change of PART or SEGMENT, in one of their forms, and what follows.
type wish struct {
	settings []string // NAME=VALUE; CAM_X_ is the camera's
	part     float64  // seconds
	segment  float64
}

// wishes are what becomes of parts of 0.1 s and segments of 2 s, one after the
// other. They end with those, so that they can begin anew.
var wishes = []wish{
	{[]string{"PART=200ms"}, 0.2, 2},
	{[]string{"CAM_X_SEGMENT=1s"}, 0.2, 1},
	{[]string{"CAM_X_PART=150ms"}, 0.15, 1},
	{[]string{"SEGMENT=3s", "CAM_X_SEGMENT="}, 0.15, 3},
	{[]string{"CAM_X_PART="}, 0.2, 3},
	{[]string{"CAM_X_SEGMENT=1s"}, 0.2, 1},
	{[]string{"PART=100ms"}, 0.1, 1},
	{[]string{"SEGMENT=2s", "CAM_X_SEGMENT="}, 0.1, 2},
}

func (w wish) of(name string) (settings []string) {
	for _, s := range w.settings {
		settings = append(settings, strings.Replace(s, "CAM_X_", "CAM_"+strings.ToUpper(name)+"_", 1))
	}
	return settings
}

// goesOn is within what time of the first complete segment of another promise the
// page has to show a picture of it.
const goesOn = 3 * time.Second

// house is what changes.
type house struct {
	place
	page  *rig.Page
	apply func(settings ...string) // has settings be in force, and begins another run
}

// restarted begins another run with the same promises, and returns its hole.
func (h *house) restarted(t *testing.T, quality string) time.Duration {
	t.Helper()
	begun, runs := time.Now(), h.runs()
	h.apply("CAM_" + strings.ToUpper(h.camera) + "_QUALITY=" + quality)
	eventually(t, soon, "another run has a segment in the list", func() bool { return h.runs() > runs })
	h.shows(t, begun)
	return h.hole(t)
}

// shows waits until the page shows a picture that was taken after an instant, live,
// and without having been loaded again.
func (h *house) shows(t *testing.T, after time.Time) (at time.Time) {
	t.Helper()
	first := fmt.Sprintf(`eyes.first({after: %d, from: %[1]d})`, after.UnixMilli())
	must(t, h.page.Until(soon, first))
	ms, err := rig.Eval[float64](h.page, first+".at")
	must(t, err)
	if err := h.page.Until(soon, `lookback.state === "live"`); err != nil {
		state, _ := rig.Eval[string](h.page, `JSON.stringify([lookback.state, states, lookback.latency, lookback.keyFrames, lookback.slow, lookback.stalls, document.body.innerText.slice(0, 300)])`)
		t.Fatalf("%v: %s", err, state)
	}
	if same, err := rig.Eval[bool](h.page, `"states" in window`); err != nil || !same {
		t.Fatalf("the page was loaded again: %v", err)
	}
	return time.UnixMilli(int64(ms))
}

// notes has the page keep what it says it is, one after the other; gone after a reload.
const notes = `window.states = [];
	new MutationObserver(() => {
		const {state} = document.body.dataset;
		if (state !== states.at(-1)) states.push(state);
	}).observe(document.body, {attributeFilter: ["data-state"]})`

// change makes one, while stock players look. took is how long after the first
// complete segment the page shows it, hole for how long nothing is recorded.
func (h *house) change(t *testing.T, players *stockPlayers, what string, w wish, number int) (took, hole time.Duration) {
	t.Helper()
	before := h.lists(t)
	_, err := rig.Eval[any](h.page, `states.length = 0`)
	must(t, err)
	h.apply(w.of(h.camera)...)
	eventually(t, soon, what+" has a complete segment", func() bool { return h.promised().Epoch == number })
	complete := time.Now()
	if now := h.promised(); now.Part < w.part || now.Part > 1.5*w.part || now.Segment != w.segment { // whole pictures fill a part
		t.Errorf("%s is not in force: %+v", what, now)
	}
	// A recorder in a container goes on for a while under the old promise.
	took = h.shows(t, *h.lists(t)["live"].Segments[0].Date).Sub(complete)
	if took > goesOn {
		t.Errorf("%s: the page goes on after %v, want %v", what, took, goesOn)
	}
	states, err := rig.Eval[[]string](h.page, `states`)
	must(t, err)
	if slices.ContainsFunc(states, func(s string) bool { return s == "ended" || s == "error" || s == "paused" }) {
		t.Errorf("%s: the page said %v", what, states)
	}
	h.conforming(t, what, before)
	players.ended(t, what)
	return took, h.hole(t)
}

// changesOften makes all changes, each after another run without one, and tells the
// numbers.
func (h *house) changesOften(t *testing.T) {
	t.Helper()
	var took, changed, plain []time.Duration
	first := h.promised().Epoch
	for i := range *changes {
		players := h.stock(t, browserPlayers(t)) // they take their share of the machine
		plain = append(plain, h.restarted(t, []string{"24", "25"}[i%2]))
		players.end()
		players = h.stock(t, browserPlayers(t))
		w := wishes[i%len(wishes)]
		what := fmt.Sprintf("change %d, %s", i+1, strings.Join(w.of(h.camera), " "))
		page, hole := h.change(t, players, what, w, first+i+1)
		players.end()
		t.Logf("%s: the page goes on %.2f s after the first complete segment; nothing is recorded for %.2f s, at a restart %.2f s", what, page.Seconds(), hole.Seconds(), plain[i].Seconds())
		took, changed = append(took, page), append(changed, hole)
	}
	h.stock(t, browserPlayers(t)).end() // they play on when they are opened again
	for _, all := range [][]time.Duration{took, changed, plain} {
		slices.Sort(all)
	}
	middle, last := len(took)/2, len(took)-1
	t.Logf("%d changes: the page goes on %.2f s (median), %.2f s (longest) after the first complete segment; nothing is recorded for %.2f and %.2f s, at restarts without a change for %.2f and %.2f s",
		*changes, took[middle].Seconds(), took[last].Seconds(), changed[middle].Seconds(), changed[last].Seconds(), plain[middle].Seconds(), plain[last].Seconds())
}
