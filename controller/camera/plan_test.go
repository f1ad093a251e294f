package camera

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/spool"
)

var update = flag.Bool("update", false, "write the golden files anew")

func mjpegAt(num, den int) Facts {
	return Facts{Kind: HTTP, Format: "mpjpeg", Codec: "mjpeg", PixelFormat: "yuvj420p", Width: 1280, Height: 720,
		FrameRate: Rate{num, den}, KeyIntervalKnown: true}
}

func h264(key time.Duration, known bool) Facts {
	return Facts{Kind: HTTP, Format: "mpegts", Codec: "h264", PixelFormat: "yuv420p", Width: 1280, Height: 720,
		FrameRate: Rate{25, 1}, KeyInterval: key, KeyIntervalKnown: known}
}

var usual = Settings{Request: Request{Segment: 2 * time.Second, Part: 100 * time.Millisecond, Encoder: "auto"}}

func with(c spool.Constants) Settings {
	s := usual
	s.Constants = &c
	return s
}

func TestPlans(t *testing.T) {
	another := usual
	another.Another = true
	odd := mjpegAt(10, 1)
	odd.Width, odd.Height = 641, 359
	for _, c := range []struct {
		name     string
		facts    Facts
		settings Settings
		line     string
		frames   int
		want     spool.Constants
	}{
		{"mjpeg-30", mjpegAt(30, 1), usual, "encoding MJPEG 1280x720 at 30 fps with libx264 (superfast)", 60, spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}},
		{"mjpeg-29.97", mjpegAt(30000, 1001), usual, "encoding MJPEG 1280x720 at 29.97 fps with libx264 (superfast)", 60, spool.Constants{PartTarget: 101_000, TargetDuration: 2_000_000, Independent: true}},
		{"mjpeg-5", mjpegAt(5, 1), usual, "encoding MJPEG 1280x720 at 5 fps with libx264 (superfast)", 10, spool.Constants{PartTarget: 200_000, TargetDuration: 2_000_000, Independent: true}},
		{"mjpeg-12.5", mjpegAt(25, 2), usual, "encoding MJPEG 1280x720 at 12.5 fps with libx264 (superfast)", 25, spool.Constants{PartTarget: 160_000, TargetDuration: 2_000_000, Independent: true}},
		{"mjpeg-half", mjpegAt(1, 3), usual, "encoding MJPEG 1280x720 at 0.3333 fps with libx264 (superfast)", 20, spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}},
		{"mjpeg-4", mjpegAt(4, 1), usual, "encoding MJPEG 1280x720 at 4 fps with libx264 (superfast)", 24, spool.Constants{PartTarget: 167_000, TargetDuration: 2_000_000, Independent: true}},
		{"mjpeg-odd", odd, usual, "encoding MJPEG 642x360 at 10 fps with libx264 (superfast)", 20, spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}},
		{"h264-1s", h264(time.Second, true), usual, "copying H.264 1280x720 at 25 fps; key frame every 1s", 0, spool.Constants{PartTarget: 138_000, TargetDuration: 3_000_000, Independent: true}},
		{"h264-10s", h264(10*time.Second, true), usual, "copying H.264 1280x720 at 25 fps; key frame every 10s, so segments are 10s", 0, spool.Constants{PartTarget: 138_000, TargetDuration: 12_000_000, Independent: true}},
		{"h264-unknown", h264(10*time.Second, false), usual, "copying H.264 1280x720 at 25 fps; key frames more than 4s apart", 0, spool.Constants{PartTarget: 138_000, TargetDuration: 12_000_000}},
		// Promises that were given for another camera are kept.
		{"fixed-25-after-30", mjpegAt(25, 1), with(spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}),
			"encoding MJPEG 1280x720 at 30 fps with libx264 (superfast)", 60, spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}},
		{"fixed-5-after-30", mjpegAt(5, 1), with(spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}),
			"encoding MJPEG 1280x720 at 10 fps with libx264 (superfast)", 20, spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}},
		{"fixed-30-after-24", mjpegAt(30, 1), with(spool.Constants{PartTarget: 125_000, TargetDuration: 2_000_000, Independent: true}),
			"encoding MJPEG 1280x720 at 25 fps with libx264 (superfast)", 50, spool.Constants{PartTarget: 125_000, TargetDuration: 2_000_000, Independent: true}},
		{"fixed-30-after-25", mjpegAt(30, 1), with(spool.Constants{PartTarget: 120_000, TargetDuration: 2_000_000, Independent: true}),
			"encoding MJPEG 1280x720 at 25 fps with libx264 (superfast)", 50, spool.Constants{PartTarget: 120_000, TargetDuration: 2_000_000, Independent: true}},
		{"fixed-30-after-20", mjpegAt(30, 1), with(spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}),
			"encoding MJPEG 1280x720 at 30 fps with libx264 (superfast)", 60, spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}},
		{"fixed-h264-part-too-short", h264(time.Second, true), with(spool.Constants{PartTarget: 100_000, TargetDuration: 3_000_000, Independent: true}),
			"encoding H.264 1280x720 at 30 fps with libx264 (superfast)", 60, spool.Constants{PartTarget: 100_000, TargetDuration: 3_000_000, Independent: true}},
		{"fixed-h264-overruns", h264(10*time.Second, false), with(spool.Constants{PartTarget: 138_000, TargetDuration: 3_000_000, Independent: true}),
			"copying H.264 1280x720 at 25 fps; key frames more than 4s apart", 0, spool.Constants{PartTarget: 138_000, TargetDuration: 12_000_000}},
		{"another-mjpeg-30", mjpegAt(30, 1), another, "encoding MJPEG 1280x720 at 30 fps with libx264 (superfast)", 60, spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}},
		{"fixed-h264-may-cut", h264(10*time.Second, true), with(spool.Constants{PartTarget: 138_000, TargetDuration: 3_000_000}),
			"copying H.264 1280x720 at 25 fps; key frame every 10s, so segments are 3s", 0, spool.Constants{PartTarget: 138_000, TargetDuration: 3_000_000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := MakePlan(c.facts, c.settings)
			if p.Line != c.line {
				t.Errorf("line: %q, want %q", p.Line, c.line)
			}
			if p.Constants != c.want {
				t.Errorf("constants: %+v, want %+v", p.Constants, c.want)
			}
			if p.SegmentFrames != c.frames || p.Copy != (c.frames == 0) {
				t.Errorf("segment of %d frames, want %d", p.SegmentFrames, c.frames)
			}
			golden(t, c.name, p)
		})
	}
}

