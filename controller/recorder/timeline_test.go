package recorder

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const (
	ms       = time.Millisecond
	hz       = 90_000 // of the synthetic streams
	tickOf25 = hz / 25
)

// play sends a synthetic stream through a timeline as a session does, and
// keeps what would be written.
type play struct {
	t        *testing.T
	timeline *timeline
	held     []stamp
	origins  []time.Duration // of each run
	runs     [][]timed
	arrivals [][]time.Duration
	dropped  int
}

func newPlay(t *testing.T, copied bool) *play {
	return &play{t: t, timeline: newTimeline(timelineConfig{timescale: hz, copied: copied, frame: 40 * ms, maxDuration: 138 * ms})}
}

func (p *play) send(s stamp) {
	got := p.timeline.add(s)
	if got.verdict == begin {
		got = p.timeline.add(s)
	}
	switch got.verdict {
	case hold:
		p.held = append(p.held, s)
		if !p.timeline.anchored() {
			return
		}
		p.origins, p.runs, p.arrivals = append(p.origins, p.timeline.origin), append(p.runs, nil), append(p.arrivals, nil)
		held := p.held
		p.held = nil
		for _, h := range held {
			p.keep(h, p.timeline.place(h))
		}
	default:
		p.keep(s, got)
	}
}

func (p *play) keep(s stamp, out timed) {
	if out.verdict == drop {
		p.dropped++
		return
	}
	n := len(p.runs) - 1
	want := uint64(0)
	if last := len(p.runs[n]) - 1; last >= 0 {
		want = p.runs[n][last].decode + p.runs[n][last].duration
	}
	if out.decode != want {
		p.t.Fatalf("decode time %d, want %d", out.decode, want)
	}
	if d := p.timeline.time(out.duration); d <= 0 || d > p.timeline.maxDuration {
		p.t.Fatalf("a fragment of %v", d)
	}
	p.runs[n], p.arrivals[n] = append(p.runs[n], out), append(p.arrivals[n], s.arrival)
}

// ahead is how far the end of a run's i-th fragment is ahead of the clock.
func (p *play) ahead(run, i int) time.Duration {
	out := p.runs[run][i]
	return p.origins[run] + p.timeline.time(out.decode+out.duration) - p.arrivals[run][i]
}

// ideal is a 25 fps stream with a key frame every second.
func ideal(i int) stamp {
	return stamp{duration: tickOf25, arrival: time.Duration(i+1) * 40 * ms, sync: i%25 == 0, late: true}
}

func TestTimelinePassesEncodedUnchanged(t *testing.T) {
	p := newPlay(t, false)
	for i := range 1000 {
		s := ideal(i)
		s.arrival += rand.N(30 * ms)
		p.send(s)
	}
	if len(p.runs) != 1 || len(p.runs[0]) != 1000 || p.dropped > 0 {
		t.Fatalf("%d runs, %d dropped", len(p.runs), p.dropped)
	}
	for _, out := range p.runs[0] {
		if out.duration != tickOf25 {
			t.Fatalf("duration %d", out.duration)
		}
	}
}

func TestTimelineStartsAtASyncSample(t *testing.T) {
	p := newPlay(t, true)
	for i := 10; i < 100; i++ {
		p.send(ideal(i))
	}
	if p.dropped != 15 || len(p.runs) != 1 || p.origins[0] != time.Second {
		t.Errorf("%d dropped, origins %v", p.dropped, p.origins)
	}
}

// TestTimelineWaitsForTheBurst: what ffmpeg had buffered comes at once, and
// the epoch is that of the live stream behind it.
func TestTimelineWaitsForTheBurst(t *testing.T) {
	p := newPlay(t, true)
	for i := range 300 {
		s := ideal(i)
		s.arrival = max(s.arrival, 4*time.Second+time.Duration(i)*100*time.Microsecond)
		p.send(s)
	}
	if len(p.runs) != 1 || p.dropped > 0 {
		t.Fatalf("%d runs, %d dropped", len(p.runs), p.dropped)
	}
	if p.origins[0].Abs() > 50*ms {
		t.Errorf("origin %v, want 0", p.origins[0])
	}
}

// TestTimelineFollowsDrift: a camera whose clock is wrong by 1 % stays within
// a fraction of a second of the clock for an hour, in one run.
func TestTimelineFollowsDrift(t *testing.T) {
	for _, factor := range []float64{0.99, 1.0001, 1.01} {
		p := newPlay(t, true)
		for i := range 25 * 3600 {
			s := ideal(i)
			s.arrival = time.Duration(float64(s.arrival)*factor) + rand.N(80*ms)
			p.send(s)
		}
		if len(p.runs) != 1 || p.dropped > 0 {
			t.Fatalf("factor %v: %d runs, %d dropped", factor, len(p.runs), p.dropped)
		}
		worst := time.Duration(0)
		for i := range p.runs[0] {
			worst = max(worst, p.ahead(0, i).Abs())
		}
		if worst > 300*ms {
			t.Errorf("factor %v: %v off", factor, worst)
		}
	}
}

