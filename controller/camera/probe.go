package camera

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"lookback/controller/child"
)

// Tools are the programs and limits that probing uses. The zero value is
// ffmpeg and ffprobe from the PATH.
type Tools struct {
	FFmpeg, FFprobe string        // paths or names
	Timeout         time.Duration // for the whole probe; 20 s when zero
	Redact          func(string) string
	// Enough reports whether it may stay Rough; nil: never.
	Enough func(Facts) bool
}

const (
	probeTimeout = 20 * time.Second
	// networkTimeout ends a connection on which nothing arrives. Longer than
	// the interval of the slowest camera (a frame every 2 s).
	networkTimeout = 10 * time.Second
	// assumedKeyInterval stands for one that was not seen while probing.
	assumedKeyInterval = 10 * time.Second
	// sdpLook is how much of RTSP is read at least: its SDP mostly tells codec
	// and size before the first packet.
	sdpLook = 300 * time.Millisecond
	// firstLook and longLook are how much of an MPEG-TS is read at least.
	firstLook = 1500 * time.Millisecond
	longLook  = assumedKeyInterval + 2*time.Second
)

var (
	errNoSize     = errors.New("no picture size")
	errOnePicture = errors.New("a single picture")
)

// MaxPixels is the largest picture that is decoded, width by height: 8K and a little.
const MaxPixels = 8192 * 4608

// Probe asks a camera what it is. Its frame rate is measured, which takes
// another 1.5 s, unless somebody has set it and nothing else is to be learnt.
// The error is a [Reason] (errors.As) with ffmpeg's words behind it, or the
// context's.
func Probe(ctx context.Context, source Source, tools Tools) (Facts, error) {
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(tools.Timeout, probeTimeout))
	defer cancel()
	facts, err := probe(ctx, source, tools)
	if parent.Err() != nil {
		return Facts{}, parent.Err()
	}
	return facts, err
}

func probe(ctx context.Context, source Source, tools Tools) (Facts, error) {
	kind, _ := KindOf(source.URL)
	if source.Poll > 0 && kind == HTTP {
		kind = Stills
	}
	facts, err := describe(ctx, kind, source, tools)
	if err != nil {
		return Facts{}, err
	}
	if facts.Kind == Stills {
		return facts.stills(source.Poll), nil
	}
	if tools.Enough != nil && tools.Enough(facts) {
		facts.Knowledge = Rough
		return facts, nil
	}
	if facts.whole() && source.FPS > 0 {
		facts.FrameRate, facts.KeyIntervalKnown = exactRate(source.FPS), true
		return facts, nil
	}
	err = watch(ctx, source, &facts, tools)
	if errors.Is(err, errOnePicture) {
		return facts.stills(0), nil
	}
	return facts, err
}

// stills is a camera that gives a picture whenever it is asked.
func (f Facts) stills(poll time.Duration) Facts {
	f.Kind, f.Format = Stills, "image2"
	f.FrameRate, f.KeyIntervalKnown = Rate{1000, int(cmp.Or(poll, defaultPoll) / time.Millisecond)}.reduced(), true
	return f
}

// probed is ffprobe's answer.
type probed struct {
	Format struct {
		Name string `json:"format_name"`
	} `json:"format"`
	Streams []stream `json:"streams"`
}

