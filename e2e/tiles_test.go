package e2e

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lookback/e2e/rig"
)

//go:embed testdata/flights.js
var flights string

// connections is how many HTTP/1.1 connections a browser opens to a host.
const connections = 6

// others are the cameras beside the first: a player for each would need more
// connections than there are.
var others = []string{"garden", "garage", "roof"}

// TestBrowserTiles is the page with several cameras: the overview of all, and
// the way from one to another.
func TestBrowserTiles(t *testing.T) {
	v := newTiles(t)
	for _, step := range []struct {
		name string
		test func(*testing.T)
	}{
		{"overview", v.testOverview},
		{"plays what has the focus", v.testFocus},
		{"off the screen", v.testOffScreen},
		{"cameras away", v.testOthersAway},
		{"to a camera", v.testToCamera},
		{"at the same instant", v.testSameInstant},
		{"strip follows", v.testStripFollows},
		{"back", v.testBack},
		{"alone", v.testConnections},
	} {
		if !t.Run(step.name, step.test) {
			break // what follows builds on it
		}
	}
	for _, e := range v.page.Errors() {
		t.Errorf("in the page: %s", e)
	}
}

// newTiles starts everything with four cameras and opens the page for the
// first time.
func newTiles(t *testing.T) *visit {
	t.Helper()
	v := startVisit(t, rig.Options{Size: "320x180", FPS: "5", Others: others, Setting: []string{"CAM_GARDEN_TITLE=The garden"}})
	_, err := chromedp.Call(v.page.Context, cdp.AddScriptToEvaluateOnNewDocument, cdp.AddScriptToEvaluateOnNewDocumentParams{Source: flights})
	must(t, err)
	v.open(t)
	v.run(t, `window.states = [];
		window.tile = (name) => [...document.querySelectorAll("[data-camera=" + name + "]")].find((e) => e.checkVisibility());
		window.look = (name) => tile(name)?.dataset.look;
		window.plays = (name) => tile(name)?.dataset.plays === "" && ["live", "late"].includes(look(name));
		window.drawn = (name) => eyes.drawn(tile(name).querySelector("canvas"));`)
	return v
}

// all is an expression that holds for every camera's tile.
func all(names []string, format string) string {
	var each []string
	for _, name := range names {
		each = append(each, fmt.Sprintf(format, name))
	}
	return strings.Join(each, " && ")
}

// testOverview: with several cameras the page begins with all of them, each
// with a picture that is a few seconds old, and one of them moves.
func (v *visit) testOverview(t *testing.T) {
	v.until(t, `lookback.state === "overview" && plays("front")`)
	v.until(t, "%s", all(others, `look(%[1]q) === "still" && Date.now() - drawn(%[1]q) < 15_000`))
	v.until(t, `document.querySelectorAll("#overview video").length === 1`)
	v.until(t, `document.getElementById("overview-said").textContent === "4 recording"`)
	v.until(t, `tile("garden").innerText.replaceAll("\n", "|") .match(/^The garden\|\d+ s ago$/)`)
	t.Logf("a picture of 320x180 takes %.1f kB", ask[float64](t, v, `(() => {
		const loads = performance.getEntriesByType("resource").filter((e) => e.name.includes("/pictures/"));
		return loads.reduce((sum, e) => sum + e.transferSize, 0) / loads.length / 1000;
	})()`))
	v.run(t, `window.before = drawn("roof")`)
	v.until(t, `drawn("roof") > before`)
	v.accessible(t, "overview")
	v.lookAll(t, "overview")
	v.do(t, chromedp.EmulateViewport(667, 375)) // a phone on its side: its head is above the tiles
	v.until(t, `innerWidth === 667 && (({ left, right, bottom }) => bottom <= tile("front").getBoundingClientRect().top &&
		document.elementFromPoint((left + right) / 2, bottom - 2).id === "overview-title")(document.getElementById("overview-title").getBoundingClientRect())`)
	v.look(t, "overview", [2]int64{667, 375})
	v.do(t, chromedp.EmulateViewport(1280, 800))
	v.until(t, `innerWidth === 1280`)
}

