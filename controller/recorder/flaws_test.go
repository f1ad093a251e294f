package recorder

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// shows plays pictures of 25 a second to a standstill: what arrives at 40 ms
// each until a silence, then all that was missed at once, and goes on.
type shows struct {
	w    standstill
	now  time.Duration // arrival of the next picture
	next uint64        // its decode time in frames
	got  [][2]uint64   // flaws, in frames
}

const frame25 = 40 * ms

func (s *shows) show(n int, size int, awake bool) {
	for range n {
		end := time.Duration(s.next)*frame25 + frame25/2
		if since, over := s.w.add(shown{arrival: s.now, end: end, lag: frame25, awake: awake, sync: s.next%50 == 0, size: size, decode: s.next}); over {
			s.got = append(s.got, [2]uint64{since, s.next})
		}
		s.next++
	}
}

// play is the camera as it should be.
func (s *shows) play(n int) {
	for range n {
		s.show(1, 4000, true)
		s.now += frame25
	}
}

func newShows() *shows {
	s := &shows{w: newStandstill(frame25, frame25), now: time.Second}
	s.next = 24 // it comes 40 ms late
	s.play(60)
	return s
}

func TestStandstill(t *testing.T) {
	for name, c := range map[string]struct {
		silent int // frames
		size   int // of what is repeated, bytes
		awake  bool
		want   bool
	}{
		"jitter":                         {silent: 10, size: 60, awake: true},
		"a second without pictures":      {silent: 25, size: 60, awake: true, want: true},
		"repeats that are encoded badly": {silent: 25, size: 2000, awake: true, want: true},
		"we stood still, ffmpeg did not": {silent: 100, size: 4000},
		"both did":                       {silent: 100, size: 60, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShows()
			from := s.next
			s.now += time.Duration(c.silent) * frame25
			s.show(c.silent, c.size, c.awake) // all at once
			s.play(60)
			want := [][2]uint64(nil)
			if c.want {
				want = append(want, [2]uint64{from, from + uint64(c.silent)})
			}
			if len(s.got) != len(want) || c.want && (s.got[0][0] != want[0][0] || max(s.got[0][1], want[0][1])-min(s.got[0][1], want[0][1]) > 1) {
				t.Errorf("flaws %v, want %v", s.got, want)
			}
		})
	}
}

// TestSlowCameraStandsStill: one picture a second is not silence.
func TestSlowCameraStandsStill(t *testing.T) {
	w := newStandstill(time.Second, time.Second)
	for i := range uint64(20) {
		if _, over := w.add(shown{arrival: time.Duration(i+2) * time.Second, end: time.Duration(i+1) * time.Second, lag: time.Second, awake: true, size: 9, decode: i}); over {
			t.Fatalf("picture %d ended a standstill", i)
		}
	}
}

func TestPiles(t *testing.T) {
	steady, slow := progress{frames: 30}, progress{frames: 30, dup: 6}
	for name, c := range map[string]struct {
		seconds []progress // of each report what is new
		since   int        // report at which what was late began, -1: nothing is found
	}{
		"all is well":          {[]progress{steady, steady, steady}, -1},
		"now and then":         {[]progress{steady, {frames: 30, dup: 1, drop: 1}, steady}, -1},
		"slow":                 {[]progress{steady, slow, slow, slow, steady}, -1},
		"half are recorded":    {[]progress{steady, {frames: 15, drop: 15}, {frames: 15, drop: 15}}, -1},
		"half, and a pile":     {[]progress{steady, {frames: 15, drop: 7}, {frames: 15, drop: 25}}, 1},
		"too fast":             {[]progress{steady, {frames: 30, drop: 5}, {frames: 30, drop: 5}}, -1},
		"piled up while slow":  {[]progress{steady, slow, slow, slow, {frames: 30, drop: 12}}, 1},
		"a pile of its own":    {[]progress{steady, steady, {frames: 30, drop: 20}}, 2},
		"a small one":          {[]progress{steady, steady, {frames: 30, drop: 12}}, -1},
		"silence and its pile": {[]progress{steady, {frames: 2}, {frames: 58, dup: 50, drop: 30}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w, sum, got := pileWatch{frame: time.Second / 30}, progress{frames: 100, dup: 9, drop: 30}, -1
			w.add(time.Second, sum, true)
			for i, p := range c.seconds {
				sum = progress{frames: sum.frames + p.frames, dup: sum.dup + p.dup, drop: sum.drop + p.drop}
				if since, kind := w.add(time.Duration(i+2)*time.Second, sum, true); kind == spool.Late {
					got = int(since/time.Second) - 1
				}
			}
			if got != c.since {
				t.Errorf("late since report %d, want %d", got, c.since)
			}
		})
	}
	w := pileWatch{frame: time.Second / 30}
	for i := range uint64(100) {
		w.add(time.Duration(i+1)*time.Second, progress{frames: 30 * i, dup: 6 * i}, true)
	}
	if since, kind := w.add(101*time.Second, progress{frames: 3000, dup: 600, drop: 30}, true); kind != spool.Late || since != 101*time.Second-oldestPile {
		t.Errorf("after a long slow time: %v, %q", since, kind)
	}
}

