package recorder

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// shownPicture is a picture as it is recorded: its number, and when it is said to
// have been there.
type shownPicture struct {
	number int
	at     time.Time
	lasts  time.Duration
}

// numbers are the pictures of a run by the numbers that the camera gave them.
func (r recorded) numbers(t *testing.T) (all []shownPicture) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(r.dir, "[0-9]*.m4s"))
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range readSegment(t, path) {
			tf, _ := info.Track(fmp4.VideoTrack)
			_, rest, ok := bytes.Cut(data[info.Offset:info.Offset+info.Size], []byte(numberOf))
			if !ok {
				t.Fatal("a picture without its number")
			}
			n, err := strconv.Atoi(string(rest[:8]))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, shownPicture{n, info.PRFT, time.Duration(tf.Duration * 1e9 / uint64(r.Timescale))})
		}
	}
	return all
}

// datedAsSent: pictures are dated within half a second of when they were sent. One
// in twenty may be further off, since a machine with much to do sends some late.
func (r recorded) datedAsSent(t *testing.T, sent []time.Time) {
	t.Helper()
	all, worst, off := r.numbers(t), time.Duration(0), 0
	for _, p := range all {
		d := p.at.Sub(sent[p.number])
		if d.Abs() > 500*ms {
			off++
		}
		if d.Abs() > worst.Abs() {
			worst = d
		}
	}
	if off*20 > len(all) {
		t.Errorf("%d of %d pictures are dated more than 0.5 s off, one by %v", off, len(all), worst)
	}
}

// sender is a camera that numbers its pictures.
type sender interface {
	begin(t *testing.T) (address string)
	sentAt() []time.Time
}

// misstamped is a camera whose time stamps are not to be trusted, or that
// changes how many pictures it sends.
type misstamped struct {
	cam     sender
	change  func(*Recorder)
	plan    string // what it must say
	reason  string // that must be told; "": the stamps are trusted
	runs    int
	end     string // why the first of several runs ends
	pace    float64
	sounds  bool
	thinned bool // only key frames are kept

	recorder *Recorder
	stop     func()
}

