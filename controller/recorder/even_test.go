package recorder

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestTimelineOfRoundedStamps: a camera of 30 fps rounds its time stamps to the
// next 25th or 10th of a second, so that some are there twice or thrice. It stays
// with the clock for ten minutes, in one run of which nothing is left out.
func TestTimelineOfRoundedStamps(t *testing.T) {
	for _, grain := range []time.Duration{time.Second / 25, time.Second / 10, time.Second / 2} {
		p := newPlay(t, true)
		p.timeline = newTimeline(timelineConfig{timescale: hz, copied: true, frame: time.Second / 30, maxDuration: 115 * ms})
		last := uint64(0)
		// ffmpeg makes a stamp that does not rise one tick later than the last.
		stampOf := func(i int) uint64 {
			taken := time.Duration(i) * time.Second / 30
			last = max(last+1, uint64((taken/grain*grain).Seconds()*hz))
			return last
		}
		decode := stampOf(0)
		for i := range 30 * 600 {
			next := stampOf(i + 1)
			taken := time.Duration(i+1) * time.Second / 30
			p.send(stamp{late: true, duration: next - decode, arrival: taken + rand.N(10*ms), sync: i%60 == 0})
			if cut := p.timeline.time(p.timeline.even.cut); cut > 100*ms {
				t.Fatalf("rounded to %v: %v of picture %d are taken for lost", grain, cut, i)
			}
			decode = next
		}
		if len(p.runs) != 1 || p.dropped > 0 {
			t.Fatalf("rounded to %v: %d runs, %d dropped", grain, len(p.runs), p.dropped)
		}
		worst := time.Duration(0)
		for i := range p.runs[0] {
			worst = max(worst, p.ahead(0, i).Abs())
		}
		if worst > grain+60*ms {
			t.Errorf("rounded to %v: %v off", grain, worst)
		}
	}
}

// TestTimelineOfStampsThatJumpBack: nothing makes up for the time that they
// jump, so that uneven frames behind the jump keep their lengths.
func TestTimelineOfStampsThatJumpBack(t *testing.T) {
	for _, jump := range []int{5, 12, 250} { // frames
		p := newPlay(t, true)
		for i := range 25 * 120 {
			s := ideal(i)
			s.duration = tickOf25
			switch {
			case i >= 400 && i < 400+jump:
				s.duration = 1
			case i%2 == 0:
				s.duration += tickOf25 / 4
			default:
				s.duration -= tickOf25 / 4
			}
			p.send(s)
		}
		if len(p.runs) != 1 || p.dropped > 0 {
			t.Fatalf("by %d frames: %d runs, %d dropped", jump, len(p.runs), p.dropped)
		}
		worst := time.Duration(0)
		for i := range p.runs[0] {
			worst = max(worst, p.ahead(0, i).Abs())
		}
		if worst > 400*ms {
			t.Errorf("by %d frames: %v off", jump, worst)
		}
		if off := p.ahead(0, len(p.runs[0])-1); off.Abs() > 60*ms {
			t.Errorf("by %d frames: %v off in the end", jump, off)
		}
	}
}
