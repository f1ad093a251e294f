package recorder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// recorded is what a run's folder holds, read back.
type recorded struct {
	spool.Run
	dir      string
	init     *fmp4.Init
	segments [][]fmp4.Info // complete and open ones; an empty one at the end is left out
	end      *spool.End
}

// readRun reads and checks a run: every fragment parses, is continuous, carries
// its wall-clock time, and no segment is longer than promised.
func readRun(t *testing.T, dir string) recorded {
	t.Helper()
	run, err := spool.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(spool.InitPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	init, err := fmp4.ParseInit(raw)
	if err != nil {
		t.Fatal(err)
	}
	r := recorded{Run: run, dir: dir, init: init}
	if end, err := spool.ReadEnd(dir); err == nil {
		r.end = &end
	}
	files, _ := filepath.Glob(filepath.Join(dir, "[0-9]*.m4s"))
	next := uint64(0)
	for seq, f := range files {
		segment := readSegment(t, f)
		under, err := spool.PromisedAt(dir, run, seq)
		if err != nil {
			t.Fatal(err)
		}
		k := under.Constants
		if len(segment) == 0 {
			continue
		}
		length := uint64(0)
		for _, info := range segment {
			tf, _ := info.Track(run.TrackID)
			if tf.DecodeTime != next {
				t.Errorf("%s: decode time %d, want %d", f, tf.DecodeTime, next)
			}
			if us := int64(tf.Duration * 1e6 / uint64(run.Timescale)); us <= 0 || us > k.PartTarget {
				t.Errorf("%s: a fragment of %d µs, part target %d", f, us, k.PartTarget)
			}
			want := run.Epoch + int64(tf.DecodeTime*1e6/uint64(run.Timescale))
			if d := info.PRFT.UnixMicro() - want; d < -1 || d > 1 {
				t.Errorf("%s: prft says %v, %d µs off", f, info.PRFT, d)
			}
			next += tf.Duration
			length += tf.Duration
		}
		if us := int64(length * 1e6 / uint64(run.Timescale)); us > k.TargetDuration+500_000 {
			t.Errorf("%s lasts %d µs, target %d", f, us, k.TargetDuration)
		}
		first, _ := segment[0].Track(run.TrackID)
		if k.Independent && !first.Sync {
			t.Errorf("%s does not begin with a key frame", f)
		}
		r.segments = append(r.segments, segment)
	}
	return r
}

// length is that of its media.
func (r recorded) length() (d time.Duration) {
	for _, segment := range r.segments {
		for _, info := range segment {
			tf, _ := info.Track(r.TrackID)
			d += time.Duration(tf.Duration * 1e9 / uint64(r.Timescale))
		}
	}
	return d
}

func readSegment(t *testing.T, path string) []fmp4.Info {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	var out []fmp4.Info
	for off := int64(0); off < st.Size(); {
		info, err := fmp4.Next(f, off, st.Size())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s at %d: %v", path, off, err)
		}
		out = append(out, info)
		off += info.Size
	}
	return out
}

// until polls a condition with a deadline.
func until(t *testing.T, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