// golden compares the plan's flags and reasons with testdata/<name>.plan.
func golden(t *testing.T, name string, p Plan) {
	t.Helper()
	var b strings.Builder
	for _, f := range p.flags("http://URL") {
		b.WriteString(strings.ReplaceAll(strings.Join(f.Args, " "), "-i http://URL", "-i URL") + "\n    " + f.Why + "\n")
		if f.Why == "" {
			t.Errorf("%v has no reason", f.Args)
		}
	}
	for line := range strings.Lines(string(p.List("rtsp://URL"))) {
		b.WriteString("< " + line)
	}
	for _, r := range append([]string{p.Line}, p.Reasons...) {
		b.WriteString("# " + r + "\n")
	}
	path := filepath.Join("testdata", name+".plan")
	if *update {
		os.MkdirAll("testdata", 0o755)
		os.WriteFile(path, []byte(b.String()), 0o644)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", path, b.String())
	}
}

// TestPartsFit: whatever was promised, whole frames of the plan fill a part to
// at least 85 % and none is longer than the part target (RFC 8216bis 4.4.4.9),
// and segments round to at most the target duration.
// TestKeyFramesOfAnIdlingCamera: key frames that were close together until few pictures
// came are not told to be far apart.
func TestKeyFramesOfAnIdlingCamera(t *testing.T) {
	for key, wants := range map[time.Duration][2]string{
		2 * time.Second:  {"key frame every 2s while it sends as many pictures as usual", "At times it sends so few pictures"},
		12 * time.Second: {"key frames more than 4s apart", "No two key frames were seen close together"},
		0:                {"key frames more than 4s apart", "No two key frames were seen close together"},
	} {
		p := MakePlan(h264(key, false), usual)
		if reasons := strings.Join(p.Reasons, " "); !strings.Contains(p.Line, wants[0]) || !strings.Contains(reasons, wants[1]) || p.Constants.Independent {
			t.Errorf("%v apart: %q, %q", key, p.Line, reasons)
		}
	}
}

