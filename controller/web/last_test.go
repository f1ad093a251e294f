package web

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeaveLists: what nginx may answer with is what was answered last, and the next
// life takes it away.
func TestLeaveLists(t *testing.T) {
	root := t.TempDir()
	var o Options
	h := newHouse(t, func(all *Options) { all.PartsDir = root; o = *all })
	h.Handler.(*Handler).LeaveLists()
	if names := files(t, filepath.Join(root, "front")); len(names) > 0 {
		t.Fatalf("nothing is recorded, and yet there are %v", names)
	}
	h.cam.Run(0)
	h.cam.Parts(45)
	h.Handler.(*Handler).LeaveLists()
	h.cam.Parts(1)
	h.Handler.(*Handler).LeaveLists() // at the end
	if names := files(t, filepath.Join(root, "front")); !slices.Equal(names, []string{"live-0.m3u8"}) {
		t.Fatalf("left are %v", names)
	}
	path := filepath.Join(root, "front", "live-0.m3u8")
	left, err := os.ReadFile(path)
	if want := h.get(t, "/hls/front/live.m3u8?epoch=0").Body.String(); err != nil || string(left) != want {
		t.Errorf("left is %s, %v; want %s", left, err, want)
	}
	if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != 0o644 {
		t.Errorf("nginx can't read it: %v, %v", stat.Mode(), err)
	}
	New(o)
	if names := files(t, filepath.Join(root, "front")); len(names) > 0 {
		t.Errorf("in the next life there are %v", names)
	}
}

// TestFollowersWait: who follows a playlist is not refused while the archive is
// loaded; who has none yet is told so at once.
func TestFollowersWait(t *testing.T) {
	for name, loaded := range map[string]bool{"loaded": true, "not loaded": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t)
				if w := h.get(t, "/hls/front/live.m3u8"); w.Code != 503 {
					t.Errorf("no number: %d %s", w.Code, w.Body)
				}
				begun := time.Now() // the bubble's time
				answer := h.later(t.Context(), "/hls/front/live.m3u8?epoch=0")
				synctest.Wait()
				if loaded {
					h.cam.Run(0)
					h.cam.Parts(25)
				}
				w, took := <-answer, time.Since(begun)
				if loaded && (w.Code != 200 || took > 0) || !loaded && (w.Code != 503 || took != loading) {
					t.Errorf("%d after %v: %s", w.Code, took, w.Body)
				}
			})
		})
	}
}

// TestHandover: a promise that got its first segment while nobody served is told of
// at the start. The list before it is live a while yet, and tells who waits for its
// last segment that this is complete.
func TestHandover(t *testing.T) {
	for name, followed := range map[string]bool{"an earlier life left a playlist": true, "it was killed": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var o Options
				h := newHouse(t, func(all *Options) { all.PartsDir = t.TempDir(); o = *all })
				h.cam.Run(0)
				h.cam.Parts(45)
				if followed {
					h.Handler.(*Handler).LeaveLists()
				}
				h.cam.EndRun()
				h.cam.Promise(otherParts)
				h.cam.Run(1_000_000)
				h.cam.Parts(25)
				h.Handler = New(o)
				if got := ends(t, h.get(t, "/hls/front/live.m3u8?epoch=1")); got != "2 of 3 s to 4204 false" {
					t.Errorf("the new list: %s", got)
				}
				if followed {
					for _, waits := range []string{"", "&_HLS_msn=4202&_HLS_part=5"} {
						if got := ends(t, h.get(t, "/hls/front/live.m3u8?epoch=0"+waits)); got != "3 of 2 s to 4202 false" {
							t.Errorf("at once, %q: %s", waits, got)
						}
					}
					waits := h.later(t.Context(), "/hls/front/live.m3u8?epoch=0&_HLS_msn=4203&_HLS_part=0")
					time.Sleep(handover - time.Millisecond)
					h.cam.Parts(1)
					synctest.Wait()
					select {
					case w := <-waits:
						t.Errorf("too early: %s", ends(t, w))
					default:
					}
					time.Sleep(time.Millisecond)
					h.cam.Parts(1)
					if got := ends(t, <-waits); got != "3 of 2 s to 4202 true" {
						t.Errorf("who waits: %s", got)
					}
				}
				if got := ends(t, h.get(t, "/hls/front/live.m3u8?epoch=0")); got != "3 of 2 s to 4202 true" {
					t.Errorf("in the end: %s", got)
				}
			})
		})
	}
}
