package recorder

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// newTestWriter writes a run of 25 fps at 90 kHz whose segments are 2 s.
func newTestWriter(t *testing.T, frames int, independent bool) *writer {
	t.Helper()
	run := spool.Run{ID: "20260101T000000.000000Z", Epoch: 1_000_000, Segment: 2_000_000, TrackID: 1, Timescale: hz, FrameRate: 25,
		Constants: spool.Constants{PartTarget: 138_000, TargetDuration: 3_000_000, Independent: independent}}
	w, err := newWriter(t.TempDir(), run, []byte("init"), frames, openSegment)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.lock.Close() })
	return w
}

// feed sends frames with a key frame every gop, and besides; it stops at the first error.
func (w *writer) feed(frames, gop int, besides ...int) (written int, err error) {
	for i := range frames {
		if err := w.add(picture{raw: []byte("fragment"), sync: i%gop == 0 || slices.Contains(besides, i), decode: uint64(i * tickOf25), duration: tickOf25}); err != nil {
			return i, err
		}
	}
	return frames, nil
}

// counts are the frames of each segment file.
func counts(t *testing.T, w *writer) (n []int) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(w.dir, "[0-9]*.m4s"))
	for _, f := range files {
		st, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		n = append(n, int(st.Size())/(fmp4.PRFTSize+len("fragment")))
	}
	return n
}

func TestWriterCuts(t *testing.T) {
	for name, c := range map[string]struct {
		frames, gop, sent int
		also              int // a key frame besides, 0: none
		soon              bool
		independent       bool
		want              []int
		err               error
		written           int
	}{
		"encoded: complete at once":                  {frames: 50, gop: 50, sent: 100, independent: true, want: []int{50, 50, 0}, written: 100},
		"encoded: key frame missing":                 {frames: 50, gop: 60, sent: 100, independent: true, want: []int{50, 0}, err: errKeyFrame, written: 50},
		"copied: first key frame at or after 2 s":    {gop: 20, sent: 130, independent: true, want: []int{60, 60, 10}, written: 130},
		"copied: key frames a little early":          {gop: 48, sent: 130, independent: true, want: []int{48, 48, 34}, written: 130},
		"copied: the next key frame comes too late":  {gop: 45, sent: 130, independent: true, want: []int{45, 45, 40}, written: 130},
		"copied: too long is cut":                    {gop: 250, sent: 100, want: []int{75, 25}, written: 100},
		"copied: too long, independent was promised": {gop: 250, sent: 100, independent: true, want: []int{75, 25}, written: 100},
		"copied: another promise ends soon":          {gop: 20, sent: 130, soon: true, want: []int{20, 60, 50}, written: 130},
		"encoded: another promise ends soon":         {frames: 50, gop: 50, also: 25, sent: 100, soon: true, want: []int{25, 25, 50, 0}, written: 100},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTestWriter(t, c.frames, c.independent)
			w.soon = c.soon
			written, err := w.feed(c.sent, c.gop, c.also)
			if !errors.Is(err, c.err) || written != c.written {
				t.Errorf("%d written, %v", written, err)
			}
			got := counts(t, w)
			if len(got) != len(c.want) {
				t.Fatalf("segments %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Fatalf("segments %v, want %v", got, c.want)
				}
			}
		})
	}
}

func TestWriterEndsARun(t *testing.T) {
	w := newTestWriter(t, 0, true)
	if _, err := w.feed(10, 25); err != nil {
		t.Fatal(err)
	}
	if alive, err := spool.Alive(w.dir); !alive || err != nil {
		t.Errorf("alive %v, %v", alive, err)
	}
	if got := w.endMicros(); got != 1_400_000 {
		t.Errorf("end %d", got)
	}
	if err := w.close(time.Now(), "killed", "why"); err != nil {
		t.Fatal(err)
	}
	if end, err := spool.ReadEnd(w.dir); err != nil || end.Code != "killed" || end.Detail != "why" {
		t.Errorf("%+v, %v", end, err)
	}
	if alive, err := spool.Alive(w.dir); alive || err != nil {
		t.Errorf("alive %v, %v", alive, err)
	}
}

// TestWriterLeavesNoFolder: a run whose first file can't be made never was.
func TestWriterLeavesNoFolder(t *testing.T) {
	dir := t.TempDir()
	_, err := newWriter(dir, spool.Run{ID: "x", Timescale: hz}, nil, 0, func(string) (segmentFile, error) { return nil, os.ErrPermission })
	if !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("left: %v", entries)
	}
}
