package recorder

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestTicks: of a camera whose rate is a little off, and whose pictures come
// unevenly, next to none is lost, and each has a tick within 1.1 frames, or 1.6 where they come very unevenly.
func TestTicks(t *testing.T) {
	const frame = 40 * ms
	for _, c := range []struct {
		rate   float64
		jitter time.Duration
		least  int // pictures that may be lost or repeated needlessly
	}{
		{25, 10 * ms, 0}, {24.9, 3 * ms, 5}, {25.1, 3 * ms, 5}, {24, 3 * ms, 5}, {26, 3 * ms, 5}, {24.9, 10 * ms, 6}, {25.1, 10 * ms, 6}, {25, 16 * ms, 4}, {24.9, 16 * ms, 8}, {25.1, 16 * ms, 8},
	} {
		rate := c.rate
		random := rand.New(rand.NewPCG(1, 2))
		k := ticks{frame: frame}
		left, repeats, pictures := 0, 0, 3000
		for n := range pictures {
			at := time.Second + time.Duration(float64(n)/rate*1e9) + time.Duration(random.Int64N(int64(c.jitter)))
			for n > 0 && at > k.lapse() {
				k.repeat()
				repeats++
			}
			if _, ok := k.take(at); !ok {
				left++
			} else if off := k.last() - at; off > frame || off < -16*frame/10 || c.jitter == 3*ms && off < -13*frame/10 {
				t.Fatalf("at %v fps a tick is %v from its picture", rate, off)
			}
		}
		more := int(float64(pictures) * (rate - 25) / 25)
		if left > max(0, more)+c.least || repeats > max(0, -more)+c.least {
			t.Errorf("at %v fps %d pictures are left out, and %d repeated; %d more came than ticks", rate, left, repeats, more)
		}
	}
}

// TestPump: of pictures that ffmpeg does not take the oldest are left out and
// counted, and a standstill is told by its ticks.
func TestPump(t *testing.T) {
	now := time.Second
	p := newPump(func() time.Duration { return now })
	p.begin(100*ms, 500*ms)
	next := func() string {
		data, missed, _ := p.choose(now)
		return strings.Repeat(".", missed) + string(data)
	}
	for n := range 5 {
		p.add(came{now + time.Duration(n)*100*ms, []byte{byte('a' + n)}})
	}
	got := next() + next() + next() + next()
	if r := p.report(progress{}); got != "cde" || r.frames != 3 || r.drop != 2 || r.refused != 2 || r.read() != 5 || r.taken() != 3 {
		t.Errorf("%q, %+v", got, r)
	}
	p.add(came{now + 500*ms, []byte("x")})
	if before := p.waiting(); before < backlog {
		t.Errorf("%d bytes wait", before)
	}
	p.pop()
	if after := p.waiting(); after != 0 {
		t.Errorf("%d bytes wait though all were taken", after)
	}
	now += 400*ms + 1099*ms
	got += next() + next() + next()
	p.add(came{now + 300*ms, []byte("f")})
	if got += next(); got != "cde.........e...f" { // ten ticks were missed, of which the last shows the picture before
		t.Errorf("%q", got)
	}
	tick := p.ticks.next - 1
	if _, ok := p.standstill(tick - 1); ok {
		t.Error("told before it is over")
	}
	if s, ok := p.standstill(tick); !ok || s != (period64{3, tick}) || p.report(progress{}).dup != uint64(tick-3) {
		t.Errorf("%+v, %t", s, ok)
	}
	now += time.Second
	big := make([]byte, pumpBytes)
	p.add(came{now, big})
	p.add(came{now, big})
	if p.size != pumpBytes || len(p.queue) != 1 {
		t.Errorf("%d pictures, %d bytes wait", len(p.queue), p.size)
	}
	ended := make(chan struct{})
	close(ended)
	if err := p.run(failing{}, ended); err != io.ErrClosedPipe {
		t.Error(err)
	}
}

// TestPumpOfSlowEncoder: an encoder that needs four frames for a picture, and next to
// nothing for a tick without one, is given the newest pictures, each at its tick. It
// is neither given repeats alone nor left behind.
func TestPumpOfSlowEncoder(t *testing.T) {
	const frame = 40 * ms
	now := time.Second
	p := newPump(func() time.Duration { return now })
	p.begin(frame, 500*ms)
	at := func(n int) time.Duration { return time.Second + time.Duration(n)*frame }
	sent, ticks, shown, last := 0, 0, 0, -1
	for sent < 1000 {
		for ; at(sent) <= now; sent++ {
			p.add(came{at(sent), []byte{byte(sent), byte(sent >> 8)}})
		}
		data, missed, wait := p.choose(now)
		if data == nil {
			now += min(wait, at(sent)-now)
			continue
		}
		n := int(data[0]) | int(data[1])<<8
		ticks += missed + 1
		if n != last {
			shown, last = shown+1, n
		}
		if off := at(ticks-1) - at(n); off.Abs() > 11*frame/10 {
			t.Fatalf("picture %d has a tick %v from it", n, off)
		}
		if behind := now - at(ticks-1); behind > 8*frame {
			t.Fatalf("ticks are %v behind", behind)
		}
		now += 4*frame + time.Duration(missed)*frame/20
	}
	if shown < 230 {
		t.Errorf("%d of 1000 pictures are shown, there was time for 240", shown)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// writes counts them.
type writes struct {
	bytes.Buffer
	count int
}

func (w *writes) Write(b []byte) (int, error) {
	w.count++
	return w.Buffer.Write(b)
}

// TestPumpWritesAtOnce: ffmpeg hears of a part once, and its pipe holds it as a whole: each
// wakeup costs more than the copying.
func TestPumpWritesAtOnce(t *testing.T) {
	p, out := newPump(func() time.Duration { return 0 }), &writes{}
	for _, size := range []int{10, 300_000, 20} {
		if err := p.write(out, 0, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	if out.count != 3 {
		t.Errorf("%d writes for three pictures", out.count)
	}
	if err := p.write(out, 0, make([]byte, 2*widestPipe)); err != nil || out.count > 5 || cap(p.part) > widestPipe {
		t.Errorf("a large picture: %v, %d writes, %d bytes are kept", err, out.count, cap(p.part))
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	p.begin(time.Second, time.Second)
	w.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if err := p.write(w, 0, make([]byte, 200_000)); err != nil { // nobody reads
		t.Error(err)
	}
	if err := p.write(w, 0, make([]byte, 100)); err != nil {
		t.Error(err)
	}
	if holds, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0); err != nil || holds != 256<<10 {
		t.Errorf("the pipe holds %d bytes, %v", holds, err)
	}
}
