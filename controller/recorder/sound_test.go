package recorder

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"lookback/controller/fmp4"
)

func newSoundTrack(t *testing.T) *soundTrack {
	aac, err := fmp4.ParseAAC([]byte{0x11, 0x88})
	if err != nil {
		t.Fatal(err)
	}
	return &soundTrack{aac: aac}
}

// frame is how long a frame of sound is in these tests: 1024 samples at 48 kHz.
const frame = time.Duration(fmp4.AACFrame) * time.Second / 48000

// hearing plays pictures of 40 ms for a time; sound tells which frames have
// come when the picture that ends at a time is written. It counts what was
// recorded: sound and silence.
func hearing(track *soundTrack, length time.Duration, sound func(end time.Duration) []time.Duration) (heard, silent int) {
	var next uint64
	for end := 40 * time.Millisecond; end <= length; end += 40 * time.Millisecond {
		for _, at := range sound(end) {
			track.push(at, []byte("sound"))
		}
		first, frames := track.upTo(end, end)
		if first != next {
			panic("a hole in the sound")
		}
		next += uint64(len(frames)) * fmp4.AACFrame
		for _, f := range frames {
			if string(f) == "sound" {
				heard++
			} else {
				silent++
			}
		}
	}
	return heard, silent
}

// after gives frames a constant time after they belong, from begin until end.
func after(delay, begin, stop time.Duration) func(time.Duration) []time.Duration {
	n := int64(begin / frame)
	return func(end time.Duration) (at []time.Duration) {
		for ; time.Duration(n)*frame+delay <= end && time.Duration(n)*frame < stop; n++ {
			at = append(at, time.Duration(n)*frame)
		}
		return at
	}
}

func TestSoundTrack(t *testing.T) {
	const length = 10 * time.Second
	all := int(length / frame)
	both := func(a, b func(time.Duration) []time.Duration) func(time.Duration) []time.Duration {
		return func(end time.Duration) []time.Duration { return append(a(end), b(end)...) }
	}
	for name, c := range map[string]struct {
		sound         func(time.Duration) []time.Duration
		heard, silent int
		slack         int // frames more or less
	}{
		"in time":        {after(20*time.Millisecond, 0, length), all, 0, 2},
		"late":           {after(500*time.Millisecond, 0, length), all - 24, 0, 2},
		"ahead":          {after(-time.Second, 0, length), all, 0, 2},
		"none":           {after(0, length, length), 0, all, 3},
		"begins later":   {after(0, 3*time.Second, length), all * 7 / 10, all * 3 / 10, 4},
		"ends":           {after(0, 0, 4*time.Second), all * 4 / 10, all * 6 / 10, 2},
		"a hole":         {both(after(0, 0, 4*time.Second), after(0, 6*time.Second, length)), all * 8 / 10, all * 2 / 10, 4},
		"a hole, late":   {both(after(400*time.Millisecond, 0, 4*time.Second), after(400*time.Millisecond, 6*time.Second, length)), all*8/10 - 19, all * 2 / 10, 24},
		"much too late":  {after(5*time.Second, 0, length), 0, all, 250},
		"everything bad": {both(after(0, 0, length), after(2*time.Second, 0, length)), all, 0, 4},
	} {
		heard, silent := hearing(newSoundTrack(t), length, c.sound)
		if d := heard - c.heard; d < -c.slack || d > c.slack {
			t.Errorf("%s: %d frames heard, want about %d (%d silent)", name, heard, c.heard, silent)
		}
		if d := silent - c.silent; d < -c.slack || d > c.slack {
			t.Errorf("%s: %d frames of silence, want about %d", name, silent, c.silent)
		}
	}
}

// heardAt is a frame of sound with a time stamp.
func heardAt(stamp, arrival time.Duration) unit {
	return unit{track: ofSound, format: &format{timescale: uint32(time.Second)}, dts: int64(stamp), arrival: arrival}
}

func TestSoundClock(t *testing.T) {
	timed := soundClock{timed: true}
	if _, ok := timed.place(heardAt(time.Second, 0), 0, 0); ok {
		t.Error("a time before any picture")
	}
	timed.picture(9*time.Second, 2*time.Second)
	if at, _ := timed.place(heardAt(10*time.Second, time.Hour), 0, 0); at != 3*time.Second {
		t.Errorf("at %v", at)
	}
	// By arrival the earliest counts: those that were held up are not late.
	var c soundClock
	for i, delay := range []time.Duration{50, 0, 40, 30} {
		stamp := time.Duration(i) * frame
		at, ok := c.place(heardAt(stamp, time.Minute+stamp+delay*time.Millisecond), time.Minute, frame)
		if want := stamp - frame; i > 0 && (!ok || at < want || at > want+time.Millisecond) {
			t.Errorf("frame %d at %v, want %v", i, at, want)
		}
	}
}

// TestSoundBesideThePicture: AAC is copied, others are encoded; what was
// recorded plays, and sound is as long as the picture and in step with it.
func TestSoundBesideThePicture(t *testing.T) {
	t.Parallel()
	for name, codec := range map[string][]string{"aac": {"-c:a", "aac"}, "mp2": {"-c:a", "mp2"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A second of tone, a second of nothing.
			cam := newTSStream(t, append([]string{"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25[out0];aevalsrc=sin(2000*t)*lt(mod(t\\,2)\\,1):s=48000[out1]",
				"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "2"}, codec...)...)
			r, stop := start(t, cam.URL, func(r *Recorder) { r.Audio = "on" })
			until(t, 60*time.Second, "segments", func() bool { return segments(t, r, 0) >= 3 })
			stop()
			dir := runs(t, r)[0]
			whole, err := os.ReadFile(filepath.Join(dir, "init.mp4"))
			if err != nil {
				t.Fatal(err)
			}
			for _, seq := range []string{"000000", "000001"} {
				b, err := os.ReadFile(filepath.Join(dir, seq+".m4s"))
				if err != nil {
					t.Fatal(err)
				}
				whole = append(whole, b...)
			}
			path := filepath.Join(t.TempDir(), "all.mp4")
			if err := os.WriteFile(path, whole, 0o644); err != nil {
				t.Fatal(err)
			}
			video, sound := span(t, path, "v:0"), span(t, path, "a:0")
			if d := video - sound; d < -100*time.Millisecond || d > soundPatience {
				t.Errorf("%v of picture, %v of sound", video, sound)
			}
			// In the recording's own time base: in that of its frame rate, pictures that
			// are a little closer together than nominal would have the same time.
			if out, err := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-xerror", "-i", path,
				"-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// span is from the first packet of a stream to the end of the last.
func span(t *testing.T, path, stream string) time.Duration {
	t.Helper()
	out, err := exec.Command("ffprobe", "-loglevel", "error", "-select_streams", stream, "-show_entries", "packet=dts_time,duration_time", "-of", "json", path).Output()
	var p struct {
		Packets []struct {
			DTS      string `json:"dts_time"`
			Duration string `json:"duration_time"`
		}
	}
	if err := errors.Join(err, json.Unmarshal(out, &p)); err != nil || len(p.Packets) == 0 {
		t.Fatalf("%v, %d packets of %s", err, len(p.Packets), stream)
	}
	seconds := func(s string) time.Duration {
		f, _ := strconv.ParseFloat(s, 64)
		return time.Duration(f * float64(time.Second))
	}
	last := p.Packets[len(p.Packets)-1]
	return seconds(last.DTS) + seconds(last.Duration) - seconds(p.Packets[0].DTS)
}
