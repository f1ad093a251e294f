package e2e

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"lookback/e2e/rig"
)

// windows: go test ./e2e -run BrowserWindows -windows 6 -good 1m
var windows = flag.Int("windows", 4, "windows of one browser that play live at once")

// room is how many windows play parts: ROOM in viewer/browser/tabs.js.
const room = 3

// TestBrowserWindows: windows of one browser share six connections (HTTP/1.1). The
// first three play parts. The others play whole segments and say so, and all go on.
func TestBrowserWindows(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "320x180", FPS: "10"})
	visits := []*visit{v}
	for len(visits) < *windows {
		page, err := v.page.Beside(640, 480)
		must(t, err)
		t.Cleanup(page.Close)
		visits = append(visits, &visit{v.Stack, page})
	}
	for _, w := range visits { // the order counts
		w.open(t)
	}
	for i, w := range visits {
		if i < room {
			w.until(t, `!document.hidden && lookback.state === "live" && !lookback.slow`)
		} else {
			w.until(t, `!document.hidden && lookback.state === "live" && lookback.slow?.crowded && document.getElementById("distance").textContent.endsWith("behind: other windows play too")`)
		}
	}
	// What a window is beside those before it costs a jump. A machine that is too busy
	// lets them stall for other reasons than the connections; hence some attempts.
	for attempt := range 3 {
		if wrong := watchAll(t, visits); len(wrong) == 0 {
			break
		} else if attempt == 2 {
			t.Errorf("windows that stalled, or were not live all the time: %v", wrong)
		}
	}
	// The first one that leaves makes room for the next.
	must(t, v.page.Open("about:blank"))
	visits[room].until(t, `lookback.state === "live" && !lookback.slow && lookback.latency < 2`)
}

// watchAll looks at all of them for as long as -good says, and returns those that stalled, or were something else than live.
func watchAll(t *testing.T, visits []*visit) (wrong []int) {
	t.Helper()
	for _, w := range visits {
		w.run(t, `window.states = new Set(), window.before = {stalls: lookback.stalls, at: performance.now()}, window.looking = setInterval(() => states.add(lookback.state), 50)`)
	}
	for i, w := range visits {
		must(t, w.page.Until(*good+soon, fmt.Sprintf(`performance.now() - before.at > %d`, good.Milliseconds())))
		got := ask[struct {
			States              []string
			Stalls              int
			Latency, Seen, Trip float64
			Said                string
		}](t, w, `(clearInterval(looking), {States: [...states], Stalls: lookback.stalls - before.stalls, Latency: lookback.latency, Seen: eyes.latency, Trip: lookback.roundTrip, Said: document.getElementById("distance").textContent})`)
		t.Logf("window %d: %s, %d stalls, %.2f s behind (seen: %.2f), a round trip of %.0f ms, %q", i+1, strings.Join(got.States, " "), got.Stalls, got.Latency, got.Seen/1000, got.Trip, got.Said)
		if got.Stalls > 0 || strings.Join(got.States, " ") != "live" {
			wrong = append(wrong, i+1)
		}
	}
	return wrong
}
