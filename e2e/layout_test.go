package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lookback/e2e/rig"
)

// looks: go test ./e2e -run Browser -looks FOLDER leaves pictures to look at.
var looks = flag.String("looks", "", "leave pictures of the page in every size and state there")

// outOfReach lists what can't be pressed: what is not on the screen whole, or lies under something else.
const outOfReach = `["timeline", "clock", "zone", "back", "play", "goto-open", "share", "live", "fullscreen"].filter((id) => {
	const e = document.getElementById(id), r = e.getBoundingClientRect();
	if (r.width < 1 || r.left < 0 || r.top < 0 || r.right > innerWidth + 0.5 || r.bottom > innerHeight + 0.5) return true;
	return !e.contains(document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2));
})`

// warned puts the longest warning below the picture, or takes it away; the page writes over it with its next answer.
const warned = `(({ hidden }) => {
	const health = document.getElementById("health");
	Object.assign(health, { hidden, textContent: "The picture is frozen. Even a still scene is never the same twice, since every sensor is noisy. Restart the camera; if it shows a drawing, set PICTURE_CHECKS=off for it." });
})`

// cut lists what is said beside the clock and not seen whole, with a clock of 12
// hours and in both languages. Nothing of it is true here, and the page writes over it at once.
const cut = `[
	["12:54:10 PM", "Wednesday, 30 September", "0.34 s behind the camera", "GMT+5:30"],
	["12:54:10 PM", "Wednesday, 30 September", "5 s behind: slow connection", "GMT+10"],
	["12:54:10 PM", "Wednesday, 30 September", "connection too slow: 1.6 of 4.1 Mbit/s", "GMT+1"],
	["22:54:10", "Donnerstag, 30. September", "Verbindung zu langsam: 1,6 von 4,1 Mbit/s", "MESZ"],
	["12:54:10 PM", "Wednesday, 30 September", "59 min 59 s ago, connection too slow: 1.6 of 4.1 Mbit/s", "GMT+1"],
	["22:54:10", "Donnerstag, 30. September", "vor 59 min 59 s, Verbindung zu langsam: 1,6 von 4,1 Mbit/s", "MESZ"],
	["22:54:10", "Donnerstag, 30. September", "3 s verspätet: andere Fenster laufen auch", "MESZ"],
].flatMap((texts) => {
	const parts = ["clock", "day", "distance", "zone"].map((id) => document.getElementById(id));
	texts.forEach((text, i) => (parts[i].textContent = text));
	const button = document.getElementById("when").getBoundingClientRect();
	return parts.slice(0, 3).filter((e) => {
		if (!e.checkVisibility()) return e.id !== "day"; // which the timeline tells as well
		const whole = document.createRange();
		whole.selectNodeContents(e);
		const r = whole.getBoundingClientRect();
		if (getComputedStyle(e.parentElement).position === "absolute") return r.left < 160 || r.right > innerWidth || r.height > 16; // above the track, beside the day
		return r.left < button.left - 0.5 || r.right > button.right + 0.5 || r.top < button.top - 1 || r.bottom > button.bottom + 1;
	}).map((e) => e.textContent);
})`