// TestUntrustedStamps: cameras that stamp their pictures wrongly are recorded in one
// run, without a picture left out, dated when they were sent.
func TestUntrustedStamps(t *testing.T) {
	stamped := func(fps float64) func(int) float64 { return func(n int) float64 { return float64(n) / fps } }
	set := func(n int) float64 { return float64(n)/25 + float64(min(1, n/400))*3600 }
	begun, all := time.Now(), map[string]*misstamped{}
	for name, c := range map[string]misstamped{
		"15 fps stamped as 25": {cam: &rtspCamera{fps: 15, stamped: stamped(25)}, plan: "at 15 fps", reason: "they pass at", pace: 0.6, runs: 1},
		"25 fps stamped as 20": {cam: &rtspCamera{fps: 25, stamped: stamped(20)}, plan: "at 25 fps", reason: "they pass at", pace: 1.25, runs: 1},
		"12 fps stamped as 30, with sound": {cam: &rtspCamera{fps: 12, stamped: stamped(30), medias: soundMedia(false, aacTrack)}, plan: "at 12 fps",
			reason: "they pass at", pace: 0.4, runs: 1, sounds: true, change: func(r *Recorder) { r.Audio = "on" }},
		"a few per cent too slow":            {cam: &rtspCamera{fps: 25, stamped: stamped(26)}, plan: "at 2", reason: "they pass at", pace: 0.96, runs: 1},
		"a few per cent too fast":            {cam: &rtspCamera{fps: 25, stamped: stamped(24)}, plan: "at 2", reason: "they pass at", pace: 1.04, runs: 1},
		"ten times too fast":                 {cam: &rtspCamera{fps: 25, stamped: stamped(2.5)}, plan: "at 25 fps", reason: "they pass at", pace: 10, runs: 1},
		"ten times too slow":                 {cam: &rtspCamera{fps: 20, stamped: stamped(200)}, plan: "at 20 fps", reason: "they pass at", pace: 0.1, runs: 1},
		"they stand still":                   {cam: &rtspCamera{fps: 25, stamped: func(int) float64 { return 7 }}, plan: "at 25 fps", reason: "they stand still", runs: 1},
		"they leap hours ahead":              {cam: &rtspCamera{fps: 25, stamped: func(n int) float64 { return float64(n)/25 + float64(n/60)*7200 }}, plan: "at 25 fps", reason: "they leap", runs: 1},
		"they are random":                    {cam: &rtspCamera{fps: 20, stamped: func(n int) float64 { return float64(n * 7919 % 40009) }}, plan: "at 20 fps", reason: "they leap", runs: 1},
		"random steps":                       {cam: &rtspCamera{fps: 25, stamped: steps(0, 2)}, plan: "at 2", reason: "they leap", runs: 1},
		"random steps, later":                {cam: &rtspCamera{fps: 25, stamped: steps(13, 2)}, plan: "at 25 fps", reason: "they leap", runs: 1},
		"25 fps, then 5, steps as before":    {cam: &rtspCamera{fps: 25, due: changing(0, 25, 13, 5), stamped: stamped(25)}, plan: "at 5 fps", reason: "they pass at", pace: 0.2, runs: 1},
		"25 fps, then 12, steps as before":   {cam: &rtspCamera{fps: 25, due: changing(0, 25, 13, 12), stamped: stamped(25)}, plan: "at 12 fps", reason: "they pass at", pace: 0.48, runs: 1},
		"5 fps, then 25, steps as before":    {cam: &rtspCamera{fps: 5, due: changing(0, 5, 13, 25), stamped: stamped(5)}, plan: "at 25 fps", reason: "they pass at", pace: 5, runs: 1},
		"15 fps, later stamped as 25":        {cam: &rtspCamera{fps: 15, stamped: later(13, 15, 25)}, plan: "at 15 fps", reason: "they pass at", pace: 0.6, runs: 1},
		"15 fps, later stamped as 25, sound": {cam: &rtspCamera{fps: 15, stamped: later(13, 15, 25), medias: soundMedia(false, aacTrack)}, plan: "at 15 fps", reason: "they pass at", pace: 0.6, runs: 1, sounds: true, change: func(r *Recorder) { r.Audio = "on" }},
		"random steps, later, sound":         {cam: &rtspCamera{fps: 25, stamped: steps(13, 2), medias: soundMedia(false, aacTrack)}, plan: "at 25 fps", reason: "they leap", runs: 1, sounds: true, change: func(r *Recorder) { r.Audio = "on" }},
		"25 fps, later stamped as 20":        {cam: &rtspCamera{fps: 25, stamped: later(13, 25, 20)}, plan: "at 25 fps", reason: "they pass at", pace: 1.25, runs: 1},
		"its clock is set":                   {cam: &rtspCamera{fps: 25, stamped: set}, plan: "at 25 fps", runs: 2, end: camera.TimestampJump},
		"its clock is set back":              {cam: &rtspCamera{fps: 25, stamped: func(n int) float64 { return 7200 + 2*float64(n)/25 - set(n) }}, plan: "at 25 fps", runs: 2, end: camera.TimestampJump},
		"its clock is set, and that of its sound": {cam: &rtspCamera{fps: 25, stamped: set, ahead: func(n int) float64 { return set(n) - float64(n)/25 }, medias: soundMedia(false, aacTrack)},
			plan: "at 25 fps", runs: 2, end: camera.TimestampJump, sounds: true, change: func(r *Recorder) { r.Audio = "on" }},
		"its clock is set, sound":  {cam: &rtspCamera{fps: 25, stamped: set, medias: soundMedia(false, aacTrack)}, plan: "at 25 fps", runs: 2, end: camera.TimestampJump, sounds: true, change: func(r *Recorder) { r.Audio = "on" }},
		"50 times real time":       {cam: &rtspCamera{fps: 10, due: func(n int) time.Duration { return time.Duration(n) * time.Second / 500 }}, plan: "at 50 fps", reason: "more than 240 pictures", runs: 1, thinned: true},
		"right":                    {cam: &rtspCamera{fps: 25}, plan: "at 25 fps; key frame every 1s", pace: 1, runs: 1},
		"30 fps stamped as 25 are": {cam: &rtspCamera{fps: 30, stamped: func(n int) float64 { return float64(n*25/30) / 25 }}, plan: "at 30 fps", pace: 1, runs: 1},
	} {
		all[name] = &c
		c.begin(t)
	}
	until(t, time.Minute, "30 seconds of each", func() bool { return time.Since(begun) > 35*time.Second })
	for name, c := range all {
		t.Run(name, func(t *testing.T) { t.Parallel(); c.check(t) })
	}
}

// begin records it for as long as the test lasts: they cost next to nothing, and
// all are recorded at once.
func (c *misstamped) begin(t *testing.T) {
	c.recorder, c.stop = start(t, c.cam.begin(t), noFFmpeg, func(r *Recorder) {
		if r.Log = discarded; c.change != nil {
			c.change(r)
		}
	})
}

