package recorder

import (
	"fmt"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// encodedPlan is that of a camera of so many pictures a second.
func encodedPlan(fps int) camera.Plan {
	r := camera.Rate{Num: fps, Den: 1}
	return camera.Plan{SourceRate: r, FrameRate: r, SegmentFrames: 2 * fps, Constants: spool.Constants{PartTarget: max(100_000, 1_000_000/int64(fps))}}
}

// encodedUnit is the i-th picture of such a camera, with a key frame every 2 s.
func encodedUnit(f *format, fps, i int, arrival time.Duration) unit {
	step := int64(f.timescale) / int64(fps)
	return unit{format: f, pts: int64(i) * step, dts: int64(i) * step, duration: uint64(step), sync: i%(2*fps) == 0, arrival: arrival, data: lengths("\x41")}
}

func always(time.Duration) bool { return true }

// TestAtOnceAndLate: pictures that are handed out when the next one comes get the
// same dates as those that come at once, and are as late.
func TestAtOnceAndLate(t *testing.T) {
	for _, fps := range []int{30, 10, 1} {
		t.Run(fmt.Sprint(fps), func(t *testing.T) {
			f, frame := h264(320, 180), time.Second/time.Duration(fps)
			var origins, lags [2]time.Duration
			for which, late := range []bool{false, true} {
				p := &placer{plan: encodedPlan(fps), ready: always}
				for i := range 10 * fps {
					u := encodedUnit(f, fps, i, time.Hour+time.Duration(i)*frame+3*ms)
					if u.late = late; late {
						u.arrival += frame
					}
					if i >= 4*fps { // from then on it is slow
						u.arrival += 50 * ms
					}
					p.add(u)
				}
				origins[which], lags[which] = p.start.origin, p.lag()
			}
			if d := origins[0] - origins[1]; d.Abs() > ms || (origins[0]-time.Hour-3*ms).Abs() > ms {
				t.Errorf("time 0 was at %v, and %v where they are late", origins[0], origins[1])
			}
			if d := lags[0] - lags[1]; d.Abs() > ms || (lags[0]-50*ms).Abs() > ms {
				t.Errorf("they come %v late, and %v", lags[0], lags[1])
			}
		})
	}
}

// TestLateEncoderAtFirst: where it is known when the pictures came that are encoded,
// these instants are their dates, however late the encoder is with the first ones.
func TestLateEncoderAtFirst(t *testing.T) {
	f, came := h264(320, 180), ticks{frame: 100 * ms}
	p := &placer{plan: encodedPlan(10), ready: always, taken: came.at}
	for i := range 20 {
		at := time.Hour + time.Duration(i)*100*ms
		if _, ok := came.take(at); !ok {
			t.Fatal("no tick")
		}
		if i >= 3 { // those before were lost on the way
			p.add(encodedUnit(f, 10, i, at+700*ms))
		}
	}
	if p.start != nil {
		t.Fatal("it began before a key frame")
	}
	for i := range 20 {
		p.add(encodedUnit(f, 10, 20+i, time.Hour+time.Duration(20+i)*100*ms+700*ms))
	}
	if p.start == nil {
		t.Fatal("no run")
	}
	if off := p.start.origin - (time.Hour + 2*time.Second); off.Abs() > ms {
		t.Errorf("the first picture is dated %v beside its arrival", off)
	}
}

// TestSoundOfPicturesAtOnce: the sound of a picture that has only begun can't be
// there yet; no silence takes its place, however long the picture lasts.
func TestSoundOfPicturesAtOnce(t *testing.T) {
	aac, err := fmp4.ParseAAC([]byte{0x11, 0x88})
	if err != nil {
		t.Fatal(err)
	}
	for _, fps := range []int{30, 10, 1} {
		pictures, sound := h264(320, 180), &format{timescale: 1000, sound: aac}
		p, m := &placer{plan: encodedPlan(fps), ready: always}, &mixer{wanted: true, log: discarded}
		heard, silent, told := 0, 0, 0
		next := uint64(0)
		for i := range 20 * fps {
			now := time.Hour + time.Duration(i)*time.Second/time.Duration(fps)
			for ; time.Hour+time.Duration(told+1)*frame <= now; told++ {
				at := time.Duration(told) * frame
				m.add(unit{track: ofSound, format: sound, dts: at.Milliseconds(), arrival: time.Hour + at + frame, data: []byte("sound")})
			}
			_, ready := p.add(encodedUnit(pictures, fps, i, now))
			for _, q := range ready {
				m.join(&q)
				if len(q.sound) > 0 && q.soundAt != next {
					t.Fatalf("%d fps: sound at %d behind %d", fps, q.soundAt, next)
				}
				next = q.soundAt + uint64(len(q.sound))*fmp4.AACFrame
				for _, s := range q.sound {
					if string(s) == "sound" {
						heard++
					} else {
						silent++
					}
				}
			}
		}
		if all := int(18 * time.Second / frame); silent > 3 || heard < all {
			t.Errorf("%d fps: %d frames of sound, %d of silence; want %d", fps, heard, silent, all)
		}
	}
}

// TestPlacerEndsRuns: what can't belong to the run so far ends it, for a reason,
// and the next one begins with a key frame.
func TestPlacerEndsRuns(t *testing.T) {
	const fps = 10
	f := h264(320, 180)
	for name, c := range map[string]struct {
		at     int // picture before which it happens
		change func(p *placer, u *unit)
		over   string
		next   int // picture with which the next run begins
	}{
		"nothing":                 {at: 50, change: func(*placer, *unit) {}},
		"a picture is missing":    {50, func(_ *placer, u *unit) { u.dts += int64(u.duration) }, camera.TimestampJump, 60},
		"the same time again":     {50, func(_ *placer, u *unit) { u.dts -= int64(u.duration) }, camera.TimestampJump, 60},
		"another format":          {60, func(_ *placer, u *unit) { u.format = h264(640, 360) }, camera.StreamChanged, 60},
		"another, between keys":   {61, func(_ *placer, u *unit) { u.format = h264(640, 360) }, camera.StreamChanged, 80},
		"sound has come":          {62, func(p *placer, _ *unit) { p.request(camera.StreamChanged) }, camera.StreamChanged, 80},
		"a copied clock was set":  {62, func(p *placer, _ *unit) { p.request(camera.TimestampJump) }, camera.TimestampJump, 80},
		"a request, then a break": {62, func(p *placer, u *unit) { p.request(camera.StreamChanged); u.dts++ }, camera.TimestampJump, 80},
	} {
		t.Run(name, func(t *testing.T) {
			p := &placer{plan: encodedPlan(fps), ready: always}
			var overs []string
			var begins []int64 // of runs: the pictures
			var starts []*beginning
			var shift int64
			format := f
			for i := range 120 {
				u := encodedUnit(format, fps, i, time.Duration(i)*time.Second/fps)
				u.dts += shift
				if i == c.at {
					before := u.dts
					c.change(p, &u)
					shift, format = u.dts-before, u.format
				}
				over, ready := p.add(u)
				if over != "" {
					overs = append(overs, over)
				}
				for _, q := range ready {
					if n := len(starts); n == 0 || starts[n-1] != q.start {
						if !q.sync || q.decode != 0 {
							t.Errorf("a run begins with %+v", q)
						}
						starts, begins = append(starts, q.start), append(begins, (q.dts-shift)/int64(q.duration))
					}
				}
			}
			if c.over == "" {
				if len(overs) != 0 || len(starts) != 1 {
					t.Errorf("ended for %q", overs)
				}
				return
			}
			if len(overs) != 1 || overs[0] != c.over || len(begins) != 2 || begins[1] != int64(c.next) {
				t.Errorf("ended for %q, runs begin with %v, want %d", overs, begins, c.next)
			}
		})
	}
}

// TestPlacerHoldsLittle: what waits for its sound is bounded, and begins with a
// key frame whatever was forgotten.
func TestPlacerHoldsLittle(t *testing.T) {
	const fps = 10
	f, ready := h264(320, 180), false
	p := &placer{plan: encodedPlan(fps), ready: func(time.Duration) bool { return ready }}
	for i := range 1000 {
		u := encodedUnit(f, fps, i, time.Duration(i)*time.Second/fps)
		u.data = make([]byte, 1<<20)
		if i == 999 {
			ready = true
		}
		_, got := p.add(u)
		if p.size > maxHeldBytes+len(u.data) {
			t.Fatalf("%d bytes are held", p.size)
		}
		if i < 999 {
			if len(got) > 0 {
				t.Fatal("it did not wait")
			}
			continue
		}
		if len(got) < 2 || !got[0].sync || got[0].decode != 0 || got[len(got)-1].dts != u.dts {
			t.Errorf("%d pictures are left", len(got))
		}
	}
}

// TestLearnerHoldsBack: nothing of a camera of which only codec and size are known
// goes on before enough was seen, and then all of it.
func TestLearnerHoldsBack(t *testing.T) {
	f := h264(320, 180)
	rough := camera.Facts{Kind: camera.RTSP, Codec: "h264", PixelFormat: "yuv420p", Width: 320, Height: 180, Knowledge: camera.Rough}
	for name, promised := range map[string]*spool.Constants{
		"nothing is promised": nil,
		"all is promised":     {PartTarget: 138_000, TargetDuration: 3_000_000, Independent: true},
	} {
		l := newLearner(rough, promised)
		var degrees []camera.Knowledge
		sent, on := 0, 0
		for ; sent < 200; sent++ {
			u := unit{format: f, dts: int64(sent * tickOf25), pts: int64(sent * tickOf25), sync: sent%50 == 0, data: lengths("\x41")}
			got, facts, err := l.add(u)
			if err != nil {
				t.Fatal(err)
			}
			if facts != nil {
				degrees = append(degrees, facts.Knowledge)
			}
			if on == 0 && len(got) > 0 && (facts == nil || len(got) != sent+1) {
				t.Errorf("%s: %d of %d pictures go on, facts %+v", name, len(got), sent+1, facts)
			}
			on += len(got)
		}
		want := []camera.Knowledge{camera.Known}
		if promised != nil {
			want = []camera.Knowledge{camera.Provisional, camera.Known}
		}
		if fmt.Sprint(degrees) != fmt.Sprint(want) || on != sent {
			t.Errorf("%s: known as %v, want %v; %d of %d pictures went on", name, degrees, want, on, sent)
		}
	}
	l := newLearner(camera.Facts{}, nil)
	if got, facts, err := l.add(unit{format: f}); len(got) != 1 || facts != nil || err != nil {
		t.Errorf("a camera that is known: %d, %+v, %v", len(got), facts, err)
	}
}
