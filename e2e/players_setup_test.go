package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"lookback/controller/playlist/conform"
	"lookback/e2e/rig"
)

// place is a camera's page and playlists, wherever they are served.
type place struct{ origin, camera string }

// get reads a path.
func (p place) get(path string) (body []byte, err error) {
	answer, err := http.Get(p.origin + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if body, err = io.ReadAll(answer.Body); err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", path, answer.Status, body)
	}
	return body, err
}

// promised is what the API says of the playlists; zero while it does not answer.
type promised struct {
	Epoch   int
	Part    float64 `json:"part_target_seconds"`
	Target  float64 `json:"target_duration_seconds"`
	Segment float64 `json:"segment_seconds"`
}

func (p place) promised() promised {
	var answer struct{ Live *promised }
	text, err := p.get("/api/cameras/" + p.camera)
	if err != nil || json.Unmarshal(text, &answer) != nil || answer.Live == nil {
		return promised{}
	}
	return *answer.Live
}

// lists are the live playlist and that of the window, by name.
func (p place) lists(t *testing.T) map[string]*conform.Parsed {
	t.Helper()
	all := map[string]*conform.Parsed{}
	for _, kind := range []string{"live", "window"} {
		text, err := p.get("/hls/" + p.camera + "/" + kind + ".m3u8")
		must(t, err)
		all[kind], err = conform.Parse(text)
		must(t, err)
	}
	return all
}

// segments are those of the window, each with its date.
func (p place) segments(t *testing.T) []conform.Segment {
	t.Helper()
	all := p.lists(t)["window"].Segments
	for i := range all {
		if all[i].Date == nil {
			date := all[i-1].Date.Add(time.Duration(all[i-1].Duration * float64(time.Second)))
			all[i].Date = &date
		}
	}
	return all
}

// conforming returns the lists after a change, once they and it conform.
func (p place) conforming(t *testing.T, what string, before map[string]*conform.Parsed) map[string]*conform.Parsed {
	t.Helper()
	after := p.lists(t)
	for kind, list := range after {
		if errs := append(conform.Check(nil, list), conform.Handover(before[kind], list)...); len(errs) > 0 {
			t.Errorf("%s: %s.m3u8: %v", what, kind, errs)
		}
	}
	return after
}

// runs counts the runs that have a complete segment; 0 while nobody answers.
func (p place) runs() (runs uint64) {
	text, err := p.get("/hls/" + p.camera + "/window.m3u8")
	if err != nil {
		return 0
	}
	list, err := conform.Parse(text)
	if err != nil {
		return 0
	}
	runs = list.DiscontinuitySequence
	for _, s := range list.Segments {
		if s.Discontinuity {
			runs++
		}
	}
	return runs
}

// hole is how long nothing was recorded before the newest run.
func (p place) hole(t *testing.T) time.Duration {
	t.Helper()
	all := p.segments(t)
	for i := len(all) - 1; i > 0; i-- {
		if all[i].Discontinuity {
			return all[i].Date.Sub(all[i-1].Date.Add(time.Duration(all[i-1].Duration * float64(time.Second))))
		}
	}
	t.Fatal("there is one run only")
	return 0
}

// stockHLS plays a camera with hls.js as it is when nothing is set.
const stockHLS = `(async () => {
	const {default: Hls, Events} = await import("/" + (await (await fetch("/")).text()).match(/v\/[0-9a-f]+\/vendor\/hls\.js/)[0]);
	const hls = new Hls();
	hls.on(Events.ERROR, (_, data) => data.fatal && fatal.push(data.details));
	hls.attachMedia(video);
	hls.loadSource(index);
})()`

// shaka plays a camera with Shaka Player as it is when nothing is set.
func shaka(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../viewer/node_modules/shaka-player/dist/shaka-player.compiled.js")
	must(t, err)
	return string(source) + `
;(async () => {
	const player = window.player = new shaka.Player();
	await player.attach(video);
	player.addEventListener("error", ({detail}) =>
		setTimeout(() => detail.severity === 2 && fatal.push([detail.code, ...detail.data.slice(0, 2)].join(" ")), 100)); // what it tries again, it says later
	await player.load(index).catch((error) => fatal.push(error.code + " " + (error.data ?? error.stack)));
})()`
}

