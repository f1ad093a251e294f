package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"lookback/controller/playlist/conform"
	"lookback/e2e/rig"
)

// wishes are what PART and SEGMENT become, one after the other.
var wishes = []string{"PART=200ms", "CAM_FRONT_SEGMENT=1s", "CAM_FRONT_PART=100ms", "CAM_FRONT_SEGMENT=2s"}

// goesOn is within what time of the first complete segment of another promise the
// page has to show a picture of it.
const goesOn = 3 * time.Second

// TestBrowserPromise: PART and SEGMENT change between two starts of the controller
// while pages look. Ours goes on by itself, each time; other players end without a
// fatal error and play on when they are opened again.
func TestBrowserPromise(t *testing.T) {
	v := newVisit(t)
	v.live(t)
	stock := []*visit{v.stock(t, "hls.js", stockHLS), v.stock(t, "Shaka", shaka(t))}
	mpv, over := v.mpv(t)
	number, lists := v.promised(t).Live.Epoch, v.lists(t)
	for i, wish := range wishes {
		changed := v.change(t, wish, number+i+1)
		next := v.lists(t)
		for kind, list := range next {
			if errs := append(conform.Check(nil, list), conform.Handover(lists[kind], list)...); len(errs) > 0 {
				t.Errorf("%s: %s.m3u8: %v", wish, kind, errs)
			}
		}
		lists = next
		if i > 0 {
			continue
		}
		v.playOver(t, changed)
		for _, s := range stock {
			s.ended(t)
		}
		select {
		case <-over:
			if code := mpv.ProcessState.ExitCode(); code != 0 {
				t.Errorf("mpv ends with %d", code)
			}
		case <-time.After(soon):
			t.Error("mpv does not end")
		}
	}
	for name, player := range map[string]string{"hls.js": stockHLS, "Shaka": shaka(t)} {
		v.stock(t, name+", opened again,", player)
	}
	check := exec.CommandContext(t.Context(), v.Controller.Path, "check")
	check.Env = v.Controller.Env
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("controller check: %v\n%s", err, out)
	}
	for _, e := range v.page.Errors() {
		t.Errorf("in the page: %s", e)
	}
}

// promised is what the API says of the playlists.
func (v *visit) promised(t *testing.T) (camera struct {
	Live struct {
		Epoch int
		Part  float64 `json:"part_target_seconds"`
	}
	Video *struct{}
}) {
	t.Helper()
	text, err := v.Get("/api/cameras/" + rig.CameraName)
	if err == nil {
		must(t, json.Unmarshal([]byte(text), &camera))
	}
	return camera
}

// lists are the live playlist and that of the window, by name.
func (v *visit) lists(t *testing.T) map[string]*conform.Parsed {
	t.Helper()
	all := map[string]*conform.Parsed{}
	for _, kind := range []string{"live", "window"} {
		text, err := v.Get("/hls/" + rig.CameraName + "/" + kind + ".m3u8")
		must(t, err)
		all[kind], err = conform.Parse([]byte(text))
		must(t, err)
	}
	return all
}

// playOver plays history from before a change to behind it.
func (v *visit) playOver(t *testing.T, change int64) {
	t.Helper()
	v.run(t, `lookback.seekTo(%d)`, change-2000)
	v.until(t, `lookback.state === "rewound" && lookback.position < %d`, change)
	v.until(t, `lookback.state === "rewound" && lookback.position > %d`, change+2000)
	v.run(t, `lookback.goLive()`)
	v.live(t)
}

// change starts the controller anew with another setting, and tells how long after
// the first complete segment of its promise the page shows a picture of that. It
// returns when the controller was stopped, in ms since 1970.
func (v *visit) change(t *testing.T, wish string, number int) (stopped int64) {
	t.Helper()
	v.live(t)
	v.run(t, `states.length = 0`)
	v.Controller.Stop()
	stopped = time.Now().UnixMilli()
	v.Controller.Env = append(v.Controller.Env, wish)
	must(t, v.Controller.Start())
	eventually(t, soon, "another promise has a complete segment", func() bool { return v.promised(t).Live.Epoch == number })
	complete := time.Now()
	v.until(t, `eyes.first({after: %d, from: %d})`, stopped, stopped)
	first := ask[struct{ At, Coded float64 }](t, v, fmt.Sprintf(`eyes.first({after: %d, from: %d})`, stopped, stopped))
	took := time.UnixMilli(int64(first.At)).Sub(complete)
	t.Logf("%s: the page goes on %v after the first complete segment, which is there %.2f s after the stop; its picture was taken %.2f s after that",
		wish, took.Round(time.Millisecond), complete.Sub(time.UnixMilli(stopped)).Seconds(), (first.Coded-float64(stopped))/1000)
	if took > goesOn {
		t.Errorf("%s: the page goes on after %v, want %v", wish, took, goesOn)
	}
	v.live(t)
	if !ask[bool](t, v, `"states" in window`) {
		t.Fatal("the page was loaded again")
	}
	if wrong := ask[[]string](t, v, `states.filter((state) => state === "ended" || state === "error" || state === "paused")`); len(wrong) > 0 {
		t.Errorf("%s: the page said %v", wish, ask[[]string](t, v, `states`))
	}
	return stopped
}

