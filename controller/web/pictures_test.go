package web

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/archive"
	"lookback/controller/fabricate"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// recorded is a handler over half a minute of real video.
func recorded(t testing.TB, size string) (*house, *archive.Archive) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	dir, end := t.TempDir(), time.Date(2026, 11, 22, 12, 0, 30, 0, time.UTC)
	err := fabricate.Make(t.Context(), fabricate.Options{MediaDir: dir, Cameras: []string{"front"}, End: end, Length: 30 * time.Second,
		Segment: 2 * time.Second, Part: 500 * time.Millisecond, FPS: 4, Size: size, Runs: 1, Lost: 1, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Load(context.Background(), archive.Options{MediaDir: dir, Camera: "front", Window: time.Hour, Witness: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{now: end}
	front := newShown("front", a, func() (spool.Status, error) { return spool.Status{State: spool.Recording, At: end}, nil })
	front.title = "Front door"
	h.Handler = New(h.options(front))
	return h, a
}

func pictureOf(t *testing.T, h *house, target string) (title string, picture *struct {
	At  time.Time
	URL string
}) {
	t.Helper()
	var list struct {
		Cameras []struct {
			Title   string
			Picture *struct {
				At  time.Time
				URL string
			}
		}
	}
	if err := json.Unmarshal(h.get(t, target).Body.Bytes(), &list); err != nil || len(list.Cameras) != 1 {
		t.Fatal(list, err)
	}
	return list.Cameras[0].Title, list.Cameras[0].Picture
}

// TestPictures: the API names a still of each camera, the newest one or that of
// an instant, and each is a whole MP4 with one picture.
func TestPictures(t *testing.T) {
	h, _ := recorded(t, "128x72")
	for target, at := range map[string]string{"/api/cameras": "12:00:28", "/api/cameras?at=2026-11-22T12:00:04.9Z": "12:00:04"} {
		title, p := pictureOf(t, h, target)
		if title != "Front door" || p == nil || p.At.Format(time.TimeOnly) != at {
			t.Fatalf("%s: %q %+v, want a picture of %s", target, title, p, at)
		}
		w := h.get(t, "/"+p.URL)
		if w.Code != 200 || w.Header().Get("Content-Type") != "video/mp4" || w.Header().Get("Cache-Control") != immutable {
			t.Errorf("%s: %d %v", p.URL, w.Code, w.Header())
		}
		if got := w.Header().Get("Lookback-Time"); got != "2026-11-22T"+at+".000Z" {
			t.Errorf("%s says it is of %q, want %s", p.URL, got, at)
		}
		file := filepath.Join(t.TempDir(), "still.mp4")
		if err := os.WriteFile(file, w.Body.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "frame=pict_type,width", "-of", "csv=p=0", file).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "128,I" {
			t.Errorf("ffprobe: %v, %q", err, out)
		}
	}
	if _, p := pictureOf(t, h, "/api/cameras?at=2026-11-22T13:00:00Z"); p != nil {
		t.Errorf("a picture of an instant at which nothing was recorded: %+v", p)
	}
	if w := h.get(t, "/api/cameras?at=noon"); w.Code != 400 || problemOf(t, w).Error.Parameter != "at" {
		t.Errorf("at=noon: %d %s", w.Code, w.Body)
	}
}

func TestPicturesThatAreNot(t *testing.T) {
	h, a := recorded(t, "128x72")
	s := a.Snapshot()
	gap := uint64(0)
	for i, seg := range s.Segments {
		if seg.Flags&archive.Gap != 0 {
			gap = s.First + uint64(i)
		}
	}
	for _, name := range []string{"999.mp4", "-1.mp4", "01.mp4", "1.m4s", "1", "1.0.mp4", utoa(gap) + ".mp4"} {
		if w := h.get(t, "/hls/front/"+a.Snapshot().Identity+"/pictures/"+name); w.Code != 404 || w.Header().Get("Cache-Control") != noStore || problemOf(t, w).Error.Code != "no-picture" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	f, err := a.OpenMedia(s.First)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.WriteFile(f.Name(), bytes.Repeat([]byte("no video"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := h.get(t, "/hls/front/"+s.Identity+"/pictures/"+utoa(s.First)+".mp4"); w.Code != 500 || w.Header().Get("Cache-Control") != noStore {
		t.Errorf("a damaged segment: %d %s", w.Code, w.Body)
	}
}

// filmed is a camera without one, each of whose segments has the same picture.
type filmed struct {
	*life.Simulation
	picture *archive.Archive
}

func (f filmed) OpenMedia(uint64) (*os.File, error) {
	return f.picture.OpenMedia(f.picture.Snapshot().First)
}

func (f filmed) OpenInit(uint64) (*os.File, error) {
	s := f.picture.Snapshot()
	return f.picture.OpenInit(s.Runs[0].FirstMSN)
}

// TestNextPictureIsHeld: who shows one key frame after the other asks for the next
// one at once, and has it as soon as it is there.
func TestNextPictureIsHeld(t *testing.T) {
	_, a := recorded(t, "128x72")
	synctest.Test(t, func(t *testing.T) {
		cam := filmed{life.Usual(), a}
		h := &house{cam: cam.Simulation}
		h.Handler = New(h.options(newShown("front", cam, func() (spool.Status, error) { return spool.Status{State: spool.Recording}, nil })))
		cam.Run(0)
		cam.Parts(30) // 4200 complete, ten parts of 4201
		get := func(msn uint64) <-chan *httptest.ResponseRecorder {
			return h.later(t.Context(), "/"+pictureURL("front", life.Identity, msn))
		}
		shows := func(c <-chan *httptest.ResponseRecorder, at int64) {
			t.Helper()
			if w := answered(c); w == nil || w.Code != 200 || w.Header().Get("Lookback-Time") != micros(life.Begin+at).String() {
				t.Fatalf("of %d µs: %v", at, w)
			}
		}
		shows(get(4201), 2_000_000)
		if w := answered(get(4203)); w == nil || w.Code != 404 {
			t.Fatalf("one that is far away: %v", w)
		}
		next := get(4202)
		cam.Parts(10) // 4201 is complete, 4202 has no part
		again := get(4202)
		if answered(next) != nil || answered(again) != nil {
			t.Fatal("the next picture was not held")
		}
		cam.Parts(1)
		shows(next, 4_000_000)
		shows(again, 4_000_000)
		late := get(4203)
		time.Sleep(6 * time.Second)
		if w := answered(late); w == nil || w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Fatalf("one that did not come: %v", w)
		}
		cam.EndRun()
		never := get(4203)
		if answered(never) != nil {
			t.Fatal("the picture that the next run begins with was not held")
		}
		cam.End()
		if w := answered(never); w == nil || w.Code != 404 {
			t.Fatalf("one that can't come any more: %v", w)
		}
	})
}

// BenchmarkPicture is what a still costs here: reading an init section and the
// head and the key frame of a segment, no decoder.
func BenchmarkPicture(b *testing.B) {
	h, a := recorded(b, "1280x720")
	target := "/" + pictureURL("front", a.Snapshot().Identity, a.Snapshot().First)
	size := 0
	for b.Loop() {
		w := h.ask(b.Context(), http.MethodGet, target)
		size = w.Body.Len()
	}
	b.ReportMetric(float64(size), "bytes")
}

// BenchmarkSixteenCameras is the list that an overview of sixteen asks for.
func BenchmarkSixteenCameras(b *testing.B) {
	_, a := recorded(b, "128x72")
	status := func() (spool.Status, error) { return spool.Status{State: spool.Recording}, nil }
	var all []*shown
	for i := range 16 {
		all = append(all, newShown("camera-"+strconv.Itoa(i), a, status))
	}
	h := &house{now: time.Now()}
	h.Handler = New(h.options(all...))
	size := 0
	for b.Loop() {
		size = h.ask(b.Context(), http.MethodGet, "/api/cameras").Body.Len()
	}
	b.ReportMetric(float64(size), "bytes")
}
