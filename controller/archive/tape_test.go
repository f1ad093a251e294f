package archive

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// A tape is a real recording of 10 frames a second with a key frame every 2 s,
// from which tests write runs into a spool.
type tape struct {
	init   *fmp4.Init
	frames [][]byte
	sync   []bool
	step   uint64 // duration of a frame, ticks
}

var theTape = sync.OnceValues(func() (*tape, error) {
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=10:duration=30",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "20", "-keyint_min", "20", "-sc_threshold", "0",
		"-f", "mp4", "-movflags", "+cmaf+delay_moov+skip_sidx+skip_trailer+frag_every_frame", "pipe:1").Output()
	if err != nil {
		return nil, err
	}
	s := fmp4.NewScanner(bytes.NewReader(out), fmp4.Limits{})
	t := &tape{}
	if t.init, err = s.Init(); err != nil {
		return nil, err
	}
	for {
		f, err := s.Next()
		if err != nil {
			return t, nil
		}
		t.frames = append(t.frames, bytes.Clone(f.Raw))
		t.sync = append(t.sync, f.Tracks[0].Sync)
		t.step = f.Tracks[0].Duration
	}
})

// recorder plays the tape into a spool, as a recorder would.
type recorder struct {
	t     testing.TB
	tape  *tape
	dir   string
	lock  *os.File
	run   spool.Run
	frame int
	seq   int
	file  *os.File
	flaws []fmp4.Event // to be told with the next frame
}

var testConstants = spool.Constants{PartTarget: 200_000, TargetDuration: 2_000_000, Independent: true}

func record(t testing.TB, media, camera string, epoch time.Time) *recorder {
	t.Helper()
	return recordUnder(t, media, camera, epoch, spool.Promised{Constants: testConstants})
}

// recordUnder is record under a promise.
func recordUnder(t testing.TB, media, camera string, epoch time.Time, p spool.Promised) *recorder {
	t.Helper()
	tape, err := theTape()
	if err != nil {
		t.Fatal(err)
	}
	video, _ := tape.init.Video()
	run := spool.Run{
		ID: spool.NewRunID(epoch), Epoch: epoch.UnixMicro(), Constants: p.Constants, Promise: p.Number, Requested: p.Requested, Segment: 2_000_000,
		TrackID: video.ID, Timescale: video.Timescale, Codecs: tape.init.Codecs(), Width: 160, Height: 90, FrameRate: 10,
	}
	dir, lock, err := spool.Create(spool.CameraDir(media, camera), run, tape.init.Raw)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{t: t, tape: tape, dir: dir, lock: lock, run: run, seq: -1}
	t.Cleanup(r.die)
	return r
}

// play writes the next n frames, a new segment at each key frame.
func (r *recorder) play(n int) *recorder {
	r.t.Helper()
	for range n {
		i := r.frame % len(r.tape.frames)
		if r.tape.sync[i] {
			r.next()
		}
		time := uint64(r.frame) * r.tape.step
		samples, err := r.fragment(i).Samples(r.run.TrackID)
		if err != nil {
			r.t.Fatal(err)
		}
		pdt := r.run.Epoch + int64(time*1_000_000/uint64(r.run.Timescale))
		raw := fmp4.AppendPRFT(nil, r.run.TrackID, timeMicro(pdt), time)
		for _, e := range r.flaws {
			raw = fmp4.AppendEvent(raw, e)
		}
		r.flaws = nil
		raw = fmp4.AppendFragment(raw, uint32(r.frame+1), fmp4.Piece{Track: r.run.TrackID, DecodeTime: time, Samples: samples})
		if _, err := r.file.Write(raw); err != nil {
			r.t.Fatal(err)
		}
		r.frame++
	}
	return r
}

func timeMicro(us int64) time.Time { return time.UnixMicro(us) }

func (r *recorder) fragment(i int) *fmp4.Fragment {
	s := fmp4.NewScanner(bytes.NewReader(append(bytes.Clone(r.tape.init.Raw), r.tape.frames[i]...)), fmp4.Limits{})
	if _, err := s.Init(); err != nil {
		r.t.Fatal(err)
	}
	f, err := s.Next()
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

// next begins the next segment's file.
func (r *recorder) next() {
	if r.file != nil {
		r.file.Close()
	}
	r.seq++
	var err error
	r.file, err = os.OpenFile(spool.SegmentPath(r.dir, r.seq), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
}

// promise makes what follows the segment under way under another.
func (r *recorder) promise(p spool.Promised) *recorder {
	r.t.Helper()
	if err := spool.WritePromised(r.dir, r.seq+1, p); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// flaw tells, with the next frame, of one from a frame of the run to another.
func (r *recorder) flaw(kind string, from, to int) *recorder {
	step := r.tape.step
	r.flaws = append(r.flaws, fmp4.Event{Scheme: spool.FlawScheme, Value: kind, Timescale: r.run.Timescale,
		Time: uint64(from) * step, Duration: uint32(uint64(to-from) * step)})
	return r
}

// end closes the run in order; die leaves it as a killed recorder does.
func (r *recorder) end() {
	if err := spool.WriteEnd(r.dir, spool.End{Code: "stopped"}); err != nil {
		r.t.Fatal(err)
	}
	r.die()
}

func (r *recorder) die() {
	r.lock.Close()
	if r.file != nil {
		r.file.Close()
	}
}

// half appends the first half of a frame, as a killed recorder may leave it.
func (r *recorder) half() *recorder {
	raw := r.tape.frames[r.frame%len(r.tape.frames)]
	if _, err := r.file.Write(raw[:len(raw)/2]); err != nil {
		r.t.Fatal(err)
	}
	return r
}

func load(t testing.TB, media string, window time.Duration) *Archive {
	t.Helper()
	c, err := Load(context.Background(), Options{MediaDir: media, Camera: "front", Window: window, Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", bytes.TrimSpace(p))
	return len(p), nil
}

func take(t testing.TB, c *Archive) *Snapshot {
	t.Helper()
	if err := c.takeIn(); err != nil {
		t.Fatal(err)
	}
	return c.Snapshot()
}

// media lists the segment files of camera front with their sizes.
func media(t testing.TB, root string) map[string]int64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "front", "*-*-*", "*", "*.m4s"))
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{}
	for _, f := range files {
		stat, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		sizes[filepath.Base(f)] = stat.Size()
	}
	return sizes
}

// hourEntries reads an hour playlist of camera front.
func hourEntries(t testing.TB, root, hour string) []entry {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "front", hour, hourName))
	if err != nil {
		t.Fatal(err)
	}
	var l hourList
	if parseHour(data, &l); l.valid != len(data) {
		t.Fatalf("only %d of %d bytes are valid:\n%s", l.valid, len(data), data)
	}
	return l.entries
}