func TestTimelineAbsorbsAHiccup(t *testing.T) {
	for name, jump := range map[string]time.Duration{"frames lost": 500 * ms, "stamps jump back": -500 * ms} {
		p := newPlay(t, true)
		for i := range 1500 {
			s := ideal(i)
			if i == 400 && jump > 0 {
				s.duration += uint64(jump.Seconds() * hz)
			} else if i >= 400 && i < 413 && jump < 0 {
				s.duration = 1 // what ffmpeg makes of it
			}
			if i > 400 && jump > 0 {
				s.arrival += jump // the frames were really missing
			}
			p.send(s)
		}
		if len(p.runs) != 1 || p.dropped > 0 {
			t.Fatalf("%s: %d runs, %d dropped", name, len(p.runs), p.dropped)
		}
		if off := p.ahead(0, len(p.runs[0])-1); off.Abs() > 50*ms {
			t.Errorf("%s: %v off in the end", name, off)
		}
	}
}

// TestTimelineBeginsANewRun: after more than a second is missing, a new run
// begins at a key frame, once, and its time is right.
func TestTimelineBeginsANewRun(t *testing.T) {
	p := newPlay(t, true)
	for i := range 2000 {
		s := ideal(i)
		if i > 400 {
			s.arrival += 3 * time.Second
		}
		p.send(s)
	}
	if len(p.runs) != 2 || p.dropped > 0 {
		t.Fatalf("%d runs, %d dropped", len(p.runs), p.dropped)
	}
	last := len(p.runs[1]) - 1
	if off := p.ahead(1, last); off.Abs() > 10*ms {
		t.Errorf("%v off", off)
	}
}

// TestTimelineIdles: pictures that come late, since each is held until two more have
// come and the camera sends few of them now, begin no run.
func TestTimelineIdles(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 2100 * ms, 3 * time.Second, 5 * time.Second} {
		p := newPlay(t, true)
		end := func(i int) time.Duration { // of a picture, when it is shown
			return time.Duration(min(i+1, 400))*40*ms + time.Duration(max(0, i+1-400))*every
		}
		for i := range 420 {
			s := ideal(i)
			s.arrival = end(i + 2)
			if i >= 400 {
				s.duration, s.sync = p.timeline.ticks(every), true
				p.timeline.allow(every * 23 / 20)
			}
			p.send(s)
		}
		if len(p.runs) != 1 || p.dropped > 0 {
			t.Errorf("a picture in %v: %d runs, %d dropped", every, len(p.runs), p.dropped)
		}
	}
}

// TestTimelineLateEncoder: pictures that a slow encoder is late with keep the
// time at which they were taken, and the lag is known.
func TestTimelineLateEncoder(t *testing.T) {
	p := newPlay(t, false)
	for i := range 1000 {
		s := ideal(i)
		s.arrival += time.Duration(i) * 3 * ms
		p.send(s)
	}
	if len(p.runs) != 1 || p.dropped > 0 {
		t.Fatalf("%d runs, %d dropped", len(p.runs), p.dropped)
	}
	if lag := p.timeline.lag(); lag < 2500*ms || lag > 3*time.Second {
		t.Errorf("a lag of %v", lag)
	}
}

// TestTimelineLateStart: an encoder whose first pictures come late, since the machine
// was busy just then, does not date those that follow into the future for long.
func TestTimelineLateStart(t *testing.T) {
	p := newPlay(t, false)
	for i := range 25 * 60 {
		s := ideal(i)
		if i < 40 {
			s.arrival += 460 * ms
		}
		p.send(s)
	}
	if len(p.runs) != 1 || p.dropped > 0 {
		t.Fatalf("%d runs, %d dropped", len(p.runs), p.dropped)
	}
	if before := p.ahead(0, 60); before < 300*ms {
		t.Errorf("%v ahead at first", before)
	}
	if after := p.ahead(0, len(p.runs[0])-1); after > leastAhead+10*ms {
		t.Errorf("still %v ahead", after)
	}
}

// TestTimelineDropsTheFuture: a source that is faster than time (a file, a
// clock that ffmpeg answered with repeated frames) is not written ahead of the
// clock, and makes no storm of runs.
func TestTimelineDropsTheFuture(t *testing.T) {
	for _, copied := range []bool{true, false} {
		p := newPlay(t, copied)
		for i := range 25 * 600 { // ten minutes within one
			s := ideal(i)
			s.arrival /= 10
			p.send(s)
		}
		if len(p.runs) > 1+60/int(runSpacing/time.Second) {
			t.Errorf("copied %v: %d runs in a minute", copied, len(p.runs))
		}
		for run := 1; run < len(p.runs); run++ {
			for i := range p.runs[run] {
				if p.arrivals[run][i] < p.origins[run] {
					continue // held
				}
				if ahead := p.ahead(run, i); ahead > leastError+maxHold {
					t.Fatalf("copied %v: %v ahead", copied, ahead)
				}
			}
		}
	}
}

