package camera

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lookback/controller/child"
)

// encoderRow is one line of the table of encoders.
type encoderRow struct {
	name   string
	device string // glob of what must be there, "" for nothing
	pixels string // pixel format it takes
	upload string // filter that brings pictures to the device
	open   []Flag // before the address
	flags  func(Plan, Settings) []Flag

	byQuality bool // it knows constant quality
}

// encoders is the table, in the order in which auto tries them. libx264 is the
// last and always there.
var encoders = []encoderRow{
	{name: "h264_nvenc", device: "/dev/nvidia[0-9]*", pixels: "yuv420p", flags: nvencFlags, byQuality: true},
	{name: "h264_vaapi", device: "/dev/dri/renderD*", pixels: "nv12", upload: "hwupload", flags: vaapiFlags,
		open: []Flag{{[]string{"-vaapi_device", renderNode}, "the first render node"}}},
	{name: "h264_qsv", device: "/dev/dri/renderD*", pixels: "nv12", flags: qsvFlags},
	{name: "h264_v4l2m2m", device: "/dev/video1[01]", pixels: "yuv420p", flags: v4l2Flags},
	{name: "libx264", pixels: "yuv420p", flags: x264Flags, byQuality: true},
}

const (
	software   = "libx264"
	renderNode = "/dev/dri/renderD128"
)

// EncoderNames are the settings that name an encoder.
func EncoderNames() []string {
	var names []string
	for _, e := range slices.Backward(encoders) {
		names = append(names, e.name)
	}
	return names
}

func encoderNamed(name string) encoderRow {
	i := slices.IndexFunc(encoders, func(e encoderRow) bool { return e.name == name })
	if i < 0 {
		i = len(encoders) - 1
	}
	return encoders[i]
}

// preset is libx264's. What they cost at 1280x720 and 30 fps including decoding
// (of one core), and the delay from a frame's last byte to its packet: ultrafast
// 25 %, 7 ms; superfast 31 %, 8 ms; veryfast 38 %, 10 ms. ultrafast leaves out
// CABAC and deblocking and shows it.
const preset = "superfast"

// defaultQuality is libx264's constant rate factor; the scale of the others is
// near enough to it.
const defaultQuality = 23

func x264Flags(p Plan, s Settings) []Flag {
	return []Flag{
		{[]string{"-c:v", "libx264", "-preset", preset, "-tune", "zerolatency"}, "H.264, which every browser plays; no look-ahead and no frame threads: each frame leaves at once"},
		{[]string{"-crf", quality(s), "-maxrate", maxRate(p, s), "-bufsize", maxRate(p, s)}, "constant quality, with a ceiling that a second of video never exceeds by much"},
		{[]string{"-g", gop(p), "-keyint_min", gop(p), "-sc_threshold", "0"}, everySegment},
	}
}

func nvencFlags(p Plan, s Settings) []Flag {
	return []Flag{
		{[]string{"-c:v", "h264_nvenc", "-preset", "p4", "-tune", "ull", "-zerolatency", "1", "-delay", "0"}, "H.264 by the graphics card; each frame leaves at once"},
		{[]string{"-rc", "vbr", "-cq", quality(s), "-b:v", "0", "-maxrate", maxRate(p, s), "-bufsize", maxRate(p, s)}, "constant quality with a ceiling"},
		{[]string{"-g", gop(p), "-forced-idr", "1", "-no-scenecut", "1", "-strict_gop", "1"}, everySegment},
	}
}

func vaapiFlags(p Plan, s Settings) []Flag {
	return []Flag{
		{[]string{"-c:v", "h264_vaapi", "-async_depth", "1"}, "H.264 by the graphics chip; each frame leaves at once"},
		{[]string{"-rc_mode", "VBR", "-b:v", halfRate(p, s), "-maxrate", maxRate(p, s), "-bufsize", maxRate(p, s)}, "a mean rate with a ceiling: not every driver knows constant quality"},
		{[]string{"-g", gop(p), "-idr_interval", "0"}, everySegment},
	}
}

func qsvFlags(p Plan, s Settings) []Flag {
	return []Flag{
		{[]string{"-c:v", "h264_qsv", "-preset", "veryfast", "-async_depth", "1", "-look_ahead", "0"}, "H.264 by Intel's graphics chip; each frame leaves at once"},
		{[]string{"-b:v", halfRate(p, s), "-maxrate", maxRate(p, s), "-bufsize", maxRate(p, s)}, "a mean rate with a ceiling"},
		{[]string{"-g", gop(p), "-idr_interval", "0", "-forced_idr", "1"}, everySegment},
	}
}