// stockHLS plays the camera with hls.js as it is when nothing is set.
const stockHLS = `(async () => {
	const {default: Hls, Events} = await import("/" + (await (await fetch("/")).text()).match(/v\/[0-9a-f]+\/vendor\/hls\.js/)[0]);
	const hls = new Hls();
	hls.on(Events.ERROR, (_, data) => data.fatal && fatal.push(data.details));
	hls.attachMedia(video);
	hls.loadSource("/hls/front/index.m3u8");
})()`

// shaka plays the camera with Shaka Player as it is when nothing is set.
func shaka(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../viewer/node_modules/shaka-player/dist/shaka-player.compiled.js")
	must(t, err)
	return string(source) + `
;(async () => {
	const player = new shaka.Player();
	await player.attach(video);
	player.addEventListener("error", ({detail}) =>
		setTimeout(() => detail.severity === 2 && fatal.push([detail.code, ...detail.data.slice(0, 2)].join(" ")), 100)); // what it tries again, it says later
	await player.load("/hls/front/index.m3u8").catch((error) => fatal.push(error.code + " " + (error.data ?? error.stack)));
})()`
}

// stock is a page with nothing but a player that is not ours; it plays. It is opened
// when three segments are complete: Shaka 5.2.12 asks for a segment without a URI
// where only one is.
func (v *visit) stock(t *testing.T, name, script string) *visit {
	t.Helper()
	eventually(t, soon, "three complete segments", func() bool { return len(v.lists(t)["live"].Segments) >= 3 })
	browser, err := rig.OpenBrowser(t.Context())
	must(t, err)
	t.Cleanup(browser.Close)
	page, err := browser.NewPage(640, 360)
	must(t, err)
	t.Cleanup(page.Close)
	s := &visit{v.Stack, page}
	must(t, page.Open(v.Origin+"/healthz"))
	must(t, page.Until(soon, `document.readyState === "complete"`))
	s.run(t, `window.name = %q; window.fatal = [];
		window.video = document.createElement("video");
		video.muted = true; video.addEventListener("canplay", () => video.play(), {once: true}); document.body.replaceChildren(video); null`, name)
	_, err = rig.Eval[any](page, "(async () => {"+script+";\n return null})()")
	must(t, err)
	if err := page.Until(soon, `video.currentTime > 0 && !video.paused && video.readyState >= 3`); err != nil {
		t.Fatalf("%s does not play: %v, %v, %v", name, err, page.Errors(), ask[any](t, s, `[fatal, video.currentTime, video.paused, video.readyState]`))
	}
	return s
}

// ended waits until the player has played everything, without a fatal error.
func (v *visit) ended(t *testing.T) {
	t.Helper()
	name := ask[string](t, v, `name`)
	err := v.page.Until(soon, `video.ended || fatal.length`)
	if fatal := ask[[]string](t, v, `fatal`); err != nil || len(fatal) > 0 {
		t.Errorf("%s: %v, fatal errors %v", name, err, fatal)
		return
	}
	t.Logf("%s has ended after %.1f s of video", name, ask[float64](t, v, `video.currentTime`))
}

// mpv plays the camera; over is closed when it has ended by itself.
func (v *visit) mpv(t *testing.T) (cmd *exec.Cmd, over chan struct{}) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	cmd = exec.CommandContext(ctx, "mpv", "--no-config", "--vo=null", "--ao=null", "--msg-level=all=warn,cplayer=info", v.Origin+"/hls/front/index.m3u8")
	out := &rig.Log{}
	cmd.Stdout, cmd.Stderr = out, out
	must(t, cmd.Start())
	over = make(chan struct{})
	go func() { defer close(over); cmd.Wait() }()
	t.Cleanup(func() {
		end()
		<-over
		if t.Failed() {
			t.Logf("mpv:\n%s", tail(out.String()))
		}
	})
	eventually(t, soon, "mpv plays", func() bool { return strings.Contains(out.String(), "VO:") })
	return cmd, over
}
