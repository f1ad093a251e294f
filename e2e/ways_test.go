package e2e

import (
	"testing"

	"lookback/e2e/rig"
)

// TestBrowserWays: whatever a browser can, the page is live, rewinds, comes back, stands,
// and gets over an ffmpeg and a controller that are killed.
func TestBrowserWays(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "320x180", FPS: "15"})
	for _, way := range []struct{ name, before, is string }{
		{"decoded frame by frame", "", `lookback.video.srcObject instanceof MediaStream`},
		{"appended frame by frame", "delete globalThis.VideoDecoder", `lookback.video.srcObject === null && lookback.video.duration === Infinity && !performance.getEntriesByType("resource").some((r) => r.name.includes("live.m3u8"))`},
		{"by its playlist", rig.NoFrames, `performance.getEntriesByType("resource").some((r) => r.name.includes("live.m3u8"))`},
	} {
		t.Run(way.name, func(t *testing.T) {
			w := &visit{v.Stack, newPage(t, 800, 600)}
			must(t, w.page.Before(way.before+";"))
			w.open(t)
			w.run(t, notes)
			w.live(t)
			w.until(t, `%s`, way.is)
			w.until(t, `lookback.latency < 1`)
			t.Logf("%.3f s behind", ask[float64](t, w, `lookback.latency`))

			w.run(t, `window.to = Date.now() - 3000, location.hash = "#front@" + new Date(to).toISOString()`)
			w.until(t, `lookback.state === "rewound" && Math.abs(lookback.position - to) < 5000`)
			w.run(t, `document.getElementById("live").click()`)
			w.until(t, `lookback.state === "live" && lookback.latency < 1`)
			w.run(t, `document.getElementById("play").click()`)
			w.until(t, `lookback.state === "paused"`)
			w.run(t, `document.getElementById("play").click()`)
			w.until(t, `lookback.state === "rewound"`)
			w.run(t, `document.getElementById("live").click()`)
			w.until(t, `lookback.state === "live" && lookback.latency < 1`)

			if way.before != "" { // as most are, TestBrowser does it
				w.testKillFFmpeg(t)
				w.testKillController(t)
			}
			for _, e := range w.page.Errors() {
				t.Errorf("in the page: %s", e)
			}
		})
	}
}
