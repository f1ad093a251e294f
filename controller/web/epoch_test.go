package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/playlist/conform"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

var otherParts = spool.Constants{PartTarget: 200_000, TargetDuration: 3_000_000, Independent: true}

// anew begins a run under other constants; nothing of it is there yet.
func (h *house) anew() {
	h.cam.EndRun()
	h.cam.Promise(otherParts)
	h.cam.Run(1_000_000)
}

func TestPlaylistsHaveANumber(t *testing.T) {
	h := newHouse(t)
	if w := h.get(t, "/api/cameras/front"); !strings.Contains(w.Body.String(), `"live":"hls/front/live.m3u8?epoch=0"`) {
		t.Errorf("before the first picture: %s", w.Body)
	}
	h.cam.Run(0)
	h.cam.Parts(130)
	for target, want := range map[string]string{
		"live.m3u8":                             "live.m3u8?epoch=0",
		"live.m3u8?a=b&x=y":                     "live.m3u8?epoch=0&a=b&x=y",
		"window.m3u8":                           "window.m3u8?epoch=0",
		"window.m3u8?from=2026-11-22T10:59:50Z": "window.m3u8?epoch=0&from=2026-11-22T10:59:50Z",
		"window.m3u8?from=2026-11-22T10:59:50Z&to=2027-01-01T00:00:00Z": "",
		"window.m3u8?from=2026-11-22T10:59:50Z&to=2026-11-22T12:00:00Z": "window.m3u8?epoch=0&from=2026-11-22T10:59:50Z&to=2026-11-22T12:00:00Z",
		"window.m3u8?from=2026-11-22T10:59:50Z&to=2026-11-22T10:59:55Z": "",
		"live.m3u8?_HLS_skip=YES": "",
		"live.m3u8?_HLS_msn=4205": "",
		"live.m3u8?epoch=0":       "",
	} {
		w := h.once(t.Context(), http.MethodGet, "/hls/front/"+target)
		if got := w.Header().Get("Location"); got != want || (w.Code == 302) != (want != "") || w.Header().Get("Cache-Control") != noStore {
			t.Errorf("%s: %d, sent to %q, want %q", target, w.Code, got, want)
		}
	}
	if w := h.get(t, "/hls/front/index.m3u8"); !strings.HasSuffix(w.Body.String(), "\nlive.m3u8?epoch=0\n") {
		t.Errorf("index: %s", w.Body)
	}
}

// ends tells what a playlist says after which segment, and whether it ended.
func ends(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	p, err := conform.Parse(w.Body.Bytes())
	if w.Code != 200 || err != nil {
		return fmt.Sprint(w.Code)
	}
	for _, err := range conform.Check(nil, p) {
		t.Error(err)
	}
	return fmt.Sprintf("%d of %d s to %d %v", len(p.Segments), p.TargetDuration, p.MediaSequence+uint64(len(p.Segments))-1, p.EndList)
}

// A new promise is told of with its first segment. Until then the old list
// stands still; then it ends, and ten minutes later it is gone.
func TestEpochChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.cam.Run(0)
		h.cam.Parts(130) // 4200 to 4205 complete, ten parts of 4206
		var held []<-chan *httptest.ResponseRecorder
		for _, target := range []string{"live.m3u8?epoch=0&_HLS_msn=4207", "window.m3u8?epoch=0&_HLS_msn=4207&_HLS_part=0", "live.m3u8?_HLS_msn=4207&_HLS_part=0",
			"window.m3u8?epoch=0&from=2026-11-22T10:59:50Z&_HLS_msn=4207"} {
			held = append(held, h.later(t.Context(), "/hls/front/"+target))
		}
		h.anew()
		h.cam.Parts(9) // of 4207; nobody is told
		for i, c := range held {
			if w := answered(c); w != nil {
				t.Fatalf("%d was answered with %d before the new promise had a segment:\n%s", i, w.Code, w.Body)
			}
		}
		standing := h.get(t, "/hls/front/live.m3u8")
		if got := ends(t, standing); got != "7 of 2 s to 4206 false" || strings.Contains(standing.Body.String(), "PART:DURATION=0.2") {
			t.Errorf("the old list does not stand still: %s", got)
		}
		if w := h.get(t, "/api/cameras/front"); !strings.Contains(w.Body.String(), "live.m3u8?epoch=0") || !strings.Contains(w.Body.String(), `"part_target_seconds":0.1`) {
			t.Errorf("the new promise is told of too early: %s", w.Body)
		}
		early := h.later(t.Context(), "/hls/front/live.m3u8?epoch=1")
		if w := answered(early); w != nil {
			t.Errorf("the new list before its first segment: %d %s", w.Code, w.Body)
		}
		h.cam.Parts(4) // 4207 is complete, three parts of 4208
		if w := answered(early); w == nil || ends(t, w) != "1 of 3 s to 4207 false" {
			t.Errorf("the new list did not come: %v", w)
		}
		if w := h.get(t, "/api/cameras/front"); !strings.Contains(w.Body.String(), "window.m3u8?epoch=1") || !strings.Contains(w.Body.String(), `"part_target_seconds":0.2,"target_duration_seconds":3,"segment_seconds":2,"epoch":1}`) {
			t.Errorf("the new promise is not told of: %s", w.Body)
		}
		time.Sleep(handover - time.Millisecond)
		h.cam.Parts(1)
		if got := ends(t, h.get(t, "/hls/front/live.m3u8?epoch=0&_HLS_msn=4206&_HLS_part=12")); got != "7 of 2 s to 4206 false" {
			t.Errorf("the old list for who waits for a part of its last segment: %s", got)
		}
		for i, c := range held {
			if w := answered(c); w != nil {
				t.Errorf("%d was answered too early: %s", i, ends(t, w))
			}
		}
		time.Sleep(time.Millisecond)
		h.cam.Parts(1)
		for i, c := range held {
			if w := answered(c); w == nil || ends(t, w) != "7 of 2 s to 4206 true" {
				t.Errorf("%d was not answered with the end: %v", i, w)
			}
		}
		h.follows(t)
	})
}

