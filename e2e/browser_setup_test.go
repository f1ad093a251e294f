package e2e

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lookback/e2e/rig"
)

// screenshots: go test ./e2e -run BrowserScreenshots -screenshots, on a
// machine that is quiet enough for the page to be within 0.6 s of the camera.
var screenshots = flag.Bool("screenshots", false, "make docs/screenshot.png and docs/screenshot-light.png anew")

// soon is how long the page may take for anything on a busy machine.
const soon = 40 * time.Second

// visit is a page that looks at a real stack through a real nginx.
type visit struct {
	*rig.Stack
	page *rig.Page
}

// newVisit starts everything and opens the page.
func newVisit(t *testing.T) *visit {
	t.Helper()
	v := startVisit(t, rig.Options{Size: "640x360"}) // leaves the machine to the rest
	v.open(t)
	v.run(t, notes)
	return v
}

// startVisit starts everything, with a page that is still empty.
func startVisit(t *testing.T, o rig.Options) *visit {
	t.Helper()
	o.Root, o.Dir = cmp.Or(o.Root, ".."), t.TempDir()
	stack, err := rig.New(t.Context(), o)
	must(t, err)
	t.Cleanup(func() {
		stack.Close()
		if t.Failed() {
			t.Logf("controller:\n%s\nnginx:\n%s", tail(stack.Controller.Log()), tail(stack.Nginx.Log()))
		}
	})
	must(t, stack.Start(t.Context()))
	return &visit{stack, newPage(t, 1280, 800)}
}

// newPage is an empty page of so many pixels, in a browser of its own.
func newPage(t *testing.T, width, height int64) *rig.Page {
	t.Helper()
	browser, err := rig.OpenBrowser(t.Context())
	must(t, err)
	t.Cleanup(browser.Close)
	page, err := browser.NewPage(width, height)
	must(t, err)
	t.Cleanup(page.Close)
	return page
}

func (v *visit) open(t *testing.T) {
	t.Helper()
	must(t, v.page.Open(v.Origin))
	v.until(t, `document.readyState === "complete"`)
}

func tail(log string) string { return log[max(0, len(log)-3000):] }

// until waits until an expression is true in the page.
func (v *visit) until(t *testing.T, format string, args ...any) {
	t.Helper()
	if err := v.page.Until(soon, fmt.Sprintf(format, args...)); err != nil {
		t.Fatalf("%v\nthe page: %s", err, v.describe())
	}
}

// describe is what the page thinks.
func (v *visit) describe() string {
	state, err := rig.Eval[json.RawMessage](v.page, `({
		state: lookback.state, states: window.states, latency: lookback.latency, seen: eyes.latency, last: eyes.last, position: lookback.position,
		now: Date.now(), stalls: lookback.stalls, rebuilds: lookback.rebuilds, lastError: lookback.lastError,
		notice: document.getElementById("notice").innerText})`)
	if err != nil {
		return err.Error()
	}
	return string(state)
}

// run evaluates an expression whose value says nothing.
func (v *visit) run(t *testing.T, format string, args ...any) {
	t.Helper()
	_, err := rig.Eval[chromedp.Void](v.page, fmt.Sprintf(format, args...))
	must(t, err)
}

// ask evaluates an expression.
func ask[T any](t *testing.T, v *visit, expression string) T {
	t.Helper()
	value, err := rig.Eval[T](v.page, expression)
	must(t, err)
	return value
}

func (v *visit) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	must(t, v.page.Do(actions...))
}

// atEdge: the page is where the camera is, and the picture says so too. On a machine
// that is too busy it is up to two seconds behind, or more and says so, or it plays
// whole segments and says that. The last frame counts too: the others of the last
// second may be of before the page went elsewhere and back.
const atEdge = `eyes.latency !== null && eyes.at.at(-1) - eyes.coded.at(-1) < eyes.latency + 1000 && (lookback.state === "live"
	? eyes.latency < (lookback.slow ? 9000 : 3500)
	: lookback.state === "behind" && eyes.latency > 1500 && eyes.latency < 4500)`

// live waits until the page is at the edge.
func (v *visit) live(t *testing.T) {
	t.Helper()
	v.until(t, atEdge)
}

// liveAfter waits for a picture that was taken and shown after an instant, and
// for the page to say that it is live, without having been loaded again.
func (v *visit) liveAfter(t *testing.T, moment time.Time) {
	t.Helper()
	ms := moment.UnixMilli()
	v.until(t, `eyes.first({after: %d, from: %d})`, ms, ms)
	first := ask[float64](t, v, fmt.Sprintf(`eyes.first({after: %d, from: %d}).at`, ms, ms))
	v.live(t)
	t.Logf("a new picture after %.2f s", (first-float64(ms))/1000)
	if !ask[bool](t, v, `"states" in window`) {
		t.Error("the page was loaded again")
	}
}

// press presses a button of the page.
func (v *visit) press(t *testing.T, id string) {
	t.Helper()
	v.do(t, chromedp.Click(chromedp.CSS("#"+id)))
}

// window waits until one can look back so far, in seconds.
func (v *visit) window(t *testing.T, seconds float64) {
	t.Helper()
	eventually(t, soon+time.Duration(seconds*float64(time.Second)), fmt.Sprintf("%v s of history", seconds), func() bool {
		return v.history(t).Window.Seconds >= seconds
	})
}

// history is what the API says of it.
func (v *visit) history(t *testing.T) (camera struct {
	State  string
	Window struct {
		Seconds      float64
		BytesPerHour float64 `json:"bytes_per_hour"`
	}
	Live struct{ Edge time.Time }
}) {
	t.Helper()
	text, err := v.Get("/api/cameras/" + rig.CameraName)
	must(t, err)
	must(t, json.Unmarshal([]byte(text), &camera))
	return camera
}

// shoot takes a picture of the page, with few enough colours to be small.
func (v *visit) shoot(t *testing.T, name string) {
	t.Helper()
	png, err := chromedp.Run(v.page.Context, chromedp.CaptureScreenshot())
	must(t, err)
	whole := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(whole, png, 0o644))
	out, err := exec.Command("ffmpeg", "-loglevel", "error", "-y", "-i", whole, "-compression_level", "100", "-vf",
		"split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=bayer:bayer_scale=5", filepath.Join("..", "docs", name)).CombinedOutput()
	if err != nil {
		t.Errorf("ffmpeg: %v: %s", err, out)
	}
}