func v4l2Flags(p Plan, s Settings) []Flag {
	return []Flag{
		{[]string{"-c:v", "h264_v4l2m2m"}, "H.264 by the board's own encoder"},
		{[]string{"-b:v", halfRate(p, s)}, "a mean rate; it knows nothing else"},
		{[]string{"-g", gop(p)}, everySegment},
		{[]string{"-bsf:v", "extract_extradata"}, "it tells picture size and profile only inside the stream, and FLV wants them before it"},
	}
}

const everySegment = "a key frame exactly at the beginning of every segment"

func gop(p Plan) string { return strconv.Itoa(p.SegmentFrames) }

func quality(s Settings) string { return strconv.Itoa(cmp.Or(s.Quality, defaultQuality)) }

// ceiling is that of the bit rate in kbit/s: as set, else a seventh of a bit per
// pixel at 30 fps, 4 Mbit/s for 1280x720, at least 1 Mbit/s.
func ceiling(p Plan, s Settings) int {
	if s.Bitrate > 0 {
		return max(1, int(s.Bitrate/1000))
	}
	bits := float64(p.Width*p.Height) * min(max(p.FrameRate.Float(), 15), 60) / 7
	return max(1000, int(bits/1000))
}

func maxRate(p Plan, s Settings) string  { return strconv.Itoa(ceiling(p, s)) + "k" }
func halfRate(p Plan, s Settings) string { return strconv.Itoa(max(1, ceiling(p, s)/2)) + "k" }

// Encoders chooses encoders and remembers what it has found out. It is for any
// number of goroutines; one choice at a time is made.
type Encoders struct {
	mu     sync.Mutex
	chosen map[string]choice
	glob   func(pattern string) ([]string, error) // a seam for tests
}

type choice struct{ name, note string }

// Choose is the encoder to use for a setting (auto, copy or a name), with a note
// for people on why. Each candidate whose device is here encodes five tiny
// pictures; whatever fails, libx264 is left.
func (e *Encoders) Choose(ctx context.Context, setting string, tools Tools) (name, note string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c, ok := e.chosen[setting]; ok {
		return c.name, c.note
	}
	c := e.choose(ctx, setting, tools)
	if ctx.Err() == nil {
		if e.chosen == nil {
			e.chosen = map[string]choice{}
		}
		e.chosen[setting] = c
	}
	return c.name, c.note
}

func (e *Encoders) choose(ctx context.Context, setting string, tools Tools) choice {
	if setting == software {
		return choice{software, "libx264 is set"}
	}
	var tried []string
	for _, row := range encoders {
		automatic := setting == "auto" || setting == "copy" || setting == ""
		if row.name == software || !automatic && row.name != setting {
			continue
		}
		if automatic && !e.here(row.device) {
			continue
		}
		err := try(ctx, row, tools)
		if err == nil {
			return choice{row.name, row.name + " works on this machine"}
		}
		tried = append(tried, row.name+" does not ("+err.Error()+")")
	}
	if len(tried) == 0 {
		return choice{software, "no device of a hardware encoder is here"}
	}
	return choice{software, "libx264 works, " + strings.Join(tried, ", ")}
}

func (e *Encoders) here(pattern string) bool {
	glob := e.glob
	if glob == nil {
		glob = filepath.Glob
	}
	found, err := glob(pattern)
	return err == nil && len(found) > 0
}

// tryTimeout ends a driver that hangs.
const tryTimeout = 10 * time.Second

// try has an encoder encode five tiny pictures, into what they are recorded from.
func try(ctx context.Context, row encoderRow, tools Tools) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	p := Plan{Encoder: row.name, Width: 320, Height: 240, FrameRate: Rate{10, 1}, SegmentFrames: 10}
	args := []string{"-nostdin", "-hide_banner", "-loglevel", "error"}
	for _, f := range row.open {
		args = append(args, f.Args...)
	}
	args = append(args, "-f", "lavfi", "-i", "color=size=320x240:rate=10", "-frames:v", "5")
	for _, f := range append(encoderFlags(p, Settings{}), encodedMuxer()...) {
		args = append(args, f.Args...)
	}
	cmd := command(ctx, cmp.Or(tools.FFmpeg, "ffmpeg"), args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := child.Run(cmd.Cmd, child.Memory(320*240)); err != nil {
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		return &refusal{cmp.Or(lines[0], err.Error())}
	}
	return nil
}

// refusal is what an encoder said when it was tried.
type refusal struct{ said string }

func (r *refusal) Error() string { return strings.TrimSuffix(r.said, ".") }
