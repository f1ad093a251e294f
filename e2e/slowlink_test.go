package e2e

import (
	"flag"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/e2e/rig"
)

var (
	// good is how long the page is looked at over each way.
	good = flag.Duration("good", 6*time.Second, "how long the page is watched over a slow connection, once it has settled")
	// trips: go test ./e2e -run BrowserRoundTrips -trips -good 1m
	trips = flag.Bool("trips", false, "watch the page over round trips of 0 to 300 ms")
)

// watched is what was seen of the page while it was looked at.
type watched struct {
	Changes, Stalls           int
	Latency, Trip, Off, Stood float64 // s, ms, ms, s
	Requests                  map[string]struct{ Count int }
}

// watch looks at a page that has settled, for as long as -good says. A machine that
// is too busy lets it stall for other reasons than the way; hence some attempts.
func (v *visit) watch(t *testing.T, attempts int) (got watched) {
	t.Helper()
	for range attempts {
		if got = v.watchOnce(t); got.Changes <= 1 && got.Stalls == 0 {
			return got
		}
	}
	t.Errorf("%d changes of state, %d stalls: %s", got.Changes, got.Stalls, v.describe())
	return got
}

func (v *visit) watchOnce(t *testing.T) (got watched) {
	t.Helper()
	v.run(t, `window.states = [], eyes.restart(), window.changes = -1, window.off = 0, window.before = {stalls: lookback.stalls, stood: lookback.stalledSeconds, at: performance.now()}, window.looking = setInterval(() => {
		const {state} = document.body.dataset;
		if (state !== window.lastState) changes++;
		lastState = state;
		if (eyes.latency !== null && lookback.latency !== null) off = Math.max(off, Math.abs(lookback.latency * 1000 - eyes.latency));
	}, 50), window.lastState = null`)
	must(t, v.page.Until(*good+soon, fmt.Sprintf(`performance.now() - before.at > %d`, good.Milliseconds())))
	got = ask[watched](t, v, `(clearInterval(looking), {Changes: changes, Stalls: lookback.stalls - before.stalls, Stood: lookback.stalledSeconds - before.stood, Latency: lookback.latency, Trip: lookback.roundTrip, Off: off, Requests: eyes.requests})`)
	t.Logf("%v: %d changes of state, %d stalls (%.2f s), %.1f s behind, round trip %.0f ms, the latency told is off by at most %.0f ms", *good, got.Changes, got.Stalls, got.Stood, got.Latency, got.Trip, got.Off)
	return got
}

// TestBrowserSlowLink: over 10 Mbit/s with a round trip of 150 ms the page plays frame by
// frame, since that needs no round trips. A browser that can't plays whole segments, says
// so, and neither stalls nor changes its mind. Over less than the camera sends both show
// key frames.
func TestBrowserSlowLink(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "640x360", FPS: "15", Setting: []string{"CAM_FRONT_QUALITY=16"}})
	link, err := rig.OpenSlowLink(strings.TrimPrefix(v.Origin, "http://"), 150*time.Millisecond, 10e6)
	must(t, err)
	t.Cleanup(link.Close)
	must(t, v.page.Open(link.Origin))
	v.until(t, `lookback.state === "live" && !lookback.slow && lookback.latency < 1`)
	v.watch(t, 5)
	v.testWithoutFrames(t, link)

	v.testTooSlow(t, link)
	v.testOpenedTooSlow(t)
	for _, e := range v.page.Errors() {
		t.Errorf("in the page: %s", e)
	}
}

// testWithoutFrames: a browser that plays parts has none in time over such a way.
func (v *visit) testWithoutFrames(t *testing.T, link *rig.SlowLink) {
	v = &visit{v.Stack, newPage(t, 1280, 800)}
	defer v.page.Close()
	must(t, v.page.Before(rig.NoFrames))
	must(t, v.page.Open(link.Origin))
	v.until(t, `lookback.state === "live" && lookback.slow && document.getElementById("distance").textContent.endsWith("behind: slow connection")`)
	v.lookAll(t, "slow")
	v.until(t, `(window.playedAt ??= lookback.video.currentTime) + %f < lookback.video.currentTime`, min(10, good.Seconds()))
	got := v.watch(t, 5)
	if parts := got.Requests["part"].Count; parts > 0 {
		t.Errorf("%d parts were loaded, want none", parts)
	}
	if got.Trip < 140 {
		t.Errorf("the page knows a round trip of %.0f ms, want 150", got.Trip)
	}
}