func (v *visit) testFocus(t *testing.T) {
	v.run(t, `tile("garden").focus()`)
	v.until(t, `plays("garden") && look("front") === "still"`)
	v.do(t, chromedp.KeyEvent(kb.ArrowRight))
	v.until(t, `document.activeElement === tile("garage") && plays("garage")`)
	v.until(t, `eyes.latency !== null && eyes.latency < 8000`)
}

// testOffScreen: a tile that nobody sees loads nothing.
func (v *visit) testOffScreen(t *testing.T) {
	v.do(t, chromedp.EmulateViewport(390, 300, chromedp.EmulateMobile, chromedp.EmulateTouch))
	v.until(t, `tile("roof").getBoundingClientRect().top > innerHeight + 120`)
	const loads = `performance.getEntriesByType("resource").filter((e) => e.name.includes("/hls/%s/") && e.name.includes("/pictures/")).length`
	v.run(t, `scrollTo(0, 0), window.before = drawn("roof"), performance.clearResourceTimings()`)
	v.until(t, `look("front") && `+loads+` + `+loads+` > 2`, "garden", "garage")
	if n := ask[int](t, v, fmt.Sprintf(loads, "roof")); n > 1 { // one may have been under way
		t.Errorf("%d pictures were loaded for a tile off the screen", n)
	}
	if width := ask[int](t, v, `document.documentElement.scrollWidth`); width > 390 {
		t.Errorf("the page is %d pixels wide on a phone", width)
	}
	v.do(t, chromedp.EmulateViewport(1280, 800))
	v.until(t, `look("roof") === "still"`)
}

// testOthersAway: tiles say since when and why, and the others go on.
func (v *visit) testOthersAway(t *testing.T) {
	must(t, v.FaultOthers("drop=refuse"))
	v.until(t, "%s", all(others, `look(%[1]q) === "away" && /^Away since [\d:]+(\sAM|\sPM)?\n./.test(tile(%[1]q).querySelector(".line").textContent)`))
	v.until(t, `plays("front") && document.getElementById("overview-said").textContent === "1 recording, 3 away"`)
	v.lookAll(t, "overview-away")
	moment := time.Now().UnixMilli()
	must(t, v.FaultOthers("drop=off"))
	v.until(t, "%s", all(others, fmt.Sprintf(`(plays(%%[1]q) || look(%%[1]q) === "still" && drawn(%%[1]q) > %d)`, moment)))
}

func (v *visit) testToCamera(t *testing.T) {
	v.do(t, chromedp.Click(chromedp.CSS(`#overview [data-camera="garden"]`)))
	v.until(t, `lookback.camera === "garden" && location.hash === "#garden" && document.getElementById("camera-title").textContent === "The garden"`)
	v.atNow(t)
	v.until(t, `tile("garden").getAttribute("aria-current") === "page" && look("front") === "still" && Date.now() - drawn("front") < 20_000`)
	if n := ask[int](t, v, `document.querySelectorAll("#overview video").length`); n > 0 {
		t.Errorf("%d tiles play that nobody sees", n)
	}
}

// testSameInstant: from a rewound camera to another one at the same time; the
// tiles beside it show that time too.
func (v *visit) testSameInstant(t *testing.T) {
	v.window(t, 30)
	instant := v.recorded(t)
	v.rewind(t, instant)
	ms := instant.UnixMilli()
	v.until(t, `look("front") === "then" && Math.abs(drawn("front") - %d) < 3000`, ms)
	v.do(t, chromedp.KeyEvent("1"))
	v.until(t, `lookback.camera === "front" && lookback.state === "rewound"`)
	v.until(t, `Math.abs((await eyes.look()) - lookback.position) < 1000 && lookback.position < Date.now() - 10_000`)
	v.press(t, "live")
	v.atNow(t)
	v.do(t, chromedp.Click(chromedp.CSS(`#strip [data-camera="garage"]`)))
	v.until(t, `lookback.camera === "garage"`)
	v.atNow(t)
}