// stockPlayers are the players that are not ours, all of which play a camera.
type stockPlayers struct {
	pages map[string]*rig.Page
	mpv   *exec.Cmd
	over  chan struct{} // closed when mpv has ended by itself
	close []func()
}

// browserPlayers are those that run in a browser, by name.
func browserPlayers(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"hls.js": stockHLS, "Shaka": shaka(t)}
}

// stock opens players in a browser, and mpv, as soon as one segment is complete.
func (p place) stock(t *testing.T, scripts map[string]string) *stockPlayers {
	t.Helper()
	s := &stockPlayers{pages: map[string]*rig.Page{}}
	browser, err := rig.OpenBrowser(t.Context())
	must(t, err)
	s.close = append(s.close, browser.Close)
	for name := range scripts {
		page, err := browser.NewPage(640, 360)
		must(t, err)
		s.pages[name] = page
		s.close = append(s.close, page.Close)
		must(t, page.Open(p.origin+"/healthz"))
		must(t, page.Until(soon, `document.readyState === "complete"`))
		_, err = rig.Eval[any](page, fmt.Sprintf(`window.fatal = []; window.index = "/hls/%s/index.m3u8";
			window.video = document.createElement("video");
			video.muted = video.autoplay = true; document.body.replaceChildren(video); null`, p.camera))
		must(t, err)
	}
	eventually(t, soon, "a complete segment", func() bool { return p.promised().Part > 0 && len(p.lists(t)["live"].Segments) > 0 })
	for name, page := range s.pages {
		_, err = rig.Eval[any](page, "(async () => {"+scripts[name]+";\n return null})()")
		must(t, err)
	}
	for name, page := range s.pages {
		if err := page.Until(soon, `video.currentTime > 0 && !video.paused && video.readyState >= 3`); err != nil {
			state, _ := rig.Eval[string](page, `JSON.stringify([fatal, video.currentTime, video.paused, video.readyState, window.player?.getBufferedInfo?.(), window.player?.seekRange?.(), window.player?.getStats?.()])`)
			t.Fatalf("%s does not play: %v, %v, %v", name, err, page.Errors(), state)
		}
	}
	s.openMPV(t, p)
	t.Cleanup(s.end)
	return s
}

func (s *stockPlayers) openMPV(t *testing.T, p place) {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	s.mpv = exec.CommandContext(ctx, "mpv", "--no-config", "--vo=null", "--ao=null", "--msg-level=all=warn,cplayer=info", p.origin+"/hls/"+p.camera+"/index.m3u8")
	out := &rig.Log{}
	s.mpv.Stdout, s.mpv.Stderr = out, out
	must(t, s.mpv.Start())
	s.over = make(chan struct{})
	go func() { defer close(s.over); s.mpv.Wait() }()
	s.close = append(s.close, func() {
		end()
		<-s.over
		if t.Failed() {
			t.Logf("mpv:\n%s", tail(out.String()))
		}
	})
	eventually(t, soon, "mpv plays", func() bool { return strings.Contains(out.String(), "VO:") })
}

// end closes them, the last first.
func (s *stockPlayers) end() {
	for ; len(s.close) > 0; s.close = s.close[:len(s.close)-1] {
		s.close[len(s.close)-1]()
	}
}

// ended waits until all have played everything, without a fatal error.
func (s *stockPlayers) ended(t *testing.T, what string) {
	t.Helper()
	for name, page := range s.pages {
		err := page.Until(soon, `video.ended || fatal.length`)
		fatal, evalErr := rig.Eval[[]string](page, `fatal`)
		if err != nil || evalErr != nil || len(fatal) > 0 {
			state, _ := rig.Eval[any](page, `[video.currentTime, video.duration, video.buffered.length && video.buffered.end(video.buffered.length - 1), video.paused, video.readyState]`)
			t.Errorf("%s: %s: %v, %v, fatal errors %v, is at %v", what, name, err, evalErr, fatal, state)
		}
	}
	select {
	case <-s.over:
		if code := s.mpv.ProcessState.ExitCode(); code != 0 {
			t.Errorf("%s: mpv ends with %d", what, code)
		}
	case <-time.After(soon):
		t.Errorf("%s: mpv does not end", what)
	}
}
