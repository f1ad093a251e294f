package lane

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// tailEvery is how often a growing file is looked at: where frames can't come by the
// socket.
const tailEvery = 10 * time.Millisecond

// tail follows the growing segment of a camera's newest run.
type tail struct {
	dir  string          // the camera's spool
	give func(any) error // takes a Run, a Picture, a Sound
	run  string          // its folder; "" before any
	seq  int
	file *os.File // nil: none is open
	at   int64    // what comes next in it, byte
	over bool     // the run has ended, and all of it is read
}

// follow hands on what is new, until the run has ended, ctx has, or enough says so, which
// is asked once a second. begun reports whether there was a run.
func (t *tail) follow(ctx context.Context, give func(any) error, enough func() bool) (begun bool, err error) {
	defer t.close()
	t.give = give
	if err := t.begin(); err != nil {
		return false, err
	}
	tick, ask := time.NewTicker(tailEvery), time.NewTicker(again)
	defer tick.Stop()
	defer ask.Stop()
	for !t.over {
		if err := t.read(); err != nil {
			return true, err
		}
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case <-ask.C:
			if enough() {
				return true, nil
			}
		case <-tick.C:
		}
	}
	return true, nil
}

// begin finds the newest run that has not ended. fs.ErrNotExist where there is none.
func (t *tail) begin() error {
	runs, err := spool.Runs(t.dir)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		return os.ErrNotExist
	}
	t.run = filepath.Join(t.dir, runs[len(runs)-1])
	if _, err := spool.ReadEnd(t.run); err == nil {
		return os.ErrNotExist
	}
	if alive, err := spool.Alive(t.run); err != nil || !alive {
		return errors.Join(os.ErrNotExist, err)
	}
	init, err := spool.ReadRegular(spool.InitPath(t.run), fmp4.DefaultMaxInit)
	if err != nil {
		return err
	}
	all, err := spool.Segments(t.run)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return os.ErrNotExist
	}
	run, err := spool.ReadRun(t.run)
	if err != nil {
		return err
	}
	t.seq = all[len(all)-1]
	return t.give(Run{ID: run.ID, Promise: run.Promise, Epoch: run.Epoch, Timescale: run.Timescale, Init: init})
}

// read hands on all that is whole, and goes on to the next segment where there is one.
func (t *tail) read() error {
	if t.file == nil {
		file, err := spool.OpenRegular(spool.SegmentPath(t.run, t.seq))
		if err != nil {
			return err
		}
		t.file, t.at = file, 0
	}
	// In this order: what was written before the next one was there is all there is.
	next := exists(spool.SegmentPath(t.run, t.seq+1))
	_, err := spool.ReadEnd(t.run)
	ended := err == nil
	if err := t.whole(); err != nil {
		return err
	}
	switch {
	case next:
		t.close()
		t.seq++
	case ended:
		t.over = true
	}
	return nil
}

// whole hands on the fragments that the file holds by now.
func (t *tail) whole() error {
	stat, err := t.file.Stat()
	if err != nil {
		return err
	}
	for t.at < stat.Size() {
		info, err := fmp4.Next(t.file, t.at, stat.Size())
		if errors.Is(err, fmp4.ErrIncomplete) || errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		bytes := make([]byte, info.Size)
		if _, err := t.file.ReadAt(bytes, t.at); err != nil {
			return err
		}
		if err := t.hand(fmp4.Fragment{Raw: bytes, Tracks: info.Tracks}); err != nil {
			return err
		}
		t.at += info.Size
	}
	return nil
}

// hand takes a fragment apart.
func (t *tail) hand(f fmp4.Fragment) error {
	for _, track := range f.Tracks {
		samples, err := f.Samples(track.ID)
		if err != nil {
			return err
		}
		if track.ID == fmp4.SoundTrack {
			sound := Sound{Decode: track.DecodeTime}
			for _, s := range samples {
				sound.Frames = append(sound.Frames, s.Data)
			}
			err = t.give(sound)
		} else {
			err = t.pictures(track.DecodeTime, samples)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tail) pictures(decode uint64, samples []fmp4.Sample) error {
	for _, s := range samples {
		p := Picture{Decode: decode, Duration: s.Duration, Final: true, Sync: s.Sync, Shift: s.Shift, Data: s.Data}
		if err := t.give(p); err != nil {
			return err
		}
		decode += uint64(s.Duration)
	}
	return nil
}

func (t *tail) close() {
	if t.file != nil {
		t.file.Close()
		t.file = nil
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
