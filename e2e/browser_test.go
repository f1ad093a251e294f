package e2e

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lookback/e2e/rig"
)

// TestBrowser is what one sees: the page in Chromium, through nginx as it is
// configured in the image, with a real controller and the demo camera. What
// the picture shows is read from the picture itself.
func TestBrowser(t *testing.T) {
	v := newVisit(t)
	for _, step := range []struct {
		name string
		test func(*testing.T)
	}{
		{"plays", v.testPlays},
		{"tells the truth", v.testTruth},
		{"dark and light", v.testSchemes},
		{"phone", v.testPhone},
		{"pauses", v.testPause},
		{"keys", v.testKeys},
		{"rewinds", v.testRewinds},
		{"typed times", v.testTypedTimes},
		{"drag", v.testDrag},
		{"short standstill", v.testStandstill},
		{"paused moves", v.testPausedMoves}, // wants history
		{"camera stalls", func(t *testing.T) { v.testCameraAway(t, "stall=on", "stall=off") }},
		{"camera refuses", func(t *testing.T) { v.testCameraAway(t, "drop=refuse", "drop=off") }},
		{"kill ffmpeg", v.testKillFFmpeg},
		{"kill controller", v.testKillController},
		{"restart nginx", v.testRestartNginx},
		{"backlog", v.testBacklog}, // leaves a hole
	} {
		if !t.Run(step.name, step.test) {
			break // what follows builds on it
		}
	}
	for _, e := range v.page.Errors() {
		t.Errorf("in the page: %s", e)
	}
}

func (v *visit) testPlays(t *testing.T) {
	v.live(t)
	v.until(t, `new Set(eyes.coded).size > 30`)
	// One deck, whatever the API has named meanwhile: frames come one by one, and nothing of a playlist is loaded.
	if inits := ask[[]string](t, v, `performance.getEntriesByType("resource").map((r) => r.name).filter((name) => /\/init\/|m3u8/.test(name))`); len(inits) != 0 {
		t.Errorf("loaded beside the lane: %q", inits)
	}
	v.until(t, `document.getElementById("badge").textContent === "Live" && document.getElementById("notice").hidden`)
	if unreadable := ask[float64](t, v, `eyes.unreadable / eyes.frames`); unreadable > 0.05 {
		t.Errorf("%.0f %% of the pictures are damaged", unreadable*100)
	}
	v.lookAll(t, "live")
}

// testTruth: the latency and the time that the page states are those of the picture.
func (v *visit) testTruth(t *testing.T) {
	v.until(t, `["live", "behind"].includes(lookback.state) && eyes.latency !== null && Math.abs(lookback.latency * 1000 - eyes.latency) < 300`)
	v.until(t, `Math.abs(lookback.position - eyes.coded.at(-1)) < 300`)
	v.until(t, `(() => {
		const [h, m, s] = document.getElementById("clock").textContent.match(/\d+/g).map(Number);
		const coded = new Date(eyes.coded.at(-1));
		const off = Math.abs(h * 3600 + m * 60 + s - coded.getHours() * 3600 - coded.getMinutes() * 60 - coded.getSeconds());
		return Math.min(off %% 43200, 43200 - off %% 43200) <= 1; // of 12 hours or of 24
	})()`)
	t.Logf("the page says %.2f s, the picture %.2f s", ask[float64](t, v, `lookback.latency`), ask[float64](t, v, `eyes.latency / 1000`))
}

func (v *visit) testSchemes(t *testing.T) {
	const brightness = `getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)`
	shown := map[string]float64{}
	for _, scheme := range []string{"light", "dark"} {
		v.scheme(t, scheme)
		v.live(t)
		shown[scheme] = ask[float64](t, v, brightness)
	}
	if shown["dark"] >= 3*128 || shown["light"] <= 3*128 {
		t.Errorf("brightness of the page: %v", shown)
	}
}