// TestBrowserLayout: a camera that stands on its side, and one that lies and has sound, on
// desktops, phones and at 200 %: everything that is pressed is on the screen, and what is said beside the clock is seen whole.
func TestBrowserLayout(t *testing.T) {
	const camera = "CAM_FRONT_"
	for name, settings := range map[string][]string{
		"landscape": {"CAMERAS=" + rig.CameraName + "=file://" + soundClip(t), camera + "AUDIO=on"},
		"portrait":  {camera + "ROTATE=90"},
	} {
		t.Run(name, func(t *testing.T) {
			v := startVisit(t, rig.Options{Size: "640x360", FPS: "10", Plain: true, Setting: settings})
			v.open(t)
			v.until(t, `lookback.state === "live" && document.getElementById("facts").textContent !== ""`)
			for _, size := range [][2]int64{{1440, 900}, {1280, 800}, {844, 390}, {720, 450}, {667, 375}, {640, 400}, {568, 320}, {390, 844}, {320, 568}} {
				v.do(t, chromedp.EmulateViewport(size[0], size[1]))
				v.until(t, `innerWidth === %d && innerHeight === %d`, size[0], size[1])
				if outside := ask[[]string](t, v, outOfReach); len(outside) > 0 {
					t.Errorf("at %dx%d out of reach: %v", size[0], size[1], outside)
				}
				if outside := ask[[]string](t, v, `(`+warned+`({ hidden: false }), `+outOfReach+`)`); size[0] < 680 && len(outside) > 0 {
					t.Errorf("at %dx%d and with a warning out of reach: %v", size[0], size[1], outside)
				}
				if size[1] == 568 {
					if below := ask[float64](t, v, `document.getElementById("health").getBoundingClientRect().bottom - innerHeight`); below > 0 && name == "landscape" {
						t.Errorf("at %dx%d %.0f pixels of a warning lie below the screen", size[0], size[1], below)
					}
				}
				v.run(t, warned+`({ hidden: true })`)
				if cut := ask[[]string](t, v, cut); len(cut) > 0 {
					t.Errorf("at %dx%d cut: %q", size[0], size[1], cut)
				}
				v.look(t, name, size)
			}
			if name == "landscape" {
				v.testSound(t)
				v.testAccessible(t)
			}
			v.testFullscreen(t)
		})
	}
}

// testAccessible: what one can open, and a picture that stands.
func (v *visit) testAccessible(t *testing.T) {
	v.accessible(t, "live")
	v.run(t, `document.getElementById("goto-open").click(), document.getElementById("goto-time").value = "never", document.getElementById("goto").requestSubmit(), document.getElementById("details").open = true`)
	v.until(t, `document.getElementById("goto-hint").checkVisibility() && document.getElementById("details-list").checkVisibility()`)
	v.accessible(t, "details, and a time that is none")
	v.do(t, chromedp.KeyEvent(kb.Escape))
	v.press(t, "play")
	v.until(t, `lookback.state === "paused" && document.getElementById("goto").hidden`)
	v.accessible(t, "paused")
	v.press(t, "live")
	v.until(t, `lookback.state === "live"`)
}

// testFullscreen: whatever was pressed to get there, the controls leave.
func (v *visit) testFullscreen(t *testing.T) {
	v.do(t, chromedp.EmulateViewport(1280, 800))
	v.press(t, "fullscreen")
	v.until(t, `document.fullscreenElement !== null`)
	v.until(t, `document.body.classList.contains("idle") && getComputedStyle(document.querySelector("footer")).opacity === "0"`)
	v.press(t, "play") // comes back, and leaves again though it has the focus
	v.until(t, `document.activeElement.id === "play" && lookback.state === "paused"`)
	v.until(t, `getComputedStyle(document.querySelector("footer")).opacity === "0"`)
	v.run(t, `document.exitFullscreen()`)
	v.until(t, `document.fullscreenElement === null`)
}

// lookAll leaves pictures of what the page shows now, on a desktop and on a phone.
func (v *visit) lookAll(t *testing.T, name string) {
	t.Helper()
	if *looks == "" {
		return
	}
	for _, size := range [][2]int64{{390, 844}, {1280, 800}} {
		v.do(t, chromedp.EmulateViewport(size[0], size[1]))
		v.until(t, `innerWidth === %d && innerHeight === %d`, size[0], size[1])
		v.look(t, name, size)
	}
}

// look leaves pictures of the page, in both colours.
func (v *visit) look(t *testing.T, name string, size [2]int64) {
	t.Helper()
	if *looks == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		v.scheme(t, scheme)
		png, err := chromedp.Run(v.page.Context, chromedp.CaptureScreenshot())
		must(t, err)
		must(t, os.WriteFile(filepath.Join(*looks, fmt.Sprintf("%s-%s-%dx%d.png", name, scheme, size[0], size[1])), png, 0o644))
	}
}
