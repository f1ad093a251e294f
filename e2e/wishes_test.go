package e2e

import (
	"encoding/json"
	"flag"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lookback/e2e/rig"
)

// typedTimes: go test ./e2e -timeout 30m -run 'Browser$/plays|typed' -args -typed 200 tries as many.
var typedTimes = flag.Int("typed", 12, "times that are typed into the page")

// testPausedMoves: what is paused stays paused wherever one goes, with the
// picture of there; and quick presses are all counted.
func (v *visit) testPausedMoves(t *testing.T) {
	v.window(t, 36)
	v.live(t)
	v.run(t, `lookback.seekTo(Date.now() - 12_000)`)
	v.until(t, `lookback.state === "rewound"`)
	v.press(t, "play")
	v.until(t, `lookback.state === "paused"`)
	v.run(t, `document.activeElement.blur()`)
	for burst := range 3 {
		key, sign := kb.ArrowLeft, -1
		if burst == 1 {
			key, sign = kb.ArrowRight, 1
		}
		v.run(t, `window.from = lookback.position`)
		v.do(t, chromedp.KeyEvent(key), chromedp.KeyEvent(key))
		v.until(t, `lookback.state === "paused" && !lookback.video.seeking && document.getElementById("badge").textContent === "Paused"`)
		// While the camera stood (testStandstill) its picture is older than its time.
		v.until(t, `Math.abs(lookback.position - from - %d) < 3000 && Math.abs((await eyes.look()) - lookback.position) < 3000`, sign*20_000)
	}
	v.press(t, "live")
	v.live(t)
}

// testTypedTimes: of what was recorded it is never said that it was not, neither
// of the last seconds nor of what is loaded already.
func (v *visit) testTypedTimes(t *testing.T) {
	if *typedTimes > 50 {
		v.window(t, 150)
	}
	v.live(t)
	eventually(t, soon, "the coverage has what was recorded", func() bool { return v.covered(t, time.Now().Add(-5*time.Second)) })
	v.run(t, `window.told = [], new MutationObserver(() => {
		const said = document.getElementById("said");
		if (!said.hidden && told.at(-1)?.Said !== said.textContent) told.push({Said: said.textContent, Asked: asked});
	}).observe(document.getElementById("said"), {attributes: true, childList: true, subtree: true})`)
	for i := range *typedTimes {
		// Spread over the window, and every third one in its last two minutes.
		share := float64(i*7%*typedTimes) / float64(*typedTimes)
		v.run(t, `(() => {
			const ago = %[1]t ? 1000 + %[2]f * Math.min(120_000, %[3]f - 4000) : 2000 + %[2]f * (%[3]f - 4000);
			window.asked = Date.now() - ago;
			document.getElementById("goto-open").click();
			const field = document.getElementById("goto-time");
			field.value = new Date(asked).toISOString();
			field.dispatchEvent(new Event("input"));
			window.hint = document.getElementById("goto-hint").textContent;
			document.getElementById("goto").requestSubmit();
		})()`, i%3 == 0, share, 1000*v.history(t).Window.Seconds)
		if hint := ask[string](t, v, `hint`); !strings.HasPrefix(hint, "= ") {
			t.Errorf("the field says %q", hint)
		}
		v.until(t, `["rewound", "live", "behind"].includes(lookback.state) && !lookback.video.seeking && (lookback.isLive || Math.abs(lookback.shown - asked) < 5000)`)
	}
	var untrue []string
	for _, told := range ask[[]struct {
		Said  string
		Asked float64 // ms since 1970
	}](t, v, `told`) {
		if at := time.UnixMilli(int64(told.Asked)); !strings.Contains(told.Said, "still to come") && v.covered(t, at) {
			untrue = append(untrue, told.Said)
		} else {
			t.Logf("of what was not recorded is said: %q", told.Said)
		}
	}
	if len(untrue) > 0 {
		t.Errorf("of what was recorded is said: %q", untrue)
	}
	t.Logf("%d times typed, %d untrue sentences", *typedTimes, len(untrue))
	v.press(t, "live")
	v.live(t)
}

// testDrag: a drag on the timeline leads to the instant under the pointer, which
// the playhead shows at once and the clock with the picture.
func (v *visit) testDrag(t *testing.T) {
	v.live(t)
	box := ask[struct{ Left, Top, Width float64 }](t, v, `(({left, top, width}) => ({Left: left, Top: top + 34, Width: width}))(document.getElementById("timeline").getBoundingClientRect())`)
	x := func(share float64) float64 { return box.Left + share*box.Width }
	v.run(t, `window.before = lookback.view`)
	v.do(t, chromedp.MouseEvent("mousePressed", x(0.98), box.Top, chromedp.ButtonLeft))
	for _, share := range []float64{0.9, 0.8, 0.7} {
		v.do(t, chromedp.MouseEvent("mouseMoved", x(share), box.Top, chromedp.ButtonLeft))
	}
	v.do(t, chromedp.MouseEvent("mouseReleased", x(0.7), box.Top, chromedp.ButtonLeft))
	v.until(t, `lookback.state === "rewound" && Math.abs((await eyes.look()) - lookback.shown) < 700 &&
		Math.abs(lookback.shown - (before.start + 0.7 * (before.end - before.start))) < 6000`)
	v.press(t, "live")
	v.live(t)
}

// covered reports whether the coverage has an instant.
func (v *visit) covered(t *testing.T, at time.Time) bool {
	t.Helper()
	var timeline struct {
		Spans []struct{ Start, End time.Time }
	}
	text, err := v.Get("/api/cameras/" + rig.CameraName + "/timeline?points=20000&" + url.Values{
		"from": {at.Add(-time.Second).UTC().Format(time.RFC3339Nano)}, "to": {at.Add(time.Second).UTC().Format(time.RFC3339Nano)},
	}.Encode())
	must(t, err)
	must(t, json.Unmarshal([]byte(text), &timeline))
	for _, span := range timeline.Spans {
		if !at.Before(span.Start) && at.Before(span.End) {
			return true
		}
	}
	return false
}