// scheme is what the reader prefers, dark or light; "": what the browser does by itself.
func (v *visit) scheme(t *testing.T, name string) {
	t.Helper()
	_, err := chromedp.Call(v.page.Context, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	must(t, err)
}

// TestBrowserScreenshots makes the pictures of the README, without the blocks
// that the tests read.
func TestBrowserScreenshots(t *testing.T) {
	if !*screenshots {
		t.Skip("makes files in docs, with -screenshots")
	}
	v := startVisit(t, rig.Options{Size: "1280x720", Plain: true})
	v.open(t)
	v.window(t, 30) // something to see on the timeline
	for scheme, file := range map[string]string{"light": "screenshot-light.png", "dark": "screenshot.png"} {
		v.scheme(t, scheme)
		v.until(t, `lookback.state === "live" && lookback.latency < 0.6`)
		v.shoot(t, file)
	}
}

// testPhone: on the narrowest phones nothing is beside the screen.
func (v *visit) testPhone(t *testing.T) {
	for _, size := range [][2]int64{{320, 568}, {390, 844}, {844, 390}} {
		v.do(t, chromedp.EmulateViewport(size[0], size[1], chromedp.EmulateMobile, chromedp.EmulateTouch))
		v.until(t, `screen.width === %d`, size[0])
		// A phone zooms out to what is too wide, so innerWidth would not tell.
		outside := ask[[]string](t, v, `[...document.querySelectorAll("html, button, video, #timeline, #badge, #controls, #controls *")].filter((e) => {
			const {left, right} = e.getBoundingClientRect();
			return e.checkVisibility() && (left < -1 || Math.max(right, e.localName === "html" ? e.scrollWidth : 0) > screen.width + 1);
		}).map((e) => e.id || e.localName)`)
		if len(outside) > 0 {
			t.Errorf("at %dx%d beside the screen: %v", size[0], size[1], outside)
		}
	}
	v.do(t, chromedp.EmulateViewport(1280, 800))
	v.live(t)
}

// testPause: what stands is never called live, however long it stands.
func (v *visit) testPause(t *testing.T) {
	v.press(t, "play")
	v.until(t, `lookback.state === "paused"`)
	v.run(t, `states.length = 0`)
	before := ask[float64](t, v, `eyes.look()`)
	edge := v.history(t).Live.Edge
	eventually(t, soon, "the camera goes on", func() bool { return v.history(t).Live.Edge.Sub(edge) > 2*time.Second })
	v.until(t, `lookback.state === "paused" && document.getElementById("badge").textContent === "Paused"`)
	if states := ask[[]string](t, v, `states.filter((state) => state !== "paused")`); len(states) > 0 {
		t.Errorf("while paused the page said %v", states)
	}
	if after := ask[float64](t, v, `eyes.look()`); after != before {
		t.Errorf("the picture went on for %v ms", after-before)
	}
	v.lookAll(t, "paused")
	v.press(t, "live")
	v.live(t)
}

func (v *visit) testKeys(t *testing.T) {
	v.window(t, 15)
	v.live(t)
	key := func(key, state string) {
		t.Helper()
		v.do(t, chromedp.KeyEvent(key))
		v.until(t, `lookback.state === %q && !lookback.video.seeking`, state)
	}
	v.run(t, `document.activeElement.blur()`) // a button that has the focus keeps the space bar
	key(kb.ArrowLeft, "rewound")
	v.until(t, `Math.abs(Date.now() - (await eyes.look()) - 10_000) < 3000`)
	key(" ", "paused")
	key(" ", "rewound")
	key("l", "live")
	key("k", "paused")
	key(kb.End, "live")
}

// rewind goes to an instant and checks that this is what the picture shows. A
// machine that is too busy now and then hands a picture over late, which makes
// it belong to a later instant; hence three attempts.
func (v *visit) rewind(t *testing.T, to time.Time) {
	t.Helper()
	var off time.Duration
	for attempt := range 3 {
		off = v.seek(t, to.Add(time.Duration(-attempt)*3*time.Second))
		if off.Abs() <= time.Second {
			return
		}
	}
	t.Errorf("the picture is %v beside the instant that was wanted", off)
}

// seek goes to an instant and tells how far beside it the first picture is.
func (v *visit) seek(t *testing.T, to time.Time) time.Duration {
	t.Helper()
	from, wish := time.Now().UnixMilli(), to.UnixMilli()
	v.run(t, `states.length = 0, lookback.seekTo(%d)`, wish)
	// Until the new picture is there, the one before may stay on the screen.
	first := fmt.Sprintf(`eyes.first({after: %d, from: %d, to: %d})`, from, wish-2500, wish+2500)
	v.until(t, `%s && lookback.state === "rewound"`, first)
	if ask[bool](t, v, `states.includes("live") || lookback.isLive`) {
		t.Errorf("a rewound picture was called live: %s", v.describe())
	}
	return time.UnixMilli(ask[int64](t, v, first+".coded")).Sub(to)
}

func (v *visit) testRewinds(t *testing.T) {
	v.window(t, 17)
	v.live(t)
	v.rewind(t, time.Now().Add(-12*time.Second))
	v.run(t, `window.rewoundTo = eyes.coded.at(-1)`)
	v.until(t, `eyes.coded.at(-1) > rewoundTo + 3000 && lookback.state === "rewound"`)
	v.lookAll(t, "rewound")
	v.press(t, "live")
	v.live(t)
}

// testStandstill: too short for the camera to be away, and still told.
func (v *visit) testStandstill(t *testing.T) {
	v.live(t)
	// However late the picture is, what counts is how long the camera stands.
	before := ask[float64](t, v, `eyes.latency`)
	must(t, v.Fault("stall=on"))
	v.until(t, `Date.now() - eyes.coded.at(-1) > %f + 1500`, before)
	must(t, v.Fault("stall=off"))
	var told []string
	defer func() { t.Log(told) }()
	eventually(t, soon, "a standstill of more than a second in the timeline", func() bool {
		var timeline struct {
			Flaws []struct {
				Start, End time.Time
				Kind       string
			}
		}
		text, err := v.Get("/api/cameras/" + rig.CameraName + "/timeline?points=20000")
		must(t, err)
		must(t, json.Unmarshal([]byte(text), &timeline))
		told = nil
		for _, f := range timeline.Flaws {
			told = append(told, fmt.Sprintf("%s for %v", f.Kind, f.End.Sub(f.Start)))
			if d := f.End.Sub(f.Start); f.Kind == "standstill" && d > time.Second && d < 5*time.Second {
				return true
			}
		}
		return false
	})
	v.live(t)
}

// testCameraAway: the page says so and why, keeps the last picture, and goes
// on by itself.
func (v *visit) testCameraAway(t *testing.T, fault, end string) {
	v.live(t)
	must(t, v.Fault(fault))
	v.until(t, `lookback.state === "away" && document.getElementById("badge").textContent === "Away"`)
	v.until(t, `document.getElementById("notice-title").textContent.includes("The camera is away") &&
		document.getElementById("notice-advice").textContent.length > 10`)
	t.Logf("the page says %q", ask[string](t, v, `document.getElementById("notice-advice").textContent`))
	if !ask[bool](t, v, `eyes.look().then((coded) => coded === eyes.coded.at(-1))`) {
		t.Errorf("the last picture is gone: %s", v.describe())
	}
	v.until(t, `getComputedStyle(document.getElementById("picture"), "::after").opacity === "1"`)
	if filter := ask[string](t, v, `getComputedStyle(lookback.video).filter`); filter != "none" {
		t.Errorf("the picture is dimmed by %q, which is not cut at the stage's corners", filter)
	}
	if fault == "drop=refuse" {
		v.accessible(t, "away")
	}
	v.lookAll(t, "away-"+fault)
	moment := time.Now()
	must(t, v.Fault(end))
	v.liveAfter(t, moment)
	v.until(t, `document.getElementById("notice").hidden`)
}

func (v *visit) testKillFFmpeg(t *testing.T) {
	v.live(t)
	before, err := v.Discontinuities()
	must(t, err)
	pid, err := v.FFmpeg()
	must(t, err)
	moment := time.Now()
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	v.liveAfter(t, moment)
	after, err := v.Discontinuities()
	must(t, err)
	if after != before+1 {
		t.Errorf("%d discontinuities, %d before the kill", after, before)
	}
}

// testBacklog: while the recorder stands its camera sends on. What has waited is
// old, whenever it is read, and is not called live.
func (v *visit) testBacklog(t *testing.T) {
	v.live(t)
	must(t, syscall.Kill(v.Controller.Pid(), syscall.SIGSTOP))
	err := v.page.Until(soon, `Date.now() - eyes.coded.at(-1) > 4000`)
	must(t, syscall.Kill(v.Controller.Pid(), syscall.SIGCONT))
	must(t, err)
	v.run(t, `window.hidden = [], window.watching = setInterval(() => {
		if (lookback.state === "live" && eyes.latency !== null && lookback.latency !== null) hidden.push(eyes.latency - lookback.latency * 1000);
	}, 100)`)
	v.until(t, `hidden.length > 30 && hidden.slice(-10).every((ms) => Math.abs(ms) < 300)`)
	v.run(t, `clearInterval(watching)`)
	// The first picture of those that waited is shown before it is known that others did.
	wrong := ask[int](t, v, `hidden.filter((ms) => ms > 1000).length`)
	t.Logf("for %d ms the page said live of a picture that was more than a second older than it said", 100*wrong)
	if wrong > 15 {
		t.Errorf("for %d ms the page said live of a picture that was more than a second older than it said: %v ms", 100*wrong, ask[[]float64](t, v, `hidden`))
	}
}

func (v *visit) testKillController(t *testing.T) {
	v.live(t)
	before := v.seen(t)
	v.Controller.Kill()
	v.until(t, `lookback.state === "unreachable" && document.getElementById("notice-title").textContent === "The controller is away"`)
	v.lookAll(t, "controller-away")
	moment := time.Now()
	must(t, v.Controller.Start())
	v.liveAfter(t, moment)
	v.rewind(t, before)
	v.press(t, "live")
	v.live(t)
}

// seen is an instant more than ten seconds ago that the page has shown with what is
// around it: the camera was away a moment ago, and stood still.
func (v *visit) seen(t *testing.T) time.Time {
	t.Helper()
	v.run(t, `window.wholeAt = () => {
		const around = [-2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5], now = Date.now();
		for (let at = now - 12000; at > now - 60000; at -= 500)
			if (around.every((s) => eyes.coded.some((coded) => Math.abs(coded - at - 1000 * s) < 250))) return at;
		return 0;
	}`)
	v.until(t, `wholeAt()`)
	return time.UnixMilli(ask[int64](t, v, `wholeAt()`))
}

func (v *visit) testRestartNginx(t *testing.T) {
	v.live(t)
	v.Nginx.Stop()
	v.until(t, `lookback.state === "unreachable" && document.getElementById("notice-title").textContent === "The server doesn’t answer"`)
	v.lookAll(t, "server-away")
	moment := time.Now()
	must(t, v.StartNginx(t.Context()))
	v.liveAfter(t, moment)
}