func (c *misstamped) check(t *testing.T) {
	r := c.recorder
	told := func() string { s := status(r); return s.Plan + "\n" + strings.Join(s.PlanReasons, "\n") }
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(told())
			for _, dir := range runs(t, r) {
				run := readRun(t, dir)
				t.Logf("%d segments, %v, %+v", len(run.segments), run.length(), run.end)
			}
		}
	})
	until(t, 40*time.Second, c.plan+" and "+c.reason, func() bool { return strings.Contains(told(), c.plan) && strings.Contains(told(), c.reason) })
	until(t, 20*time.Second, "segments", func() bool { return segments(t, r, c.runs-1) >= 3 })
	s, text := status(r), told()
	c.stop()
	if !strings.Contains(text, c.plan) || !strings.Contains(text, c.reason) || len(s.Restarts) > 0 || s.Code != "" {
		t.Errorf("%s, %+v", text, s)
	}
	if rate := fmt.Sprintf("at %.4g fps", s.FrameRate); !strings.Contains(s.Plan, rate) {
		t.Errorf("%s, and a rate of %s", s.Plan, rate)
	}
	c.checkTold(t, s)
	sent, before := c.cam.sentAt(), -1
	dirs := runs(t, r)
	if len(dirs) != c.runs {
		t.Errorf("%d runs", len(dirs))
	}
	for i, dir := range dirs {
		run := readRun(t, dir)
		for _, p := range run.numbers(t) {
			if before >= 0 && p.number != before+1 && !c.thinned {
				t.Errorf("after picture %d comes %d", before, p.number)
			}
			before = p.number
		}
		run.datedAsSent(t, sent)
		if i == 0 && c.end != "" && (run.end == nil || run.end.Code != c.end) {
			t.Errorf("the first run ended by %+v", run.end)
		}
		if c.sounds {
			checkSounds(t, run)
		}
	}
	if last := time.Since(sent[before]); before < 0 || last > 10*time.Second {
		t.Errorf("the last picture was sent %v ago", last)
	}
}

// checkTold looks at what health and metrics go by.
func (c *misstamped) checkTold(t *testing.T, s spool.Status) {
	t.Helper()
	switch told := s.Stamps; {
	case c.reason == "":
		if told != nil {
			t.Errorf("%+v", *told)
		}
	case told == nil:
		t.Error("nothing is told of the stamps")
	case !strings.Contains(told.Why, c.reason) || told.Done == "" || told.Since.IsZero() || told.Pace < c.pace*0.98 || told.Pace > c.pace*1.02:
		t.Errorf("%+v", *told)
	}
}

// checkSounds looks whether a run has its sound nearly all the time, and not only
// silence.
func checkSounds(t *testing.T, run recorded) {
	t.Helper()
	var sound, silence int
	for seq := range run.segments {
		data, err := os.ReadFile(spool.SegmentPath(run.dir, seq))
		if err != nil {
			t.Fatal(err)
		}
		sound += bytes.Count(data, sentSound)
	}
	frames := int(run.length().Seconds() * 48000 / fmp4.AACFrame)
	if silence = frames - sound; silence > frames/5+60 {
		t.Errorf("of %d frames of sound %d are the camera's", frames, sound)
	}
}

// TestOtherRate: a copied camera that sends more or fewer pictures than its plan
// says stays in one run, and what is said of it becomes true.
func TestOtherRate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		due   func(int) time.Duration
		known float64 // fps by which it was planned; 0: it is measured
		plans []string
		parts []time.Duration // that are promised one after the other
	}{
		"25 by day, 5 by night":   {changing(0, 25, 12, 5), 0, []string{"at 25 fps", "at 5 fps"}, []time.Duration{138 * ms, 230 * ms}},
		"20 by day, 4 by night":   {changing(0, 20, 12, 4), 0, []string{"at 20 fps", "at 4 fps"}, []time.Duration{115 * ms, 288 * ms}},
		"planned as 12, it is 10": {changing(0, 10), 12, []string{"at 12 fps", "at 10 fps"}, []time.Duration{192 * ms, 115 * ms}},
		"planned as 25, it is 15": {changing(0, 15), 25, []string{"at 25 fps", "at 15 fps"}, []time.Duration{138 * ms}}, // two of them fit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 10, due: c.due, stamped: func(n int) float64 { return c.due(n).Seconds() }}
			r, stop := start(t, cam.begin(t), noFFmpeg, func(r *Recorder) {
				r.Log = discarded
				if c.known > 0 {
					f := camera.Facts{Kind: camera.RTSP, Codec: "h264", PixelFormat: "yuv420p", Width: 320, Height: 180,
						FrameRate: camera.Snap(c.known), KeyInterval: time.Second, KeyIntervalKnown: true}
					r.facts = &f
				}
			})
			for _, plan := range c.plans {
				until(t, 40*time.Second, plan, func() bool { return strings.Contains(status(r).Plan, plan) })
			}
			until(t, 20*time.Second, "the last promise", func() bool {
				p, err := spool.HighestPromise(r.dir)
				return err == nil && p != nil && p.Number == uint64(len(c.parts)-1)
			})
			stop()
			dirs := runs(t, r)
			if len(dirs) != 1 || len(status(r).Restarts) > 0 || status(r).Stamps != nil {
				t.Fatalf("%d runs, %+v", len(dirs), status(r))
			}
			run, sent, before := readRun(t, dirs[0]), cam.sentAt(), -1
			for _, p := range run.numbers(t) {
				if before >= 0 && p.number != before+1 {
					t.Errorf("after picture %d comes %d", before, p.number)
				}
				before = p.number
			}
			run.datedAsSent(t, sent)
			parts := []time.Duration{micro(run.Constants.PartTarget)}
			for seq := range run.segments {
				if p, err := spool.ReadPromised(run.dir, seq); err == nil {
					parts = append(parts, micro(p.Constants.PartTarget))
				}
			}
			if !slices.EqualFunc(parts, c.parts, func(a, b time.Duration) bool { return (a - b).Abs() <= b/10 }) {
				t.Errorf("parts of %v, want %v", parts, c.parts)
			}
		})
	}
}