type stream struct {
	Type        string `json:"codec_type"`
	Codec       string `json:"codec_name"`
	Profile     string `json:"profile"`
	PixelFormat string `json:"pix_fmt"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	BFrames     int    `json:"has_b_frames"`
	SampleRate  int    `json:"sample_rate,string"`
	Channels    int    `json:"channels"`
	ColorSpace  string `json:"color_space"`
	SideData    []struct {
		Rotation int `json:"rotation"`
	} `json:"side_data_list"`
}

// describe asks ffprobe for container, codec and size. A stream that begins
// far from a key frame tells its size only there, so it is asked twice.
func describe(ctx context.Context, kind Kind, source Source, tools Tools) (Facts, error) {
	look := firstLook
	if kind == RTSP {
		look = sdpLook
	}
	facts, err := ask(ctx, kind, source, look, tools)
	if errors.Is(err, errNoSize) {
		facts, err = ask(ctx, kind, source, longLook, tools)
	}
	if errors.Is(err, errNoSize) {
		return Facts{}, fmt.Errorf("%w: %w", err, reasons[NoVideo])
	}
	return facts, err
}

// ask runs ffprobe once; look is how much of a stream it reads at least.
func ask(ctx context.Context, kind Kind, source Source, look time.Duration, tools Tools) (Facts, error) {
	args := []string{"-hide_banner", "-loglevel", "error"}
	for _, f := range bounds {
		args = append(args, f.Args...)
	}
	row := rowOf(kind)
	for _, f := range row.open(source) {
		args = append(args, f.Args...)
	}
	if row.demuxer != "" {
		args = append(args, "-f", row.demuxer)
	}
	args = append(args, "-analyzeduration", micros(look),
		// Without it ffprobe waits for 20 frames to guess a rate, which takes
		// a slow camera 40 s; the rate is measured anyway.
		"-fpsprobesize", "0",
		"-show_entries", "format=format_name:stream=codec_type,codec_name,profile,pix_fmt,width,height,has_b_frames,sample_rate,channels,color_space:stream_side_data=rotation",
		"-of", "json", source.input())
	cmd := command(ctx, cmp.Or(tools.FFprobe, "ffprobe"), args...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.run(child.Memory(0)); err != nil {
		return Facts{}, failure(ctx, tools, cmd, stderr.String(), err)
	}
	var p probed
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		return Facts{}, fmt.Errorf("ffprobe's answer: %w: %w", err, reasons[FFmpegFailed])
	}
	facts, err := p.facts(kind)
	if err != nil && cmd.peak > greedy {
		return Facts{}, reasons[TooMuchMemory]
	}
	if reason, lines := (Reason{}), linesOf(stderr.String()); errors.As(err, &reason) && len(lines) > 0 {
		return Facts{}, &Failure{tools.said(lines), reason}
	}
	return facts, err
}

func (p probed) first(kind string) (stream, bool) {
	i := slices.IndexFunc(p.Streams, func(s stream) bool { return s.Type == kind })
	if i < 0 {
		return stream{}, false
	}
	return p.Streams[i], true
}

// facts are those of the first video and the first sound track. Of several
// names of a demuxer the first will do.
func (p probed) facts(kind Kind) (Facts, error) {
	s, ok := p.first("video")
	format, _, _ := strings.Cut(p.Format.Name, ",")
	switch {
	case format == "tty" || s.Codec == "ansi":
		// ffmpeg takes text for ANSI art: a web page.
		return Facts{}, reasons[NotAStream]
	case !ok:
		return Facts{}, reasons[NoVideo]
	case s.Codec == "" || s.Codec == "unknown" || s.Codec == "none":
		return Facts{}, fmt.Errorf("an unknown codec in %s: %w", format, reasons[UnsupportedCodec])
	case s.Width <= 0 || s.Height <= 0, s.Codec == "h264" && s.PixelFormat == "":
		return Facts{}, errNoSize
	case s.Width*s.Height > MaxPixels:
		return Facts{}, fmt.Errorf("%dx%d: %w", s.Width, s.Height, reasons[PictureTooLarge])
	}
	if format == "hls" {
		kind = HLS
	}
	f := Facts{Kind: kind, Format: format, Codec: s.Codec, Profile: s.Profile, PixelFormat: s.PixelFormat,
		Width: s.Width, Height: s.Height}
	if s.Codec != "mjpeg" && !slices.Contains([]string{"unknown", "unspecified", "reserved"}, s.ColorSpace) { // JPEG's is always the same
		f.Matrix = s.ColorSpace
	}
	for _, d := range s.SideData {
		if f.Rotation == 0 {
			f.turn(d.Rotation)
		}
	}
	f.BFrames = s.BFrames > 0 && !f.whole()
	if a, ok := p.first("audio"); ok && a.SampleRate > 0 && a.Channels > 0 {
		f.Sound = Sound{a.Codec, a.Profile, a.SampleRate, a.Channels}
	}
	return f, nil
}

// turn notes that the picture is shown turned by so many degrees.
func (f *Facts) turn(degrees int) {
	if f.Rotation = (degrees%360 + 360) % 360; f.Rotation%180 != 0 {
		f.Width, f.Height = f.Height, f.Width
	}
}

// packet is one line of ffmpeg's framecrc muxer with the time it came.
type packet struct {
	arrival time.Time
	dts     float64 // seconds
	delay   float64 // until it is shown, seconds; 0 where nobody looks
	key     bool
	guessed bool // nobody knows its time: ffmpeg has made dts up
}

// watch reads packets for a while and fills in the rate and the key frames.
func watch(ctx context.Context, source Source, facts *Facts, tools Tools) error {
	args := []string{"-nostdin", "-hide_banner", "-loglevel", "error"}
	for _, f := range append(slices.Clone(bounds), readFlags(*facts, source)...) {
		args = append(args, f.Args...)
	}
	args = append(args, analyzeFlag(*facts, firstLook).Args...)
	// -copyinkf: whether the stream begins with a key frame is of interest.
	args = append(args, "-fpsprobesize", "0", "-i", source.input(), "-map", "0:v:0", "-c", "copy", "-copyinkf", "-f", "framecrc", "-flush_packets", "1", "pipe:1")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := command(ctx, cmp.Or(tools.FFmpeg, "ffmpeg"), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(cmd.Cmd, child.Memory(facts.Width*facts.Height)); err != nil {
		return failure(ctx, tools, cmd, "", err)
	}
	packets, enough := collect(out, *facts)
	if enough {
		cancel()
		cmd.Wait() // ends by the cancellation; its status says nothing
	} else if err := cmd.Wait(); err == nil && len(packets) == 1 && facts.Kind == HTTP && facts.Codec == "mjpeg" {
		return errOnePicture
	} else if len(packets) < minPackets {
		return failure(ctx, tools, cmd, stderr.String(), err)
	}
	return facts.learn(packets)
}

const (
	minPackets = 3
	// watchMJPEG, watchCopied and watchWhole are how long packets are looked at.
	watchMJPEG  = 1500 * time.Millisecond
	watchCopied = 4 * time.Second
	watchWhole  = time.Second
	maxPackets  = 2000
)

// collect reads framecrc lines until enough is known; false when they ended before.
func collect(out io.Reader, f Facts) ([]packet, bool) {
	var packets []packet
	var timebase float64
	for s := bufio.NewScanner(out); s.Scan(); {
		if tb, ok := strings.CutPrefix(s.Text(), "#tb 0: "); ok {
			num, den, _ := strings.Cut(tb, "/")
			n, _ := strconv.ParseFloat(num, 64)
			d, _ := strconv.ParseFloat(den, 64)
			timebase = n / d
		}
		if p, ok := parsePacket(s.Text(), timebase); ok {
			packets = append(packets, p)
			if sawEnough(packets, f) {
				return packets, true
			}
		}
	}
	return packets, false
}

// parsePacket reads "stream, dts, pts, duration, size, crc[, F=flags][, S=…]".
// framecrc names the flags only when they are not just "key frame".
func parsePacket(line string, timebase float64) (packet, bool) {
	fields := strings.Split(line, ",")
	if strings.HasPrefix(line, "#") || len(fields) < 6 {
		return packet{}, false
	}
	dts, err := strconv.ParseInt(strings.TrimSpace(fields[1]), 10, 64)
	if err != nil || dts == math.MinInt64 { // the latter means that nobody knows it
		return packet{}, false
	}
	guessed := strings.TrimSpace(fields[2]) == strconv.Itoa(math.MinInt64)
	key := true
	for _, f := range fields[6:] {
		if flags, ok := strings.CutPrefix(strings.TrimSpace(f), "F=0x"); ok {
			v, _ := strconv.ParseUint(flags, 16, 32)
			key = v&1 != 0
		}
	}
	return packet{arrival: time.Now(), dts: float64(dts) * timebase, key: key, guessed: guessed}, true
}

func sawEnough(packets []packet, f Facts) bool {
	last := packets[len(packets)-1]
	if len(packets) >= maxPackets {
		return true
	}
	if !f.timed() {
		// A slow camera needs longer, and so does one that is uneven: the rate
		// decides the part target, which can't be changed any more.
		span := last.arrival.Sub(packets[0].arrival)
		rate, steady := arrivalRate(packets)
		n := len(packets)
		return n >= 4 && span >= 2*watchMJPEG || n >= 20 && span >= watchMJPEG && steady && rate.usual()
	}
	if f.whole() {
		return last.dts-packets[0].dts >= watchWhole.Seconds() && len(packets) >= 4
	}
	keys := 0
	for _, p := range packets {
		if p.key {
			keys++
		}
	}
	span := last.dts - packets[0].dts
	return keys >= 3 || keys == 2 && span >= 1 || span >= watchCopied.Seconds()
}

// learn fills in frame rate and key-frame interval.
func (f *Facts) learn(packets []packet) error {
	switch {
	case !f.timed():
		f.FrameRate, _ = arrivalRate(packets)
		f.KeyIntervalKnown = true
	case f.whole():
		f.FrameRate, f.KeyIntervalKnown = stampRate(packets), true
	default:
		f.FrameRate = stampRate(packets)
		placeFirst(packets, f.FrameRate)
		f.KeyInterval, f.KeyIntervalKnown = keyInterval(packets, f.FrameRate)
		f.BeginsWithKey = packets[0].key
	}
	if f.FrameRate.Num <= 0 {
		return fmt.Errorf("no frame rate: %w", reasons[InvalidData])
	}
	return nil
}

// placeFirst gives the first packet of RTSP, which has no time, its place before
// the next key frame, by the number of frames between.
func placeFirst(packets []packet, rate Rate) {
	made := packets[0].guessed || len(packets) > 1 && packets[1].dts <= packets[0].dts
	if !made || rate.Num <= 0 {
		return
	}
	for i, p := range packets[1:] {
		if p.key {
			packets[0].dts = p.dts - float64(i+1)/rate.Float()
			return
		}
	}
}

// arrivalRate is the rate at which packets came, without the burst in which
// the camera or ffmpeg hands out what it had at hand, and whether they came
// evenly, so that it can be relied on.
func arrivalRate(packets []packet) (Rate, bool) {
	var gaps []float64
	for i := 1; i < len(packets); i++ {
		gaps = append(gaps, packets[i].arrival.Sub(packets[i-1].arrival).Seconds())
	}
	if len(gaps) == 0 {
		return Rate{}, false
	}
	burst := median(gaps) / 4
	for len(gaps) > 2 && gaps[0] < burst {
		gaps = gaps[1:]
	}
	// The first gap still carries the start of the connection.
	if len(gaps) > 2 {
		gaps = gaps[1:]
	}
	m := median(gaps)
	var total, frames float64
	for _, g := range gaps {
		// A gap of about n median ones is n frames of which n-1 were lost or,
		// with a short gap behind it, late: counting them so, both come out even.
		total, frames = total+g, frames+math.Round(g/m)
	}
	if !(total > 0) {
		return Rate{}, false
	}
	if !even(gaps, m) {
		// A camera or a machine with too much to do.
		if r, ok := combRate(gaps, float64(len(gaps))/total); ok {
			return r, false
		}
		// A rate that is too high
		// repeats frames, which costs next to nothing; one that is too low
		// loses some.
		return snapUp(float64(len(gaps)) / total), false
	}
	return Snap(frames / total), true
}

// combRate is the highest usual rate of which three in four gaps are multiples,
// within a fifth of its interval, and one in three the interval itself. Frames
// that were lost lower the average, and leave the others where they were.
// That more than half were is not believed.
func combRate(gaps []float64, average float64) (Rate, bool) {
	for _, r := range slices.Backward(usualRates) {
		if r.Den == 1001 || r.Float() > 2*average || r.Float() < average*(1-snapTolerance) {
			continue
		}
		teeth, single := 0, 0
		for _, g := range gaps {
			n := math.Round(g * r.Float())
			if n >= 1 && math.Abs(g*r.Float()-n) <= 0.2 {
				teeth++
				if n == 1 {
					single++
				}
			}
		}
		if 4*teeth >= 3*len(gaps) && 3*single >= len(gaps) {
			return r, true
		}
	}
	return Rate{}, false
}

// even reports whether four in five gaps are within a fifth of the median.
func even(gaps []float64, median float64) bool {
	n := 0
	for _, g := range gaps {
		if math.Abs(g-median) <= median/5 {
			n++
		}
	}
	return n*5 >= len(gaps)*4
}

// stampRate is the rate that the time stamps tell.
func stampRate(packets []packet) Rate {
	var gaps []float64
	for i := 1; i < len(packets); i++ {
		if d := packets[i].dts - packets[i-1].dts; d > 0 {
			gaps = append(gaps, d)
		}
	}
	if len(gaps) == 0 {
		return Rate{}
	}
	m := median(gaps)
	mean, total, n := 0.0, 0.0, 0
	twice := len(packets) - 1 - len(gaps) // stamps that a camera rounds, as 30 fps in steps of 1/25 s
	for _, g := range gaps {
		total += g
		if g < 1.5*m && g > m/2 {
			mean, n = mean+g, n+1
		} else if g < m/8 {
			twice++
		}
	}
	if twice >= 3 && 3*twice < n {
		n += twice
	}
	if !even(gaps, m) {
		// A server that dates by its own clock while it has too much to do, or
		// frames that are missing: what was promised for a wrong rate can't be
		// taken back.
		average := float64(len(gaps)) / total
		if r, ok := combRate(gaps, average); ok {
			return r
		}
		return snapUp(average)
	}
	return Snap(float64(n) / mean)
}

// keyInterval is the longest distance between key frames, by when they are shown:
// the first of a stream may be decoded at any time before. When no two were seen it
// is assumed.
func keyInterval(packets []packet, rate Rate) (time.Duration, bool) {
	longest, last := time.Duration(0), -1
	for i, p := range packets {
		if p.key {
			if last >= 0 {
				measured := time.Duration((p.dts + p.delay - packets[last].dts - packets[last].delay) * float64(time.Second))
				longest = max(longest, evenInterval(measured, i-last, rate))
			}
			last = i
		}
	}
	if longest <= 0 {
		return assumedKeyInterval, false
	}
	return longest.Round(time.Millisecond), true
}

// evenInterval is what so many frames take, if that is what was measured but for
// the jitter of a frame: 2.01 s would cost a longer target duration than 2 s.
func evenInterval(measured time.Duration, frames int, rate Rate) time.Duration {
	if even := rate.Frames(frames); (measured - even).Abs() <= rate.Frames(1) {
		return even
	}
	return measured
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// failure makes an error of what a tool said. Reasons stay readable by errors.As.
func failure(ctx context.Context, tools Tools, cmd *tool, stderr string, err error) error {
	lines := linesOf(stderr)
	reason := Classify(lines, err)
	if ctx.Err() != nil {
		reason = reasons[Timeout]
		if cmd.peak > greedy {
			reason = reasons[TooMuchMemory]
		}
	}
	if len(lines) == 0 {
		return reason
	}
	return &Failure{tools.said(lines), reason}
}

func linesOf(stderr string) (lines []string) {
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// said are a tool's last lines without credentials.
func (tools Tools) said(lines []string) []string {
	lines = lines[max(0, len(lines)-maxSaid):]
	if tools.Redact != nil {
		for i := range lines {
			lines[i] = tools.Redact(lines[i])
		}
	}
	return lines
}

// maxSaid is how many lines of a failed tool are kept.
const maxSaid = 20

// Failure is the end of a tool that has failed.
type Failure struct {
	Said   []string // its last lines, at least one, without credentials
	Reason Reason
}

// Error is the last line with the reason.
func (f *Failure) Error() string { return f.Said[len(f.Said)-1] + ": " + f.Reason.Error() }

// Unwrap is the reason.
func (f *Failure) Unwrap() error { return f.Reason }

// ReasonOf finds the reason in an error; others are ffmpeg's failure.
func ReasonOf(err error) Reason {
	if r := (Reason{}); errors.As(err, &r) {
		return r
	}
	return reasons[FFmpegFailed]
}

// greedy is from how much memory on a tool that has learnt nothing was fed something
// that has no end, bytes.
const greedy = child.MaxAlloc

// tool is a program on its way.
type tool struct {
	*exec.Cmd
	peak int64 // the most memory that it was seen to take, bytes
}

// run runs it to its end, and looks at its memory meanwhile.
func (t *tool) run(memory int64) error {
	if err := child.Start(t.Cmd, memory); err != nil {
		return err
	}
	over, looked := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(looked)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				t.peak = max(t.peak, child.Peak(t.Process.Pid))
			}
		}
	}()
	err := t.Wait()
	close(over)
	<-looked
	return err
}

// command prepares a tool that is killed when the context ends.
func command(ctx context.Context, name string, args ...string) *tool {
	t := &tool{Cmd: child.Command(ctx, name, args...)}
	t.WaitDelay = time.Second
	return t
}

func micros(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }
