package recorder

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"lookback/controller/fmp4"
)

// TestFeeder: before ffmpeg takes any, pictures from the newest key frame on are
// kept; one that takes nothing has all left out up to a key frame, and that is told.
func TestFeeder(t *testing.T) {
	f := encodedFormat(t)
	e := newFeeder(func() time.Duration { return time.Second }, false)
	numbered := func(n int, sync bool) unit {
		return unit{format: f, dts: int64(n) * 3600, pts: int64(n) * 3600, sync: sync, data: []byte{0, 0, 0, 1, byte(n)}}
	}
	for n := range 7 { // of which 2 and 5 are key frames
		e.add(numbered(n, n%3 == 2))
	}
	in, out := io.Pipe()
	written, done := make(chan error), make(chan struct{})
	e.begin()
	go func() { written <- e.run(out, done) }()
	scanner := fmp4.NewScanner(in, fmp4.Limits{})
	if _, err := scanner.Init(); err != nil {
		t.Fatal(err)
	}
	next := func() (number byte) {
		fragment, err := scanner.Next()
		if err != nil {
			t.Fatal(err)
		}
		return fragment.Raw[len(fragment.Raw)-1]
	}
	for _, want := range []byte{5, 6} {
		if got := next(); got != want {
			t.Errorf("picture %d, want %d", got, want)
		}
	}
	e.add(numbered(7, false)) // is being written
	for queue := 1; queue > 0; queue = e.queued() {
		time.Sleep(time.Millisecond)
	}
	if e.waiting() != 0 {
		t.Errorf("%d bytes wait", e.waiting())
	}
	for n := range feederUnits {
		e.add(numbered(8, n == 0))
	}
	if e.waiting() < backlog {
		t.Errorf("%d bytes wait", e.waiting())
	}
	e.add(numbered(9, false))
	e.add(numbered(10, true))
	for _, want := range []byte{7, 10} {
		if got := next(); got != want {
			t.Errorf("picture %d, want %d", got, want)
		}
	}
	if p := e.report(progress{frames: 5}); p.drop != feederUnits+1 || p.refused != feederUnits+1 {
		t.Errorf("%+v", p)
	}
	in.Close()
	e.add(numbered(11, false))
	if err := <-written; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
	big := unit{format: f, sync: true, data: bytes.Repeat([]byte{1}, feederBytes-1)}
	e.add(big)
	e.add(numbered(12, false))
	if e.size > feederBytes {
		t.Errorf("%d bytes are kept", e.size)
	}
}

// TestFeederBlocked: for how long ffmpeg has taken nothing is known.
func TestFeederBlocked(t *testing.T) {
	clock := make(chan time.Duration, 1)
	clock <- 10 * time.Second
	e := newFeeder(func() time.Duration { return <-clock }, false)
	e.add(unit{format: encodedFormat(t), sync: true, data: []byte{0, 0, 0, 1, 1}})
	in, out := io.Pipe()
	defer in.Close()
	e.begin()
	go e.run(out, nil)
	io.ReadFull(in, make([]byte, 1))
	if got := e.writing.lasts(13 * time.Second); got != 3*time.Second {
		t.Errorf("%v", got)
	}
}

// queued is how many pictures wait.
func (f *feeder) queued() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue)
}

// encodedFormat is that of a picture that ffmpeg has made.
func encodedFormat(t *testing.T) *format {
	t.Helper()
	var sets, others [][]byte
	for _, nal := range h264Pictures(t, "320x180", "-g", "25")[0] {
		switch nal[0] & 0x1f {
		case nalSPS:
			sets = append(sets, nal)
		case nalPPS:
			others = append(others, nal)
		}
	}
	p, err := fmp4.AVCOf(sets[0], others...)
	if err != nil {
		t.Fatal(err)
	}
	return &format{timescale: 90000, picture: p}
}