// testStripFollows: after a jump the tiles beside the picture show that time
// within a second, and each says of when its picture is.
func (v *visit) testStripFollows(t *testing.T) {
	v.run(t, `window.follow = async (ago) => {
		const names = ["front", "garden", "roof"], begun = performance.now(), at = Date.now() - ago;
		lookback.seekTo(at);
		while (!names.every((name) => look(name) === "then" && Math.abs(drawn(name) - at) < 2500)) {
			if (performance.now() - begun > 20_000) return null;
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		const took = performance.now() - begun;
		const off = names.map((name) => {
			const [h, m, s] = tile(name).querySelector(".mark").textContent.match(/\d+/g).map(Number), then = new Date(drawn(name));
			const off = Math.abs((h * 60 + m) * 60 + s - (then.getHours() * 60 + then.getMinutes()) * 60 - then.getSeconds());
			return Math.min(off %% 43200, 43200 - off %% 43200); // of 12 hours or of 24
		});
		return {Took: took, Off: Math.max(...off)};
	}`)
	eventually(t, soon, "what all cameras recorded without a break", func() bool {
		for ago := 4 * time.Second; ago < 14*time.Second; ago += time.Second {
			if !v.allRecorded(t, time.Now().Add(-ago)) {
				return false
			}
		}
		return true
	})
	var took []float64
	for _, ago := range []int{6000, 12_000, 9000, 5000, 11_000} {
		got := ask[*struct{ Took, Off float64 }](t, v, fmt.Sprintf(`follow(%d)`, ago))
		if got == nil {
			t.Fatalf("the strip has not followed to %d ms ago: %s", ago, v.describe())
		}
		if got.Off > 1 {
			t.Errorf("a tile says a time that is %v s beside its picture's", got.Off)
		}
		took = append(took, got.Took)
	}
	t.Logf("the strip followed after %.0f ms", took)
	slices.Sort(took)
	if median := took[len(took)/2]; median > 1000 {
		t.Errorf("the strip follows after %.0f ms, want 1000 at most", median)
	}
	v.accessible(t, "strip of the past")
	v.lookAll(t, "strip")
	v.press(t, "live")
	v.atNow(t)
}

// atNow waits for a picture of just now: what is asked for here is the right
// camera at the right time, not how close to it.
func (v *visit) atNow(t *testing.T) {
	t.Helper()
	v.until(t, `!location.hash.includes("@") && eyes.coded.at(-1) > Date.now() - 15_000`)
}

// testBack: to the overview by key, and back by the browser's button; the
// overview of an instant has a link.
func (v *visit) testBack(t *testing.T) {
	v.do(t, chromedp.KeyEvent("a"))
	v.until(t, `lookback.state === "overview" && location.hash === "#Overview" && document.activeElement === tile("garage")`)
	v.run(t, `history.back()`)
	v.until(t, `lookback.camera === "garage"`)
	v.atNow(t)
	at := v.recorded(t)
	v.run(t, `location.hash = "#Overview@%s"`, at.UTC().Format(time.RFC3339))
	v.until(t, "%s", all(append(others, rig.CameraName), fmt.Sprintf(`look(%%[1]q) === "then" && Math.abs(drawn(%%[1]q) - %d) < 6000`, at.UnixMilli())))
	v.lookAll(t, "overview-then")
	v.press(t, "overview-live")
	v.until(t, `location.hash === "#Overview" && look("roof") === "still"`)
}

// recorded is an instant of the last minute from which there is a picture of each
// camera: one may have been away, and a machine that is too busy may have lost some.
func (v *visit) recorded(t *testing.T) (at time.Time) {
	t.Helper()
	eventually(t, soon, "an instant that all cameras recorded", func() bool {
		for ago := 10 * time.Second; ago < time.Minute; ago += time.Second {
			at = time.Now().Add(-ago).Truncate(time.Second)
			whole := true // with what is around it
			for beside := -2 * time.Second; whole && beside <= 2*time.Second; beside += time.Second {
				whole = v.allRecorded(t, at.Add(beside))
			}
			if whole {
				return true
			}
		}
		return false
	})
	return at
}

// allRecorded reports whether there is a picture of each camera of then.
func (v *visit) allRecorded(t *testing.T, at time.Time) bool {
	t.Helper()
	list, err := v.Get("/api/cameras?at=" + at.UTC().Format(time.RFC3339Nano))
	must(t, err)
	return !strings.Contains(list, `"picture":null`)
}

// testConnections: in all of that the page never held more than a browser opens.
func (v *visit) testConnections(t *testing.T) {
	if most := ask[int](t, v, `flights.most`); most > connections {
		t.Errorf("%d requests at once", most)
	}
}
