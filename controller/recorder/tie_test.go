package recorder

import (
	"testing"
	"time"

	"lookback/controller/rtsp"
)

// TestTie: where sound belongs beside its picture, by arrivals and sender reports.
func TestTie(t *testing.T) {
	noon := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	const picture, sound = 7000 * time.Second, 30 * time.Second // stamps at noon
	for name, c := range map[string]struct {
		late    time.Duration // by which sound comes later than its picture
		reports func(*tie)
		want    time.Duration // between picture and sound
	}{
		"no reports": {late: 80 * ms, want: picture - sound + 80*ms},
		"reports": {late: 80 * ms, reports: func(t *tie) {
			t.reported(rtsp.Picture, picture, noon)
			t.reported(rtsp.Sound, sound, noon)
		}, want: picture - sound},
		"of another time": {late: 80 * ms, reports: func(t *tie) {
			t.reported(rtsp.Picture, picture+3*time.Second, noon.Add(3*time.Second))
			t.reported(rtsp.Sound, sound+8*time.Second, noon.Add(8*time.Second))
		}, want: picture - sound},
		"a clock that is wrong for both": {late: 80 * ms, reports: func(t *tie) {
			t.reported(rtsp.Picture, picture, noon.AddDate(-50, 0, 0))
			t.reported(rtsp.Sound, sound, noon.AddDate(-50, 0, 0))
		}, want: picture - sound},
		"clocks that differ": {late: 80 * ms, reports: func(t *tie) {
			t.reported(rtsp.Picture, picture, noon)
			t.reported(rtsp.Sound, sound, noon.Add(700*ms))
		}, want: picture - sound + 80*ms},
		"one report": {late: 80 * ms, reports: func(t *tie) {
			t.reported(rtsp.Picture, picture, noon)
		}, want: picture - sound + 80*ms},
		"the sound is counted anew": {late: 80 * ms, reports: func(t *tie) {
			t.reported(rtsp.Picture, picture, noon)
			t.reported(rtsp.Sound, sound, noon)
			t.came(rtsp.Sound, 0, 20*time.Second)
		}, want: picture + 10*time.Second}, // noon was 10 s after its beginning
	} {
		t.Run(name, func(t *testing.T) {
			var in tie
			if _, ok := in.place(0, false); ok {
				t.Error("a place is known before anything has come")
			}
			for n := range 100 {
				at := time.Duration(n) * 40 * ms
				jitter := time.Duration(n*n%7) * ms
				in.came(rtsp.Picture, picture+at, 10*time.Second+at+jitter)
				in.came(rtsp.Sound, sound+at, 10*time.Second+at+c.late+jitter)
			}
			if c.reports != nil {
				c.reports(&in)
			}
			got, ok := in.place(0, false)
			if slack := 4 * ms; !ok || (got-in.sent(c.want)).Abs() > slack {
				t.Errorf("%v, want %v", got, in.sent(c.want))
			}
			if sent := in.sent(picture); (sent - 10*time.Second).Abs() > 4*ms {
				t.Errorf("the picture was sent at %v", sent)
			}
			// By its arrivals alone sound belongs to when it came, whatever is reported.
			if alone, _ := in.place(sound, true); name != "the sound is counted anew" && (alone-10*time.Second-c.late).Abs() > 4*ms {
				t.Errorf("alone: %v", alone)
			}
		})
	}
}

// TestVoiceStamps: what ffmpeg counts is told by the camera's clock again, across
// lost packets and a jump.
func TestVoiceStamps(t *testing.T) {
	v := newVoice(nil, nil, 8000)
	if _, ok := v.stamp(0); ok {
		t.Error("a stamp is known before any sound")
	}
	for _, m := range []mark{{0, 100 * time.Second}, {2 * time.Second, 103 * time.Second}, {5 * time.Second, 7 * time.Second}} {
		v.mark(m)
	}
	for _, c := range [][2]time.Duration{{time.Second, 101 * time.Second}, {2 * time.Second, 103 * time.Second}, {4 * time.Second, 105 * time.Second}, {6 * time.Second, 8 * time.Second}} {
		if got, ok := v.stamp(c[0]); !ok || got != c[1] {
			t.Errorf("%v: %v, want %v", c[0], got, c[1])
		}
	}
}
