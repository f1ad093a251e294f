package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"testing"
	"time"

	"lookback/e2e/rig"
)

// firefoxChanges: go test ./e2e -run BrowserFirefox -firefox-changes 200 makes as many.
var firefoxChanges = flag.Int("firefox-changes", 5, "changes between live and history in Firefox")

// arrives is within what time the page has to say where it is, and move.
const arrives = 15 * time.Second

// firefoxVisit is our page in Firefox.
type firefoxVisit struct {
	*rig.Stack
	page *rig.Firefox
}

// TestBrowserFirefox: from live to history and back by keys, again and again, the
// picture moves each time and the page says so, without being loaded anew.
func TestBrowserFirefox(t *testing.T) {
	stack, err := rig.New(t.Context(), rig.Options{Size: "640x360", Root: "..", Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(stack.Close)
	must(t, stack.Start(t.Context()))
	page, err := rig.OpenFirefox(t.Context(), t.TempDir())
	must(t, err)
	t.Cleanup(page.Close)
	v := firefoxVisit{stack, page}
	must(t, page.Open(v.Origin))
	v.until(t, soon, `lookback.state === "live"`)
	v.until(t, soon, `lookback.view?.end - lookback.view?.start > 0 && !document.getElementById("goto-open").disabled`)
	v.until(t, soon, `(await (await fetch("api/cameras/front")).json()).window?.seconds > 7`)
	var frozen int
	for i := range *firefoxChanges {
		to, state := "G-4s"+rig.Enter, "rewound"
		if i%2 == 1 {
			to, state = "l", "live"
		}
		must(t, page.Keys(to))
		// What moves has another playhead a moment later, and the page says the state of what moves.
		expression := fmt.Sprintf(`lookback.state === %q && await new Promise((resolve) => {
			const {video, shown} = lookback;
			setTimeout(() => resolve(lookback.video === video && lookback.shown > shown), 300);
		}) && lookback.state === %q`, state, state)
		if err := page.Until(t.Context(), arrives, expression); err != nil {
			frozen++
			t.Errorf("change %d: %v\nthe page: %s", i, err, v.describe())
			must(t, page.Open("about:blank")) // nothing else thaws it
			must(t, page.Open(v.Origin))
			v.until(t, soon, `lookback.state === "live"`)
		}
	}
	t.Logf("%d of %d changes froze the page", frozen, *firefoxChanges)
}

func (v *firefoxVisit) until(t *testing.T, deadline time.Duration, expression string) {
	t.Helper()
	if err := v.page.Until(t.Context(), deadline, expression); err != nil {
		t.Fatalf("%v\nthe page: %s", err, v.describe())
	}
}

// describe is what the page thinks.
func (v *firefoxVisit) describe() string {
	var said json.RawMessage
	err := v.page.Eval(`({state: lookback.state, latency: lookback.latency, shown: lookback.shown, now: Date.now(), stalls: lookback.stalls,
		rebuilds: lookback.rebuilds, lastError: lookback.lastError, said: document.getElementById("said").textContent, focus: document.activeElement.id,
		videos: [...document.querySelectorAll("video")].map((video) => [video.currentTime, video.paused, video.seeking, video.readyState])})`, &said)
	if err != nil {
		return err.Error()
	}
	return string(said)
}