func TestPartsFit(t *testing.T) {
	for _, rate := range usualRates {
		for _, part := range []time.Duration{100, 138, 200, 333, 500} {
			fixed := spool.Constants{PartTarget: (part * time.Millisecond).Microseconds(), TargetDuration: 3_000_000, Independent: true}
			for _, s := range []Settings{usual, with(fixed)} {
				for _, f := range []Facts{mjpegAt(rate.Num, rate.Den), {Kind: HTTP, Format: "mpegts", Codec: "h264", PixelFormat: "yuv420p", Width: 640, Height: 360, FrameRate: rate, KeyInterval: time.Second, KeyIntervalKnown: true}} {
					p := MakePlan(f, s)
					if got := fill(p.FrameRate, micro(p.Constants.PartTarget)); got < minFill {
						t.Errorf("%v: frames at %v fill a part to %.2f", p.Line, p.FrameRate, got)
					}
					if p.FrameRate.Float() < leastShare*rate.Float() {
						t.Errorf("%v keeps too little of the camera's %v", p.FrameRate, rate)
					}
					if exact := p.FrameRate.Frames(p.SegmentFrames); p.SegmentFrames > 0 && exact.Round(time.Second) > micro(p.Constants.TargetDuration) {
						t.Errorf("%v: segments of %v, target %d", p.Line, exact, p.Constants.TargetDuration)
					}
				}
			}
		}
	}
}

func TestArgs(t *testing.T) {
	s := usual
	s.Foreign = "only ffmpeg can"
	args := MakePlan(mjpegAt(30, 1), s).Args("http://user:p%20w@cam/a b;rm")
	for i, a := range args {
		if a == "-i" {
			if args[i+1] != "http://user:p%20w@cam/a b;rm" {
				t.Errorf("the address is %q", args[i+1])
			}
			return
		}
	}
	t.Error("no -i")
}

func TestSnap(t *testing.T) {
	for fps, want := range map[float64]Rate{
		30.4: {30, 1}, 29.2: {30, 1}, 29.97003: {30000, 1001}, 29.95: {30, 1}, 24.9: {25, 1}, 7.4: {15, 2}, 12.6: {25, 2},
		17.3: {173, 10}, 0.5: {1, 2}, 59.94006: {60000, 1001}, 0.001: {1, 1000},
	} {
		if got := Snap(fps); got != want {
			t.Errorf("Snap(%v) = %v, want %v", fps, got, want)
		}
	}
	for fps, want := range map[float64]Rate{29.97003: {30, 1}, 23.976: {24, 1}, 59.94006: {60, 1}, 30.4: {30, 1}, 17.3: {173, 10}} {
		if got := SnapArrived(fps); got != want {
			t.Errorf("SnapArrived(%v) = %v, want %v", fps, got, want)
		}
	}
	for fps, want := range map[float64]Rate{29.97: {30000, 1001}, 7.3: {73, 10}, 30: {30, 1}, 23.976: {24000, 1001}, 12.5: {25, 2}} {
		if got := exactRate(fps); got != want {
			t.Errorf("exactRate(%v) = %v, want %v", fps, got, want)
		}
	}
}

func TestFirstPacketOfRTSP(t *testing.T) {
	// A key frame every 2 s at 5 fps. With B-frames ffmpeg leaves the first
	// without a time, else it gives it that of the second.
	for _, first := range []string{"0, -18000, -9223372036854775808, 18000, 9, 0x1\n", "0, 0, 0, 18000, 9, 0x1\n"} {
		lines := "#tb 0: 1/90000\n" + first
		for i := 1; i <= 20; i++ {
			flags := ", F=0x0"
			if i%10 == 0 {
				flags = ""
			}
			lines += fmt.Sprintf("0, %d, %d, 18000, 9, 0x1%s\n", (i-1)*18000, (i-1)*18000, flags)
		}
		f := Facts{Kind: RTSP, Format: "rtsp", Codec: "h264"}
		packets, _, _ := collect(strings.NewReader(lines), f)
		if err := f.learn(packets); err != nil || f.KeyInterval != 2*time.Second || f.FrameRate != (Rate{5, 1}) || !f.BeginsWithKey {
			t.Errorf("%+v, %v", f, err)
		}
	}
}