// TestUntrustedIsRemembered: a recorder that is started anew dates the pictures of a
// camera that it knows rightly from the first one on.
func TestUntrustedIsRemembered(t *testing.T) {
	t.Parallel()
	cam := &rtspCamera{fps: 15, stamped: func(n int) float64 { return float64(n) / 25 }}
	url, dir := cam.begin(t), t.TempDir()
	at := func(r *Recorder) { r.MediaDir, r.dir, r.Log = dir, spool.CameraDir(dir, r.Camera), discarded }
	for i := range 2 {
		r, stop := start(t, url, noFFmpeg, at)
		until(t, 40*time.Second, "segments", func() bool { return segments(t, r, i) >= 4 && status(r).State == spool.Recording })
		stop()
		if status(r).Stamps == nil {
			t.Error("nothing is told of the stamps")
		}
		readRun(t, runs(t, r)[i]).datedAsSent(t, cam.sentAt())
	}
}

// TestUntrustedEncoded: the plan of a camera that is encoded has the rate at which
// pictures come, whatever they are stamped.
func TestUntrustedEncoded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fps     int
		stamped func(int) float64
	}{
		"15 fps stamped as 25": {15, func(n int) float64 { return float64(n) / 25 }},
		"they stand still":     {20, func(int) float64 { return 3 }},
	} {
		t.Run(name, func(t *testing.T) {
			cam := &rtspCamera{fps: c.fps, stamped: c.stamped}
			r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Rotate, r.FFprobe, r.Log = 90, "/nowhere/ffprobe", discarded })
			until(t, 60*time.Second, "two segments", func() bool { return segments(t, r, 0) >= 3 })
			// A busy machine may measure another rate at first, which is put right.
			eventually := func() bool {
				planned := 0.0
				_, rest, _ := strings.Cut(status(r).Plan, " at ")
				fmt.Sscan(rest, &planned)
				return math.Abs(planned-float64(c.fps)) <= 0.15*float64(c.fps)
			}
			until(t, 60*time.Second, "a plan of about "+strconv.Itoa(c.fps)+" fps", eventually)
			s := status(r)
			stop()
			if s.Stamps == nil || !strings.Contains(strings.Join(s.PlanReasons, " "), "can't be trusted") || len(runs(t, r)) > 2 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestPaceOfHeldPictures: what ffmpeg holds comes late by as many pictures. A camera
// that begins to idle, or ends it, has the same pace all the time for all that.
func TestPaceOfHeldPictures(t *testing.T) {
	var sent []time.Duration // when a picture was sent, which is its stamp
	for at := time.Duration(0); at < 40*time.Second; {
		sent = append(sent, at)
		if at >= 12*time.Second && at < 26*time.Second {
			at += time.Second
		} else {
			at += 40 * ms
		}
	}
	for held := range heldPictures + 1 {
		p := pace{held: heldPictures}
		for i := range sent[:len(sent)-1-held] {
			p.add(sample{arrival: sent[i+1+held], stamp: sent[i+1]}, int64(sent[i+1]-sent[i]), uint32(time.Second))
			for _, tolerance := range tolerances {
				if rate, _, ok := p.over(tolerance.span, 1); ok && math.Abs(rate-1) > tolerance.share {
					t.Fatalf("%d held, at %v: a pace of %.3f over %v", held, sent[i+1+held], rate, tolerance.span)
				}
			}
		}
	}
}