// follows tries all that can be asked for after the change.
func (h *house) follows(t *testing.T) {
	t.Helper()
	over := time.UnixMicro(life.Begin + 13_000_000 + 1_000_000 + 2_000_000) // when 4207 was complete
	soon, late := over.Add(epochLasts-time.Microsecond), over.Add(epochLasts)
	for _, x := range []struct{ target, soon, late string }{
		{"live.m3u8?epoch=0", "7 of 2 s to 4206 true", "410"},
		{"live.m3u8?epoch=0&_HLS_msn=4207&_HLS_part=3&_HLS_skip=YES", "7 of 2 s to 4206 true", "410"},
		{"live.m3u8?epoch=0&_HLS_msn=9999", "7 of 2 s to 4206 true", "410"},
		{"window.m3u8?epoch=0", "7 of 2 s to 4206 true", "410"},
		{"live.m3u8?_HLS_msn=4207&_HLS_part=0", "7 of 2 s to 4206 true", "410"},
		{"live.m3u8?_HLS_msn=4206", "7 of 2 s to 4206 true", "410"},
		{"live.m3u8?_HLS_msn=4208&_HLS_part=1", "1 of 3 s to 4207 false", "1 of 3 s to 4207 false"},
		{"live.m3u8", "1 of 3 s to 4207 false", "1 of 3 s to 4207 false"},
		{"window.m3u8", "8 of 3 s to 4207 false", "8 of 3 s to 4207 false"},
		{"window.m3u8?epoch=1", "8 of 3 s to 4207 false", "8 of 3 s to 4207 false"},
		{"window.m3u8?from=2026-11-22T10:59:50Z", "8 of 3 s to 4207 false", "8 of 3 s to 4207 false"},
		{"window.m3u8?epoch=0&from=2026-11-22T10:59:56Z", "4 of 2 s to 4206 true", "410"},
		{"window.m3u8?from=2026-11-22T10:59:50Z&to=2026-11-22T10:59:54Z", "2 of 2 s to 4201 true", "2 of 2 s to 4201 true"},
		{"window.m3u8?from=2026-11-22T11:00:02Z&to=2026-11-22T11:00:05Z", "2 of 3 s to 4207 true", "2 of 3 s to 4207 true"},
		{"window.m3u8?from=2026-11-22T11:00:02Z&to=2026-11-22T11:30:00Z&epoch=1", "2 of 3 s to 4207 false", "2 of 3 s to 4207 false"},
		{"live.m3u8?epoch=2", "400", "400"},
	} {
		h.now = soon
		if got := ends(t, h.get(t, "/hls/front/"+x.target)); got != x.soon {
			t.Errorf("%s: %s, want %s", x.target, got, x.soon)
		}
		h.now = late
		w := h.get(t, "/hls/front/"+x.target)
		if got := ends(t, w); got != x.late {
			t.Errorf("%s, ten minutes later: %s, want %s", x.target, got, x.late)
		}
		if w.Code == http.StatusGone && (problemOf(t, w).Error.Code != "epoch-ended" || w.Header().Get("Cache-Control") != noStore) {
			t.Errorf("%s: %v %s", x.target, w.Header(), w.Body)
		}
	}
	h.now = soon
	again := &house{cam: h.cam, now: soon} // the controller was restarted
	again.Handler = New(again.options(newShown("front", h.cam, func() (spool.Status, error) { return h.status, nil })))
	if got := ends(t, again.get(t, "/hls/front/live.m3u8?epoch=0")); got != "7 of 2 s to 4206 true" {
		t.Errorf("after a restart: %s", got)
	}
}

// Nothing is known of the numbers before those that the archive holds.
func TestEpochOfAnotherPast(t *testing.T) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(45)
	h.cam.EndRun()
	for range 3 {
		h.cam.Promise(otherParts) // of which nothing came but a number
	}
	h.cam.Run(1_000_000)
	h.cam.Parts(25)
	for _, number := range []int{1, 2} {
		if w := h.get(t, fmt.Sprintf("/hls/front/live.m3u8?epoch=%d", number)); w.Code != http.StatusGone || problemOf(t, w).Error.Code != "epoch-ended" {
			t.Errorf("number %d: %d %s", number, w.Code, w.Body)
		}
	}
	if got := ends(t, h.get(t, "/hls/front/live.m3u8?epoch=3")); got != "2 of 3 s to 4204 false" {
		t.Errorf("the newest: %s", got)
	}
}

// One part comes at the change for many viewers: each is sent the same text.
func TestScopesAreRenderedOnce(t *testing.T) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(45)
	h.anew()
	h.cam.Parts(25)
	c := &camera{Camera: newShown("front", h.cam, nil), files: &partFiles{}}
	v := c.view()
	old, _, _ := v.under(0, h.clock(), directives{})
	now, _, _ := v.under(1, h.clock(), directives{})
	if again, _, _ := v.under(0, h.clock(), directives{}); old == nil || old != again || now != &v.now || old == now {
		t.Errorf("old %p and %p, new %p of %p", old, again, now, &v.now)
	}
	if !old.snap.Over || now.snap.Over || now.snap != v.snap {
		t.Errorf("old over %v, new over %v", old.snap.Over, now.snap.Over)
	}
}
