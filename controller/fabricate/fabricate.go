// Package fabricate makes archives of any length in minutes instead of weeks,
// for tests and benchmarks: real H.264 that plays, in real segments, with the
// discontinuities and gaps that cameras make. The picture shows the second.
package fabricate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"lookback/controller/archive"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// Options say what to fabricate.
type Options struct {
	MediaDir string
	Cameras  []string
	End      time.Time     // when the newest segment ends
	Length   time.Duration // of each camera's history, gaps included
	Segment  time.Duration // of a segment, a multiple of 1/FPS
	Part     time.Duration // PART-TARGET, a multiple of 1/FPS
	FPS      int           // frames a second
	Size     string        // of the picture, WIDTHxHEIGHT
	Runs     int           // discontinuities + 1, spread evenly
	Away     time.Duration // how long the camera is away between two runs
	Lost     int           // segments of each camera that are lost: gaps
	Log      *slog.Logger
}

// Check says what is wrong with the options.
func (o Options) check() error {
	frame := time.Second / time.Duration(max(o.FPS, 1))
	switch {
	case o.FPS < 1 || o.FPS > 60 || time.Second%frame != 0:
		return fmt.Errorf("fps %d: accepted are the divisors of 1000000 from 1 to 60", o.FPS)
	case o.Segment < time.Second || o.Segment > 10*time.Second || o.Segment%frame != 0:
		return fmt.Errorf("segment %v: accepted are multiples of %v from 1s to 10s", o.Segment, frame)
	case o.Part < frame || o.Part%frame != 0 || o.Part > o.Segment/2:
		return fmt.Errorf("part %v: accepted are multiples of %v up to half a segment", o.Part, frame)
	case o.Runs < 1 || o.Length < time.Duration(o.Runs)*(o.Segment+o.Away):
		return fmt.Errorf("%d runs: accepted are 1 and more, each with a segment, within %v", o.Runs, o.Length)
	case len(o.Cameras) == 0:
		return errors.New("no camera: at least one name is needed")
	}
	return nil
}

// Make writes the archives and loads each of them once, which makes its hour
// playlists. A camera that has an archive already is refused.
func Make(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return err
	}
	tape, err := encode(ctx, o)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, camera := range o.Cameras {
		group.Go(func() error { return makeCamera(ctx, o, tape, camera) })
	}
	return group.Wait()
}

func makeCamera(ctx context.Context, o Options, t *tape, camera string) error {
	root := filepath.Join(o.MediaDir, camera)
	if _, err := os.Stat(root); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: remove it or choose another name (%v)", root, err)
	}
	begun := time.Now()
	w := &writer{Options: o, tape: t, root: root}
	if err := w.write(ctx); err != nil {
		return err
	}
	written := time.Since(begun)
	c, err := archive.Load(context.Background(), archive.Options{MediaDir: o.MediaDir, Camera: camera, Window: math.MaxInt64, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	o.Log.Info("fabricated", "camera", camera, "segments", len(c.Snapshot().Segments), "bytes", c.Bytes(), "writing", written, "listing", time.Since(begun)-written)
	return nil
}

// writer writes one camera's archive.
type writer struct {
	Options
	*tape
	root string
	dir  string // the hour's folder that exists
	buf  []byte
}

// write makes all runs, the last of which ends at End.
func (w *writer) write(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Join(w.root, "init"), 0o755); err != nil {
		return err
	}
	perRun := int((w.Length/time.Duration(w.Runs) - w.Away) / w.Segment)
	lostEvery := math.MaxInt
	if w.Lost > 0 {
		lostEvery = max(2, w.Runs*perRun/w.Lost)
	}
	period := time.Duration(perRun)*w.Segment + w.Away
	start := w.End.Truncate(time.Second).Add(w.Away - time.Duration(w.Runs)*period)
	msn := uint64(0)
	for run := range w.Runs {
		r := w.run(start.Add(time.Duration(run)*period), msn, run)
		if err := w.begin(r); err != nil {
			return err
		}
		for seq := range perRun {
			if lost := seq > 0 && seq < perRun-1 && msn%uint64(lostEvery) == uint64(lostEvery/2); !lost {
				if err := w.segment(r.Run, msn, seq); err != nil {
					return err
				}
			}
			msn++
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// record is what the archive keeps of a run beside its init section.
type record struct {
	spool.Run
	FirstMSN uint64 `json:"first_msn"`
	FirstSeq int    `json:"first_seq"`
	Sequence int    `json:"discontinuity_sequence"`
}

func (w *writer) run(start time.Time, msn uint64, n int) record {
	target := (w.Segment + time.Second - 1) / time.Second * time.Second
	return record{spool.Run{
		Format: spool.Format, ID: spool.NewRunID(start), Epoch: start.UnixMicro(),
		Constants: spool.Constants{PartTarget: w.Part.Microseconds(), TargetDuration: target.Microseconds(), Independent: true},
		Segment:   w.Segment.Microseconds(), TrackID: w.video.ID, Timescale: w.video.Timescale, Codecs: w.init.Codecs(),
		Width: w.video.Width, Height: w.video.Height, FrameRate: float64(w.FPS), Plan: "fabricated",
	}, msn, 0, n}
}

func (w *writer) begin(r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := filepath.Join(w.root, archive.InitURI(r.FirstMSN))
	return errors.Join(os.WriteFile(path, w.init.Raw, 0o644),
		os.WriteFile(path[:len(path)-len("mp4")]+"json", append(data, '\n'), 0o644))
}

// segment writes the seq-th segment of a run: the pictures of the second of the
// minute at which it begins.
func (w *writer) segment(run spool.Run, msn uint64, seq int) error {
	start := run.Epoch + int64(seq)*run.Segment
	frames := w.gops[time.UnixMicro(start).Second()%60*len(w.gops)/60]
	step := uint64(run.Timescale) / uint64(w.FPS)
	tick := uint64(seq) * uint64(len(frames)) * step
	w.buf = w.buf[:0]
	for i, frame := range frames {
		f := fmp4.Fragment{}
		decode := tick + uint64(i)*step
		at := time.UnixMicro(run.Epoch + int64(decode*1_000_000/uint64(run.Timescale)))
		w.buf = fmp4.AppendPRFT(w.buf, run.TrackID, at, decode)
		from := len(w.buf)
		w.buf = append(w.buf, frame...)
		f.Raw = w.buf[from:]
		if err := f.Retime(run.TrackID, decode, step); err != nil {
			return err
		}
	}
	path := filepath.Join(w.root, archive.SegmentURI(msn, start))
	if dir := filepath.Dir(path); dir != w.dir {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		w.dir = dir
	}
	return os.WriteFile(path, w.buf, 0o644)
}
