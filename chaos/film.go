package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"lookback/controller/fmp4"
	"lookback/e2e/rig"
)

// Frame is an archived picture.
type Frame struct {
	MSN   uint64
	At    int64 // program date time, ms since 1970
	Coded int64 // what its blocks say, ms since 1970; 0: they can't be read
}

// Flaw is a time of which the archive says that the picture was not what the
// camera saw, ms since 1970.
type Flaw struct {
	MSN      uint64
	From, To int64
	Kind     string
}

// batch is how many segments are decoded by one ffmpeg, at most.
const batch = 45

// film decodes archived segments as they come.
type film struct {
	archivist *archivist
	keep      bool // the copies, to be looked at afterwards
	waiting   []File
	Frames    []Frame
	Flaws     []Flaw
	Odd       []string // segments whose pictures don't come out as they went in
}

// run decodes whenever there is a batch, and at the end what is left.
func (f *film) run(ctx context.Context) {
	for wait(ctx, 2*time.Second) == nil {
		f.collect()
		for len(f.waiting) > batch { // the last one may have a younger brother on its way
			f.develop(batch)
		}
	}
}

// finish decodes the rest.
func (f *film) finish() {
	f.collect()
	for len(f.waiting) > 0 {
		f.develop(batch)
	}
	slices.SortStableFunc(f.Frames, func(a, b Frame) int { return cmp.Compare(a.MSN, b.MSN) })
	slices.SortStableFunc(f.Flaws, func(a, b Flaw) int { return cmp.Compare(a.MSN, b.MSN) })
}

func (f *film) collect() {
	f.waiting = append(f.waiting, f.archivist.take()...)
	slices.SortFunc(f.waiting, func(a, b File) int { return int(int64(a.MSN) - int64(b.MSN)) })
}

// develop decodes the first segments, at most so many, as far as they are of one run.
func (f *film) develop(most int) {
	init, next := f.runOf(f.waiting[0].MSN)
	n := 1
	for n < min(most, len(f.waiting)) && f.waiting[n].MSN < next {
		n++
	}
	segments := f.waiting[:n]
	f.waiting = f.waiting[n:]
	frames, err := f.decode(init, segments)
	if err != nil {
		f.Odd = append(f.Odd, fmt.Sprintf("MSN %d to %d: %v", segments[0].MSN, segments[n-1].MSN, err))
	}
	f.Frames = append(f.Frames, frames...)
	for _, s := range segments {
		if !f.keep {
			os.Remove(f.archivist.copy(s))
		}
	}
}

// runOf is the init section for an MSN and the first MSN of the run after it.
func (f *film) runOf(msn uint64) (init File, next uint64) {
	next = ^uint64(0)
	for _, file := range f.archivist.Seen() {
		switch {
		case !file.Init:
		case file.MSN > msn:
			next = min(next, file.MSN)
		case init.Path == "" || file.MSN > init.MSN:
			init = file
		}
	}
	return init, next
}

// decode reads the pictures of consecutive segments. Each fragment holds one.
func (f *film) decode(init File, segments []File) ([]Frame, error) {
	if init.Path == "" {
		return nil, errors.New("there is no init section for them")
	}
	stream, err := os.ReadFile(f.archivist.copy(init))
	if err != nil {
		return nil, err
	}
	var frames []Frame
	for _, s := range segments {
		data, err := os.ReadFile(f.archivist.copy(s))
		if err != nil {
			return frames, err
		}
		times, flaws, err := fragmentTimes(s.MSN, data)
		if err != nil {
			return frames, fmt.Errorf("%s: %w", s.Path, err)
		}
		for _, t := range times {
			frames = append(frames, Frame{MSN: s.MSN, At: t})
		}
		f.Flaws = append(f.Flaws, flaws...)
		stream = append(stream, data...)
	}
	codes, err := rig.DecodeBlocks(stream)
	if err == nil && len(codes) != len(frames) {
		err = fmt.Errorf("%d fragments, %d pictures", len(frames), len(codes))
	}
	for i := range min(len(codes), len(frames)) {
		frames[i].Coded = codes[i]
	}
	return frames, err
}

// fragmentTimes are the program date times of a segment's fragments, ms, and
// the flaws that they tell of.
func fragmentTimes(msn uint64, segment []byte) (times []int64, flaws []Flaw, err error) {
	in, size := bytes.NewReader(segment), int64(len(segment))
	for off := int64(0); ; {
		info, err := fmp4.Next(in, off, size)
		if errors.Is(err, io.EOF) {
			return times, flaws, nil
		}
		if err != nil {
			return times, flaws, err
		}
		if info.PRFT.IsZero() {
			return times, flaws, fmt.Errorf("the fragment at byte %d has no time", off)
		}
		times = append(times, info.PRFT.UnixMilli())
		for _, e := range info.Events {
			ms := func(ticks uint64) int64 {
				return info.PRFT.UnixMilli() - (int64(info.PRFTMediaTime)-int64(ticks))*1000/int64(e.Timescale)
			}
			flaws = append(flaws, Flaw{msn, ms(e.Time), ms(e.Time + uint64(e.Duration)), e.Value})
		}
		off = info.Offset + info.Size
	}
}
