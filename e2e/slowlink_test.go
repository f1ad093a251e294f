package e2e

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"lookback/e2e/rig"
)

// good is how long the page is looked at over each way.
var good = flag.Duration("good", 10*time.Second, "how long the page is watched over a slow connection, once it has settled")

// TestBrowserSlowLink: over 10 Mbit/s with a round trip of 150 ms the page plays
// whole segments, says so, and neither stalls nor changes its mind. With less than
// the camera sends it says how much.
func TestBrowserSlowLink(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "640x360", FPS: "15"})
	link, err := rig.OpenSlowLink(strings.TrimPrefix(v.Origin, "http://"), 150*time.Millisecond, 10e6)
	must(t, err)
	t.Cleanup(link.Close)
	v.window(t, 12)
	must(t, v.page.Open(link.Origin))
	v.until(t, `lookback.state === "live" && lookback.slow && document.getElementById("distance").textContent.endsWith("behind: slow connection")`)
	v.lookAll(t, "slow")
	// Settled: it has played on for a few seconds.
	v.run(t, `window.states = [], window.stallsBefore = null, window.off = 0`)
	v.until(t, `(window.playedAt ??= lookback.video.currentTime) + 5 < lookback.video.currentTime`)
	v.run(t, `eyes.restart(), window.stallsBefore = lookback.stalls, window.stoodBefore = lookback.stalledSeconds, window.begun = performance.now(), new MutationObserver(() => {
		const {state} = document.body.dataset;
		if (state !== states.at(-1)) states.push(state);
	}).observe(document.body, {attributeFilter: ["data-state"]}), setInterval(() => {
		if (eyes.latency !== null && lookback.latency !== null) off = Math.max(off, Math.abs(lookback.latency * 1000 - eyes.latency));
	}, 500)`)
	must(t, v.page.Until(*good+soon, fmt.Sprintf(`performance.now() - begun > %d`, good.Milliseconds())))
	got := ask[struct {
		Changes, Stalls           int
		Latency, Trip, Off, Stood float64
		Requests                  map[string]struct{ Count int }
	}](t, v, `({Changes: states.filter((state) => state !== "live").length, Stalls: lookback.stalls - stallsBefore, Stood: lookback.stalledSeconds - stoodBefore, Latency: lookback.latency, Trip: lookback.roundTrip, Off: off, Requests: eyes.requests})`)
	t.Logf("%v: %d changes of state, %d stalls (%.2f s), %.1f s behind, round trip %.0f ms, the latency told is off by at most %.0f ms", *good, got.Changes, got.Stalls, got.Stood, got.Latency, got.Trip, got.Off)
	if got.Changes > 1 || got.Stalls > 0 {
		t.Errorf("%d changes of state, %d stalls: %s", got.Changes, got.Stalls, v.describe())
	}
	if parts := got.Requests["part"].Count; parts > 0 {
		t.Errorf("%d parts were loaded, want none", parts)
	}
	if got.Trip < 140 {
		t.Errorf("the page knows a round trip of %.0f ms, want 150", got.Trip)
	}

	link.Set(20*time.Millisecond, 0.2e6)
	v.until(t, `/^connection too slow: 0\.[12] of \d+\.\d Mbit\/s$/.test(document.getElementById("distance").textContent)`)
	v.lookAll(t, "too-slow")
	t.Logf("at 0.2 Mbit/s: %s", ask[string](t, v, `document.getElementById("distance").textContent`))
	for _, e := range v.page.Errors() {
		t.Errorf("in the page: %s", e)
	}
}