// testTooSlow: over a way that carries 1.6 of 4.1 Mbit/s, or as small a share of
// what this camera sends, one key frame after the other is shown, and never nothing
// new. When the way carries what the camera sends again, the picture moves.
func (v *visit) testTooSlow(t *testing.T, link *rig.SlowLink) {
	rate := v.history(t).Window.BytesPerHour * 8 / 3600
	link.Set(20*time.Millisecond, rate*1.6/4.1)
	v.until(t, `lookback.keyFrames >= 3`)
	v.lookAll(t, "too-slow")
	v.run(t, `window.states = new Set(), window.ages = [], window.from = lookback.keyFrames, window.at = performance.now(), window.looking = setInterval(() => {
		states.add(lookback.state), ages.push(lookback.latency);
	}, 50)`)
	v.until(t, `lookback.keyFrames >= from + 5 && performance.now() > at + %d`, min(*good, soon-10*time.Second).Milliseconds())
	got := ask[struct {
		States       []string
		Said         string
		Each, Oldest float64
		Drawn, Shown float64
	}](t, v, `(clearInterval(looking), {States: [...states], Said: document.getElementById("distance").textContent,
		Each: (performance.now() - at) / 1000 / (lookback.keyFrames - from), Oldest: Math.max(...ages), Drawn: eyes.drawn(document.querySelector("#picture canvas")), Shown: lookback.shown})`)
	t.Logf("at %.2f of %.2f Mbit/s: a key frame each %.1f s, at most %.1f s old, %q", rate*1.6/4.1/1e6, rate/1e6, got.Each, got.Oldest, got.Said)
	// On a busy machine the camera itself may send nothing for a while.
	if strange := slices.DeleteFunc(got.States, func(s string) bool { return s == "behind" || s == "away" }); len(strange) > 0 {
		t.Errorf("the page was %q, want behind alone", strange)
	}
	if !regexp.MustCompile(`^\d+ s old, connection too slow: \d\.\d+ of \d\.\d+ Mbit/s$`).MatchString(got.Said) {
		t.Errorf("the page says %q", got.Said)
	}
	if math.Abs(got.Drawn-got.Shown) > 500 { // the next one is two seconds away
		t.Errorf("the picture is of %.0f, the page says %.0f", got.Drawn, got.Shown)
	}
	v.testPastTooSlow(t)
	link.Set(20*time.Millisecond, 20e6)
	v.run(t, `window.at = performance.now()`)
	v.until(t, `lookback.state === "live" && lookback.video && !document.querySelector("#picture canvas")`)
	t.Logf("it moves again %.0f s after the way has got better", ask[float64](t, v, `(performance.now() - at) / 1000`))

	// So slow that no segment ever comes: each takes longer than anybody waits for it.
	link.Set(20*time.Millisecond, rate/10)
	v.run(t, `window.at = performance.now(), window.from = lookback.keyFrames`)
	v.until(t, `lookback.keyFrames > from`)
	t.Logf("at a tenth the first key frame is there %.0f s after the way has got worse", ask[float64](t, v, `(performance.now() - at) / 1000`))
}