// TestFewPictures: of each second in which few came it is told at once, with the
// slow ones before, and of the one in which they come again.
func TestFewPictures(t *testing.T) {
	steady, slow, few := progress{frames: 30}, progress{frames: 30, dup: 10}, progress{frames: 30, dup: 28}
	for name, c := range map[string]struct {
		seconds []progress
		told    []int // for each report: since which one they were few, 0: nothing is told
	}{
		"all is well":              {[]progress{steady, steady, steady}, []int{0, 0, 0}},
		"slow":                     {[]progress{steady, slow, slow, steady}, []int{0, 0, 0, 0}},
		"few":                      {[]progress{steady, few, few, steady, steady}, []int{0, 2, 2, 2, 0}},
		"more, few":                {[]progress{steady, slow, few, slow, steady, steady}, []int{0, 0, 2, 2, 2, 0}},
		"a little slow afterwards": {[]progress{steady, few, {frames: 30, dup: 3}, {frames: 30, dup: 3}, {frames: 30, dup: 3}}, []int{0, 2, 2, 0, 0}},
		"twice":                    {[]progress{few, steady, steady, few, steady}, []int{1, 1, 0, 4, 4}},
	} {
		w, sum, told := pileWatch{frame: time.Second / 30}, progress{}, []int(nil)
		w.add(time.Second, sum, true)
		for i, p := range c.seconds {
			sum = progress{frames: sum.frames + p.frames, dup: sum.dup + p.dup, drop: sum.drop + p.drop}
			since, kind := w.add(time.Duration(i+2)*time.Second, sum, true)
			if kind != "" && kind != spool.Sparse {
				t.Errorf("%s: %s", name, kind)
			}
			told = append(told, int(since/time.Second))
		}
		if !slices.Equal(told, c.told) {
			t.Errorf("%s: told since %v, want %v", name, told, c.told)
		}
	}
	w := pileWatch{frame: time.Second / 30}
	for i := range uint64(100) {
		_, kind := w.add(time.Duration(i+1)*time.Second, progress{frames: 30 * i, dup: 15 * i}, true)
		if told := i > 0 && i <= uint64(fewLongest/time.Second); told != (kind == spool.Sparse) {
			t.Errorf("half of the pictures for %d s: %q", i, kind)
		}
	}
	w = pileWatch{frame: time.Second}
	for i := range uint64(30) { // one a second, some of them a second late
		if since, kind := w.add(time.Duration(i+1)*time.Second, progress{frames: i - i%3%2}, true); kind != "" {
			t.Errorf("a slow camera: %s since %v", kind, since)
		}
	}
}

// TestHoleOfCopiedCamera: pictures that were lost on the way show in the length
// of the last one before them.
func TestHoleOfCopiedCamera(t *testing.T) {
	p := newPlay(t, true)
	for i := range 100 {
		p.send(ideal(i))
	}
	last := ideal(100)
	last.duration *= 20
	got := p.timeline.add(last)
	if lost := p.timeline.time(got.cut); got.verdict != write || lost < 600*ms || lost > 800*ms {
		t.Errorf("%+v: %v are taken for lost of 0.76 s", got, lost)
	}
}

// TestAbsentRecorder: what this program did not run for says nothing of the
// camera, neither that few of its pictures came nor that its rate is another.
func TestAbsentRecorder(t *testing.T) {
	now := time.Second
	r := New(Options{MediaDir: t.TempDir(), Camera: "front", Request: camera.Request{Segment: 2 * time.Second, Part: 100 * ms}})
	r.clock = func() (time.Time, time.Duration) { return time.Unix(0, 0).Add(now), now }
	r.unread = func(int) int64 { return 0 }
	r.facts = &camera.Facts{Codec: "mjpeg", FrameRate: camera.Rate{Num: 30, Den: 1}}
	s := r.newSession(camera.Plan{SourceRate: r.facts.FrameRate, FrameRate: r.facts.FrameRate}, &changeJudge{last: &r.lastSize}, &feed{})
	s.stop = func() {}
	s.placer.timeline = newTimeline(timelineConfig{timescale: 1000})
	s.placer.timeline.placed = true
	var sum progress
	// pass reports every second for so long, with the pictures of each.
	pass := func(seconds int, pictures uint64, awake bool) {
		for range seconds {
			for range 5 {
				if now += checkInterval; awake {
					s.check(now)
				}
			}
			sum.frames += pictures
			s.placer.timeline.next += 1000
			if awake {
				s.report(sum)
			}
		}
		s.report(sum)
		s.check(now)
	}
	for range 12 {
		pass(3, 30, true)
		pass(7, 2, false)
	}
	if s.cause.Code != "" || r.status.Flaws[spool.Sparse] > 0 {
		t.Errorf("while the program stands: ended for %q, %.1f s sparse", s.cause.Code, r.status.Flaws[spool.Sparse])
	}
	pass(3, 30, true)
	pass(3, 10, true)
	if told := r.status.Flaws[spool.Sparse]; told < 2 || told > 4 {
		t.Errorf("while few come: %.1f s sparse", told)
	}
	pass(70, 10, true)
	if told := strings.Join(r.status.PlanReasons, " "); s.cause.Code != "" || !strings.Contains(told, camera.FewerAtTimes) {
		t.Errorf("a third of the pictures for more than a minute: %q, the plan says %q", s.cause.Code, told)
	}
	pass(3600, 10, true)
	if s.cause.Code != camera.RateChanged {
		t.Errorf("a third of the pictures for more than an hour: %q", s.cause.Code)
	}
}