func TestArrivalRate(t *testing.T) {
	at := func(ms ...float64) (out []packet) {
		base := time.Now()
		for _, m := range ms {
			out = append(out, packet{arrival: base.Add(time.Duration(m * float64(time.Millisecond)))})
		}
		return out
	}
	every := func(ms float64) (out []float64) {
		for i := range 1000 {
			out = append(out, float64(i)*ms)
		}
		return out
	}
	tens := func(ms float64) []float64 { return slices.Repeat([]float64{ms}, 10) }
	for name, c := range map[string]struct {
		packets []packet
		want    Rate
	}{
		"even":            {at(0, 100, 200, 300, 400, 500), Rate{10, 1}},
		"burst at first":  {at(0, 1, 2, 3, 100, 200, 300, 400, 500, 600), Rate{10, 1}},
		"one frame lost":  {at(0, 100, 200, 400, 500, 600, 700), Rate{10, 1}},
		"one frame late":  {at(0, 100, 200, 380, 400, 500, 600, 700), Rate{10, 1}},
		"uneven":          {at(0, 100, 250, 300, 500, 510, 700, 720, 1000), Rate{8, 1}},
		"lossy":           {at(0, 33, 100, 133, 233, 266, 300, 400, 433, 500), Rate{30, 1}},
		"lossy, jittered": {at(0, 33, 67, 103, 133, 200, 236, 265, 333, 363, 402, 467, 500, 535, 633, 666, 702, 733, 800), Rate{30, 1}},
		"all at one time": {at(0, 0, 0, 0), Rate{}},
		"old ones first":  {at(append(make([]float64, 60), 100, 200, 300, 400, 500, 600, 700, 800, 900)...), Rate{10, 1}},
		"ten by ten":      {at(append(append(append(make([]float64, 10), tens(1000)...), tens(2000)...), tens(3000)...)...), Rate{10, 1}},
		"1,500 a second":  {at(every(0.667)...), Rate{240, 1}},
		"450 a second":    {at(every(2.222)...), Rate{240, 1}},
		"without a pause": {at(append(make([]float64, 5000), every(0.01)...)...), Rate{240, 1}},
		"slow":            {at(0, 2000, 4000, 6000), Rate{1, 2}},
	} {
		if got, _ := arrivalRate(c.packets); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestSlowestRate: parts have room for the lowest rate of the last day, and whole
// pictures fill them at that and at the present one (RFC 8216bis 4.4.4.9).
func TestSlowestRate(t *testing.T) {
	for _, c := range []struct{ now, slowest float64 }{{25, 25}, {25, 5}, {20, 4}, {5, 4}, {12, 10}, {15, 1}, {25, 0.2}, {30, 29.97}, {10, 25}, {25, 0}} {
		slowest := time.Duration(0)
		if c.slowest > 0 {
			slowest = Snap(c.slowest).Frames(1)
		}
		part := micro(copied(Facts{Codec: "h264", FrameRate: Snap(c.now), KeyInterval: time.Second, KeyIntervalKnown: true},
			Settings{Request: Request{Segment: 2 * time.Second, Part: 100 * time.Millisecond}, Slowest: slowest}).Constants.PartTarget)
		if got := fill(Snap(c.now), part); got < minFill {
			t.Errorf("%v fps, %v at times: parts of %v, of which %v is filled", c.now, c.slowest, part, got)
		}
		if c.slowest > 0 && c.slowest <= c.now && (slowest > part || fill(Snap(c.slowest), part) < minFill) {
			t.Errorf("%v fps, %v at times: parts of %v, of which %v is filled at times", c.now, c.slowest, part, fill(Snap(c.slowest), part))
		}
	}
}

// TestRefreshesAreNoKeyFrames: the lines that ffmpeg writes of pictures, and of key frames
// beside them, some with side data.
func TestRefreshesAreNoKeyFrames(t *testing.T) {
	key := "0, 0, 0, 3600, 6934, ecbad64bc4a05fcda426451409f6183e, S=1, 1, ec2d11028766e06ac33648e2f0a67320\n"
	for name, c := range map[string]struct {
		between string
		want    int
	}{"key frames": {key, 2}, "without side data": {key[:56] + "\n", 2}, "refreshes": {"", 0}} {
		picture := "0, %d, %[1]d, 3600, 7571, 0xd49ec864%s\n"
		lines := "#tb 0: 1/90000\n" + fmt.Sprintf(picture, 0, ", S=1, 1") + c.between + fmt.Sprintf(picture, 3600, ", F=0x0") + fmt.Sprintf(picture, 7200, "") + c.between
		packets, keys, _ := collect(strings.NewReader(lines), Facts{Kind: HTTP, Format: "mpegts", Codec: "h264"})
		if len(packets) != 3 || keysOf(packets) != 2 || keys != c.want {
			t.Errorf("%s: %d packets, %d of them called key frames, %d are; want %d", name, len(packets), keysOf(packets), keys, c.want)
		}
	}
}