// testOpenedTooSlow: a page that is opened over a quarter of what the camera sends knows it by the
// first part that is on its way, and waits for no other: its badge says Connecting, and then Behind.
func (v *visit) testOpenedTooSlow(t *testing.T) {
	rate := v.history(t).Window.BytesPerHour * 8 / 3600
	link, err := rig.OpenSlowLink(strings.TrimPrefix(v.Origin, "http://"), 20*time.Millisecond, rate/4)
	must(t, err)
	t.Cleanup(link.Close)
	w := &visit{v.Stack, newPage(t, 1280, 800)}
	must(t, w.page.Open(link.Origin))
	w.until(t, `document.body && (window.badges = new Set(), window.looking = setInterval(() => {
		badges.add(document.body.dataset.state);
		if (window.lookback?.keyFrames > 0) window.firstAt ??= performance.now();
	}, 50))`)
	w.until(t, `lookback.keyFrames >= 3`)
	got := ask[struct {
		States      []string
		Has, Needs  float64
		First, Came float64 // ms; bytes until then
		Requests    map[string]struct{ Count int }
	}](t, w, `(clearInterval(looking), {States: [...badges], Has: lookback.slow.tooSlow.has, Needs: lookback.slow.tooSlow.needs,
		First: firstAt, Came: performance.getEntriesByType("resource").filter((e) => e.responseEnd <= firstAt).reduce((sum, e) => sum + e.transferSize, 0), Requests: eyes.requests})`)
	t.Logf("opened at %.2f of %.2f Mbit/s: told %.2f of %.2f, %v, %v", rate/4e6, rate/1e6, got.Has/1e6, got.Needs/1e6, got.States, got.Requests)
	t.Logf("the first key frame is there after %.1f s, in which %.0f kB came, which take %.1f s at least", got.First/1000, got.Came/1000, got.Came*8*4/rate)
	if !slices.Equal(got.States, []string{"connecting", "behind"}) {
		t.Errorf("the page was %q, want connecting and then behind", got.States)
	}
	if parts := got.Requests["part"].Count; parts > 1 {
		t.Errorf("%d parts were asked for, want one", parts)
	}
	if math.Abs(got.Has-rate/4) > rate/4/10 {
		t.Errorf("%.2f Mbit/s are told, want %.2f", got.Has/1e6, rate/4e6)
	}
}

// testPastTooSlow: what stood is gone on from, the page says why that waits, and a
// pause has the picture of wherever one goes.
func (v *visit) testPastTooSlow(t *testing.T) {
	v.press(t, "play")
	v.until(t, `lookback.state === "paused"`)
	stood := ask[float64](t, v, `lookback.shown`)
	v.lookAll(t, "too-slow-paused")
	v.run(t, `window.at = performance.now()`)
	v.press(t, "play")
	v.until(t, `lookback.state === "rewound" && lookback.shown > %f && lookback.shown < %f`, stood, stood+20_000)
	v.until(t, `/^\d+ s ago, connection too slow: \d\.\d+ of \d\.\d+ Mbit\/s$/.test(document.getElementById("distance").textContent)`)
	t.Logf("history plays %.0f s after that", ask[float64](t, v, `(performance.now() - at) / 1000`))
	v.lookAll(t, "too-slow-past")
	v.press(t, "play")
	v.press(t, "back")
	v.run(t, `window.at = performance.now()`)
	v.until(t, `lookback.state === "paused" && lookback.shown < %f`, stood-5000)
	t.Logf("a picture that stands is there %.0f s after it was asked for", ask[float64](t, v, `(performance.now() - at) / 1000`))
	v.run(t, `window.from = lookback.keyFrames`)
	v.press(t, "live")
	v.until(t, `lookback.state === "behind" && lookback.keyFrames > from`)
}

// TestBrowserRoundTrips: at 20 Mbit/s it plays on whatever the round trip.
func TestBrowserRoundTrips(t *testing.T) {
	if !*trips {
		t.Skip("takes minutes, with -trips")
	}
	v := startVisit(t, rig.Options{Size: "640x360", FPS: "15"})
	for _, trip := range []time.Duration{0, 50, 100, 120, 150, 200, 300} {
		t.Run(fmt.Sprintf("%d ms", trip), func(t *testing.T) {
			link, err := rig.OpenSlowLink(strings.TrimPrefix(v.Origin, "http://"), trip*time.Millisecond, 20e6)
			must(t, err)
			t.Cleanup(link.Close)
			must(t, v.page.Open(link.Origin))
			v.until(t, `(window.opened ??= performance.now()) + 10_000 < performance.now() && lookback.state === "live"`)
			if got := v.watch(t, 1); got.Off > 200 {
				t.Errorf("the latency told is off by %.0f ms", got.Off)
			}
		})
	}
}
