package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// TestEndedCamera: who was held gets a playlist with an end, history goes on to
// be served, and nothing is unready.
func TestEndedCamera(t *testing.T) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(130) // 4200 to 4205 complete, ten parts of 4206
	waiting := h.later(t.Context(), "/hls/front/live.m3u8?_HLS_msn=4206&_HLS_part=10")
	part := h.later(t.Context(), "/hls/front/0123456789abcdef/parts/4206.10.m4s")
	until(t, "both are held", func() bool { return held() == 2 })
	h.cam.End()
	(*h.cameras.Load())[0].ended = true
	if w := <-waiting; w.Code != http.StatusOK || !strings.HasSuffix(w.Body.String(), "#EXT-X-ENDLIST\n") {
		t.Errorf("who was held got %d %s", w.Code, w.Body)
	}
	if w := <-part; w.Code != http.StatusNotFound {
		t.Errorf("who waited for a part got %d", w.Code)
	}
	for _, target := range []string{"live.m3u8", "live.m3u8?_HLS_msn=4300&_HLS_part=3&_HLS_skip=YES", "window.m3u8",
		"window.m3u8?from=2026-11-22T10:59:52Z", "window.m3u8?from=2026-11-22T10:59:52Z&to=2026-11-22T10:59:56Z"} {
		if w := h.get(t, "/hls/front/"+target); w.Code != http.StatusOK || !strings.HasSuffix(w.Body.String(), "#EXT-X-ENDLIST\n") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if w := h.get(t, "/hls/front/index.m3u8"); w.Code != http.StatusOK {
		t.Errorf("index: %d", w.Code)
	}
	if w := h.get(t, "/api/cameras/front/timeline"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"spans":[{`) {
		t.Errorf("timeline: %d %s", w.Code, w.Body)
	}
	text := h.get(t, "/api/cameras").Body.String()
	for _, want := range []string{`"state":"ended"`, `"since":"2026-11-22T11:00:03.000Z"`, `"reason":null`, `"health":[]`, `"live":null`, `"forecast":null`, `"window":{"start":`, `"picture":{"at":`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if w := h.get(t, "/readyz"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"missing":[]`) {
		t.Errorf("readyz: %d %s", w.Code, w.Body)
	}
}

// TestCamerasComeAndGo: a camera is served from the moment that the directory has
// it; of one that is gone who was held is let go, and nothing stays.
func TestCamerasComeAndGo(t *testing.T) {
	parts := t.TempDir()
	h := newHouse(t, func(o *Options) { o.PartsDir = parts })
	h.cam.Run(0)
	h.cam.Parts(130)
	if w := h.get(t, "/hls/yard/live.m3u8"); w.Code != http.StatusNotFound {
		t.Errorf("a camera that is not there: %d", w.Code)
	}
	yard := func() *shown {
		c := life.Usual()
		c.Run(0)
		c.Parts(15)
		return newShown("yard", c, func() (spool.Status, error) { return spool.Status{}, nil })
	}
	front, gone := (*h.cameras.Load())[0], yard()
	h.show(front, gone)
	if w := h.get(t, "/hls/yard/live.m3u8"); w.Code != http.StatusOK {
		t.Errorf("a camera that came: %d %s", w.Code, w.Body)
	}
	folder := filepath.Join(parts, "yard")
	if _, err := os.Stat(folder); err != nil {
		t.Error(err)
	}
	waiting := h.later(t.Context(), "/hls/yard/live.m3u8?_HLS_msn=4200&_HLS_part=15")
	other := h.later(t.Context(), "/hls/front/live.m3u8?_HLS_msn=4206&_HLS_part=10")
	until(t, "both are held", func() bool { return held() == 2 })
	h.show(front)
	gone.forget()
	if w := <-waiting; w.Code != http.StatusNotFound || problemOf(t, w).Error.Code != "no-camera" {
		t.Errorf("who was held got %d %s", w.Code, w.Body)
	}
	until(t, "its folder is gone", func() bool { _, err := os.Stat(folder); return os.IsNotExist(err) })
	if w := h.get(t, "/api/cameras"); strings.Contains(w.Body.String(), "yard") {
		t.Errorf("the list has %s", w.Body)
	}
	h.cam.Parts(1)
	if w := <-other; w.Code != http.StatusOK {
		t.Errorf("who was held for another camera got %d", w.Code)
	}
	h.show(front, yard())
	if w := h.get(t, "/hls/yard/live.m3u8"); w.Code != http.StatusOK {
		t.Errorf("a camera that came back: %d %s", w.Code, w.Body)
	}
}
