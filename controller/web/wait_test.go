package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/playlist/conform"
)

// answered is the answer of a held request, nil while it is still held.
func answered(c <-chan *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	synctest.Wait()
	select {
	case w := <-c:
		return w
	default:
		return nil
	}
}

func TestBlockingReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.cam.Run(0)
		h.cam.Parts(130) // 4200 to 4205 complete, ten parts of 4206
		at := func(query string) <-chan *httptest.ResponseRecorder {
			return h.later(t.Context(), "/hls/front/live.m3u8?"+query)
		}
		for _, q := range []string{"", "_HLS_msn=0", "_HLS_msn=4205", "_HLS_msn=4205&_HLS_part=19", "_HLS_msn=4206&_HLS_part=9", "_HLS_msn=4204&_HLS_part=700", "_HLS_skip=v2&other=1&other=2"} {
			if w := answered(at(q)); w == nil || w.Code != 200 {
				t.Errorf("%q is not answered at once: %v", q, w)
			}
		}
		next, segment, beyond, after := at("_HLS_msn=4206&_HLS_part=10"), at("_HLS_msn=4206"), at("_HLS_msn=4206&_HLS_part=20"), at("_HLS_msn=4207")
		wrapped := at("_HLS_msn=4205&_HLS_part=20") // is part 0 of 4206, which is there
		if w := answered(wrapped); w == nil || w.Code != 200 {
			t.Error("a part beyond the last of a segment is not taken for the first of the next")
		}
		if answered(next) != nil {
			t.Fatal("the next part was not waited for")
		}
		h.cam.Parts(1)
		if w := answered(next); w == nil || !strings.Contains(w.Body.String(), "parts/4206.10.m4s\"\n") {
			t.Fatalf("the next part did not come: %v", w)
		}
		if answered(segment) != nil {
			t.Fatal("the segment was not waited for")
		}
		h.cam.Parts(9) // 4206 is complete
		if w := answered(segment); w == nil || !strings.Contains(w.Body.String(), "/000004206.m4s\n") {
			t.Fatalf("the segment did not come: %v", w)
		}
		if answered(beyond) != nil {
			t.Fatal("part 20 of 4206, which has only 20, was not taken for part 0 of 4207")
		}
		h.cam.Parts(1)
		if w := answered(beyond); w == nil || !strings.Contains(w.Body.String(), "parts/4207.0.m4s\",IND") {
			t.Fatalf("part 0 of 4207 did not come: %v", w)
		}
		h.cam.EndRun() // early
		if w := answered(after); w == nil || w.Code != 200 {
			t.Fatalf("the segment that ended early did not come: %v", w)
		}
	})
}

func TestHeldTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.cam.Run(0)
		h.cam.Parts(130)
		begun := time.Now()
		list, part := h.later(t.Context(), "/hls/front/window.m3u8?_HLS_msn=4207"), h.later(t.Context(), "/hls/front/0123456789abcdef/parts/4206.10.m4s")
		for _, c := range []<-chan *httptest.ResponseRecorder{list, part} {
			if w := <-c; w.Code != http.StatusServiceUnavailable || w.Header().Get("Cache-Control") != noStore || time.Since(begun) != 6*time.Second {
				t.Errorf("after %v: %d %v", time.Since(begun), w.Code, w.Header())
			}
		}
	})
}

// noted is what the metrics learn.
type noted struct {
	mu  sync.Mutex
	all []string
}

func (n *noted) Playlist(camera, variant string, status int, held time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, fmt.Sprint(camera, " ", variant, " ", status, " ", held))
}

// synctest fails the test when a goroutine is left at its end.
func TestClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var noted noted
		h := newHouse(t, func(o *Options) { o.Metrics = &noted })
		h.cam.Run(0)
		h.cam.Parts(130)
		ctx, leave := context.WithCancel(t.Context())
		var held []<-chan *httptest.ResponseRecorder
		for _, target := range []string{"live.m3u8?_HLS_msn=4207", "window.m3u8?_HLS_msn=4206&_HLS_part=12", "0123456789abcdef/parts/4207.0.m4s",
			"window.m3u8?from=2026-11-22T10:59:50Z&_HLS_msn=4207"} {
			held = append(held, h.later(ctx, "/hls/front/"+target))
		}
		for _, c := range held {
			if w := answered(c); w != nil {
				t.Errorf("not held: %d", w.Code)
			}
		}
		time.AfterFunc(time.Second, leave)
		begun := time.Now()
		for _, c := range held {
			if w := <-c; w.Code != http.StatusServiceUnavailable {
				t.Errorf("%d for a client that left", w.Code)
			}
		}
		if time.Since(begun) != time.Second {
			t.Error("requests outlived their clients")
		}
		slices.Sort(noted.all)
		if want := []string{"front live 499 1s", "front slice 499 1s", "front window 499 1s"}; !slices.Equal(noted.all, want) {
			t.Errorf("the metrics learnt %q", noted.all)
		}
	})
}

func TestParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.cam.Run(0)
		h.cam.Parts(30) // 4200 complete, ten parts of 4201
		get := func(msn uint64, n int) <-chan *httptest.ResponseRecorder {
			return h.later(t.Context(), fmt.Sprintf("/hls/front/0123456789abcdef/parts/%d.%d.m4s", msn, n))
		}
		whole := func(c <-chan *httptest.ResponseRecorder, msn uint64, n int) {
			t.Helper()
			w := answered(c)
			if w == nil || w.Code != 200 || !bytes.Equal(w.Body.Bytes(), h.cam.PartBytes(msn, n)) ||
				w.Header().Get("Content-Type") != "video/mp4" || w.Header().Get("Cache-Control") != immutable || w.Header().Get("Content-Length") != "1000" {
				t.Fatalf("part %d.%d: %v", msn, n, w)
			}
		}
		whole(get(4200, 7), 4200, 7)
		whole(get(4201, 9), 4201, 9)
		hinted, first := get(4201, 10), get(4202, 0)
		if answered(hinted) != nil || answered(first) != nil {
			t.Fatal("the hinted part was not held")
		}
		h.cam.Parts(1)
		whole(hinted, 4201, 10)
		impossible := get(4201, 11)
		if answered(impossible) != nil {
			t.Fatal("the hinted part was not held")
		}
		h.cam.EndRun()
		if w := answered(impossible); w == nil || w.Code != 404 || w.Header().Get("Cache-Control") != noStore {
			t.Fatalf("a part that can't come any more: %v", w)
		}
		if answered(first) != nil {
			t.Fatal("the first part of the next segment is still to come")
		}
		h.cam.Run(0)
		h.cam.Parts(1)
		whole(first, 4202, 0)
	})
}

func TestPartRangesAndHead(t *testing.T) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(3)
	w := h.get(t, "/hls/front/0123456789abcdef/parts/4200.2.m4s", "Range", "bytes=10-19")
	if w.Code != http.StatusPartialContent || w.Body.String() != string(h.cam.PartBytes(4200, 2)[10:20]) || w.Header().Get("Content-Range") != "bytes 10-19/1000" {
		t.Errorf("range: %d %v %q", w.Code, w.Header(), w.Body)
	}
	if w := h.ask(t.Context(), http.MethodHead, "/hls/front/0123456789abcdef/parts/4200.2.m4s"); w.Code != 200 || w.Header().Get("Content-Length") != "1000" || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d %v %q", w.Code, w.Header(), w.Body)
	}
}

// A viewer that follows the advice of the playlist over HTTP, with deltas and
// blocking reload, through a restart; then, where it has to, to the list of a new promise.
func TestViewerFollows(t *testing.T) {
	for _, list := range []string{"live.m3u8?", "window.m3u8?", "live.m3u8?epoch=0&", "window.m3u8?epoch=0&"} {
		t.Run(list, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { viewerFollows(t, list) }) })
	}
}

func viewerFollows(t *testing.T, list string) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(200)
	list = "/hls/front/" + list
	var has *conform.Parsed
	see := func(w *httptest.ResponseRecorder) {
		got, err := conform.Parse(w.Body.Bytes())
		if err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if got, err = conform.Merge(has, got); err != nil {
			t.Fatal(err)
		}
		for _, err := range conform.Check(has, got) {
			t.Error(err)
		}
		has = got
	}
	see(h.get(t, list))
	for n := 0; !has.EndList; n++ {
		q := fmt.Sprintf("_HLS_skip=YES&_HLS_msn=%d&_HLS_part=%d", has.MediaSequence+uint64(len(has.Segments)), len(has.Trailing.Parts))
		c := h.later(t.Context(), list+q)
		if answered(c) != nil {
			t.Fatalf("%s was answered before its part was there", q)
		}
		switch n {
		case 70:
			h.cam.Run(3_000_000)
		case 150:
			h.anew()
		}
		h.cam.Parts(1)
		w := answered(c)
		for ; w == nil && n >= 150; w = answered(c) { // the new promise goes on, and the old list stands
			h.cam.Parts(1)
			time.Sleep(100 * time.Millisecond)
		}
		see(w)
	}
	old := has
	has = nil
	see(h.get(t, strings.Replace(list, "epoch=0", "epoch=1", 1)))
	for _, err := range conform.Handover(old, has) {
		t.Error(err)
	}
}
