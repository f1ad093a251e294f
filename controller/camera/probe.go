package camera

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	// Pace reports whether it has to be known how fast its time stamps pass, since nobody
	// looks at them later; nil: never.
	Pace func(Facts) bool
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
	facts.livePace = tools.Pace != nil && tools.Pace(facts)
	err = watch(ctx, source, &facts, tools)
	facts.livePace = false
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
	said := (*Failure)(nil)
	if errors.As(err, &said) {
		return Facts{}, said
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
	input, flags := source.input(), row.open(source)
	inList := slices.Contains(listed, kind)
	if inList {
		input, flags = onStdin, asList
	}
	for _, f := range flags {
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
		"-of", "json", input)
	cmd := command(ctx, cmp.Or(tools.FFprobe, "ffprobe"), args...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if inList {
		cmd.Stdin = bytes.NewReader(list(source.URL, opening(Facts{Kind: kind, Format: row.format}, source, look)))
	}
	if err := cmd.run(child.Memory(0)); err != nil {
		return Facts{}, failure(ctx, tools, cmd, stderr.String(), err)
	}
	var p probed
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		return Facts{}, fmt.Errorf("ffprobe's answer: %w: %w", err, reasons[FFmpegFailed])
	}
	if inList {
		p.Format.Name = row.format
	}
	facts, err := p.facts(kind)
	if err == nil {
		return facts, nil
	}
	reason, lines := reasons[NoVideo], linesOf(stderr.String()) // that of errNoSize
	errors.As(err, &reason)
	if told := Classify(lines, nil); reason.Code == NoVideo && slices.Contains(refused, told.Code) {
		err, reason = told, told
	}
	if cmd.peak > greedy {
		err, reason = reasons[TooMuchMemory], reasons[TooMuchMemory]
	}
	if len(lines) > 0 {
		return Facts{}, fmt.Errorf("%w: %w", err, &Failure{tools.said(lines), reason})
	}
	return Facts{}, err
}

// refused are the reasons why nothing was found in a stream that has pictures.
var refused = []string{PictureTooLarge, TooManyTracks}

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