// TestTimelineDropsWholePictures: what is left out ends before a sync sample;
// a picture that builds on one that is missing would be damaged.
func TestTimelineDropsWholePictures(t *testing.T) {
	for _, copied := range []bool{true, false} {
		p := newPlay(t, copied)
		dropped := false
		for i := range 2000 {
			s := ideal(i)
			if i >= 410 { // three seconds at once
				s.arrival = max(410*40*ms, s.arrival-3*time.Second)
			}
			before := p.dropped
			p.send(s)
			if dropped && p.dropped == before && !s.sync {
				t.Fatalf("copied %v: picture %d is written after one that was dropped", copied, i)
			}
			dropped = p.dropped > before
		}
		if p.dropped == 0 || p.dropped > 150 {
			t.Errorf("copied %v: %d dropped", copied, p.dropped)
		}
	}
}

// TestTimelineCatchesUp: pictures that were held up and then come faster than
// real time keep their time, and make no new run.
func TestTimelineCatchesUp(t *testing.T) {
	for _, speed := range []int{2, 3, 10} {
		p := newPlay(t, true)
		for i := range 2000 {
			s := ideal(i)
			if i >= 400 {
				s.arrival = max(s.arrival, 400*40*ms+6*time.Second+time.Duration(i-400)*40*ms/time.Duration(speed))
			}
			p.send(s)
		}
		if len(p.runs) != 1 || p.dropped > 0 {
			t.Fatalf("speed %d: %d runs, %d dropped", speed, len(p.runs), p.dropped)
		}
		if off := p.ahead(0, len(p.runs[0])-1); off.Abs() > 100*ms {
			t.Errorf("speed %d: %v off in the end", speed, off)
		}
	}
}

// TestTimelineOneLateFragmentIsNothing: an encoded camera that pauses is
// filled with repeated frames, which come late all at once.
func TestTimelineOneLateFragmentIsNothing(t *testing.T) {
	p := newPlay(t, false)
	for i := range 500 {
		s := ideal(i)
		if i >= 300 && i < 350 {
			s.arrival = 351 * 40 * ms
		}
		p.send(s)
	}
	if len(p.runs) != 1 || len(p.runs[0]) != 500 {
		t.Errorf("%d runs", len(p.runs))
	}
}

// FuzzTimeline: whatever comes, decode times are continuous and durations legal
// (play checks both).
func FuzzTimeline(f *testing.F) {
	f.Add(uint64(1), true)
	f.Add(uint64(2), false)
	f.Fuzz(func(t *testing.T, seed uint64, copied bool) {
		r := rand.New(rand.NewPCG(seed, 0))
		p := newPlay(t, copied)
		arrival := time.Duration(0)
		for range 2000 {
			duration := uint64(tickOf25)
			if copied {
				switch r.IntN(20) {
				case 0:
					duration = r.Uint64N(math.MaxUint32)
				case 1:
					duration = r.Uint64N(3)
				}
			}
			arrival += time.Duration(r.Int64N(int64(80 * ms)))
			if r.IntN(100) == 0 {
				arrival += time.Duration(r.Int64N(int64(5 * time.Second)))
			}
			p.send(stamp{duration, arrival, r.IntN(25) == 0, r.IntN(2) == 0})
		}
	})
}

// TestTimelineBursts: of pictures that come in bursts none is left out, and all are in
// one run, wherever in a burst it begins. They are dated by the ends of bursts.
func TestTimelineBursts(t *testing.T) {
	for _, seconds := range []int{1, 2, 3, 4, 5, 6} {
		for begin := 0; begin < 25*seconds; begin += 7 {
			p := newPlay(t, true)
			frames := 25 * seconds
			first := begin / 25 * 25 // of the burst of which some is sent at once
			for i := first; i < first+25*120; i++ {
				sent := time.Duration((i/frames+1)*frames) * 40 * ms // when the last of its burst is there
				connected := time.Duration(frames+begin) * 40 * ms
				p.send(stamp{duration: tickOf25, arrival: max(sent, connected) + time.Duration(i)*100*time.Microsecond, sync: i%25 == 0})
			}
			if len(p.runs) != 1 || p.dropped > 0 {
				t.Errorf("bursts of %d s from picture %d: %d runs, %d dropped", seconds, begin, len(p.runs), p.dropped)
				continue
			}
			for i := range p.runs[0] {
				if i < 25*30 {
					continue
				}
				if ahead := p.ahead(0, i); ahead > 500*ms || ahead < -time.Duration(seconds)*time.Second-500*ms {
					t.Errorf("bursts of %d s from picture %d: picture %d is %v ahead", seconds, begin, i, ahead)
					break
				}
			}
		}
	}
}
