package camera

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lookback/controller/child"
)

// readFlags are what it takes to open a camera of this kind.
func readFlags(f Facts, s Source) []Flag {
	row := rowOf(f.Kind)
	if slices.Contains(listed, f.Kind) {
		return append(slices.Clone(row.reading), asList...)
	}
	flags := append(slices.Clone(row.reading), row.open(s)...)
	format := f.Format
	if row.format != "" {
		format = row.format
	}
	return append(flags, Flag{[]string{"-f", format}, "as probed: a broken beginning must not be taken for another format"})
}

// inputFlags open every plan.
func inputFlags(f Facts, s Source) []Flag {
	return slices.Concat(commonFlags, bounds, readFlags(f, s))
}

// bounds keep a camera's stream from taking this machine's memory. They stand before
// each input that comes from a camera.
var bounds = []Flag{
	{[]string{"-max_alloc", strconv.Itoa(child.MaxAlloc)}, "the largest block of memory that the stream may make it ask for, in bytes"},
	{[]string{"-max_pixels", strconv.Itoa(MaxPixels)}, "no larger picture is decoded"},
	mostTracks,
}

// leaps has ffmpeg leave time stamps that leap ahead to who judges them. Sound that is
// encoded would be filled up with as much silence.
var leaps = Flag{[]string{"-dts_delta_threshold", "1e9"}, "in seconds: a leap of its clock is seen, and not hidden"}

// commonFlags are those of every ffmpeg.
var commonFlags = []Flag{
	{[]string{"-nostdin"}, "nobody types"},
	{[]string{"-hide_banner", "-loglevel", "level+warning"}, "errors tell why it ended; of the warnings one tells that the picture's size has changed"},
	{[]string{"-nostats", "-stats_period", "1", "-progress", "pipe:3"}, "frames, speed, repeated and dropped frames once a second, on a descriptor of their own"},
}

// open has ffmpeg read the camera: look is how much of it before anything leaves.
func (p *Plan) open(f Facts, s Source, look time.Duration) {
	p.Input = append(p.Input, append(inputFlags(f, s), analyzeFlag(f, look))...)
	if slices.Contains(listed, f.Kind) {
		p.Listed = opening(f, s, look)
	}
}

// decodedFlags decode without delay.
var decodedFlags = []Flag{
	{[]string{"-thread_type", "slice"}, "frame threads would delay one frame each"},
	{[]string{"-reinit_filter", "0"}, "a picture of another size is scaled; a new filter graph would count time from zero, and nothing would leave for as long as it has run"},
}

// pipedInput reads pictures that come on stdin, as multipart.
func pipedInput() []Flag {
	form := Flag{[]string{"-f", "mpjpeg"}, "the form in which a picture is decoded as soon as it is there"}
	return slices.Concat(commonFlags, bounds, []Flag{form, analyzeFlag(Facts{Format: "mpjpeg"}, 0)}, decodedFlags)
}

// The times of access units that ffmpeg is given: UnitsTimescale a second. Those of
// before UnitsFrom are decoded, and not recorded.
const (
	UnitsTimescale = 90_000
	UnitsFrom      = 100 * UnitsTimescale
)

// unitsInput reads access units that come on stdin, as fragmented MP4.
func unitsInput() []Flag {
	return slices.Concat(commonFlags, bounds, []Flag{
		{[]string{"-copyts"}, "their times are when they arrived, and tell what is to be recorded"},
		{[]string{"-f", "mov"}, "each fragment is an access unit with its length: it is decoded as soon as it is there"},
		{[]string{"-analyzeduration", "0", "-fpsprobesize", "0"}, "codec and size are known: nothing is held back to guess a rate"},
	}, decodedFlags)
}

// shortLook is enough where a stream begins with a key frame.
const shortLook = 500 * time.Millisecond

// look is how much of a stream is read before anything leaves.
func look(f Facts) time.Duration {
	if f.Format == "flv" {
		// FLV announces a track by its first packet; where both have come it looks no further.
		return f.KeyInterval + firstLook
	}
	if f.BeginsWithKey {
		return shortLook
	}
	return f.KeyInterval + shortLook
}

// analyzeFlag says how much of a stream is read before anything leaves.
func analyzeFlag(f Facts, look time.Duration) Flag {
	if !f.timed() || f.Codec == "rawvideo" || f.Kind == Device && f.whole() {
		return Flag{[]string{"-analyzeduration", "0", "-probesize", "32"}, "every picture says all about itself: no second is spent on looking"}
	}
	if f.Kind == RTSP {
		return Flag{[]string{"-analyzeduration", micros(look), "-fpsprobesize", "0"},
			"the tracks are announced, and the next key frame tells the picture's size: nothing is held back for 20 more frames to guess a rate"}
	}
	return Flag{[]string{"-analyzeduration", micros(look), "-fpsprobesize", "0"},
		"a live stream may have no header: the next key frame tells the picture's size; ffmpeg alone would always take 5 s, and where time stamps stand still wait for 20 that don't"}
}

// videoFilter times and shapes the decoded picture.
func videoFilter(p Plan, s Settings, e encoderRow) string {
	width, height := p.Width, p.Height
	if s.Rotate%180 != 0 {
		width, height = height, width
	}
	// Scaling comes first: of all filters it alone takes pictures that change their size.
	times := "setpts=(RTCTIME-RTCSTART)/(TB*1000000)"
	switch {
	case p.Piped:
		times = fmt.Sprintf("setpts=PTS*25*%d/%d", p.FrameRate.Den, p.FrameRate.Num)
	case p.Units:
		times = fmt.Sprintf("trim=start_pts=%d,setpts=PTS-%d", UnitsFrom, UnitsFrom)
	}
	scale := "scale=" + strconv.Itoa(width) + ":" + strconv.Itoa(height) + ":out_range=tv:out_color_matrix=" + p.matrix()
	if p.MatrixAssumed {
		scale += ":in_color_matrix=" + p.matrix()
	}
	filters := []string{"settb=1/90000", times, scale}
	switch s.Rotate {
	case 90:
		filters = append(filters, "transpose=clock")
	case 180:
		filters = append(filters, "hflip", "vflip")
	case 270:
		filters = append(filters, "transpose=cclock")
	}
	filters = append(filters, "format="+e.pixels)
	if e.upload != "" {
		filters = append(filters, e.upload)
	}
	return strings.Join(filters, ",")
}

// matrix is that of the output's colours, by ffmpeg's name.
func (p Plan) matrix() string { return cmp.Or(p.Matrix, bt601) }

// The matrices of colours that are made, by ffmpeg's names (ITU-T H.273, table 4).
const (
	bt601 = "smpte170m"
	bt709 = "bt709"
)

// guessed are the codecs of which browsers take a stream that does not say what its
// colours are for BT.709 from so many lines on. JPEG is BT.601 (JFIF).
var guessed = []string{"h264", "hevc", "mpeg2video", "mpeg4", "vp9", "av1"}

const bt709Lines = 720

// colours are the matrix that the output is to have, and whether the input does not
// say that it has it. Where both are the same nothing is converted.
func (f Facts) colours() (matrix string, assumed bool) {
	switch {
	case f.Matrix != "":
		if f.Matrix == bt709 {
			return bt709, false
		}
		return bt601, false
	case f.Height >= bt709Lines && slices.Contains(guessed, f.Codec):
		return bt709, true
	}
	return bt601, false
}

// encoderFlags decode, time and encode.
func encoderFlags(p Plan, s Settings) []Flag {
	e := encoderNamed(p.Encoder)
	when := "the time of arrival is the time stamp, in 1/90000 s (the MJPEG demuxer counts 1/25 s, whatever the camera does)"
	switch {
	case p.Piped:
		when = "each picture is a frame, in 1/90000 s (the demuxer counts 1/25 s)"
	case p.Units:
		when = "the time of arrival comes with each picture, in 1/90000 s; what was recorded before is only decoded"
	}
	flags := []Flag{
		{[]string{"-map", "0:v:0", "-an", "-sn", "-dn"}, "the picture alone"},
		{[]string{"-vf", videoFilter(p, s, e)}, when + "; even size and limited range, which browsers expect of H.264; a camera that changes its size is scaled to the planned one"},
		{[]string{"-fps_mode", "cfr", "-r", p.FrameRate.String()}, "a constant rate makes every segment equally long; a late frame's place is filled with its predecessor"},
	}
	flags = append(flags, e.flags(p, s)...)
	if p.SoonFrames > 0 {
		flags = append(flags, Flag{[]string{"-force_key_frames", "expr:eq(n," + strconv.Itoa(p.SoonFrames) + ")"},
			"what the playlists promise has changed: the first segment ends soon, so that players can go on to the new ones"})
	}
	return append(flags,
		Flag{[]string{"-bf", "0"}, "no frame waits for a later one"},
		Flag{[]string{"-color_range", "tv", "-colorspace", p.matrix(), "-color_primaries", p.matrix(), "-color_trc", p.matrix()},
			"what the filter has made it; a player would guess from the size"})
}

// copyFlags keep the camera's own video.
func copyFlags(f Facts) []Flag {
	flags := []Flag{
		{[]string{"-map", "0:v:0", "-an", "-sn", "-dn"}, "the picture alone"},
		{[]string{"-c", "copy"}, "browsers play the camera's own video; encoding it anew would cost quality and a core"},
	}
	if f.Codec == "hevc" {
		flags = append(flags, Flag{[]string{"-tag:v", "hvc1"}, "Safari plays H.265 under this name only"})
	}
	if f.Format == "flv" && f.Codec == "h264" {
		flags = append(flags, Flag{[]string{"-bsf:v", "h264_mp4toannexb"},
			"parameter sets that change in mid-stream come beside the packets of FLV, where the muxer does not see them: this puts them inside"})
	}
	if f.Kind == RTSP || f.Kind == RTP {
		flags = append(flags, Flag{[]string{"-bsf:v", `noise=drop=eq(pts\,nopts)`},
			"RTSP's first packet has no time stamp: with B-frames the muxer would abort (SIGABRT); recording begins at the next key frame"})
	}
	return flags
}

// encodedMuxer closes the plan of a camera that is encoded.
func encodedMuxer() []Flag {
	return []Flag{
		{[]string{"-f", "flv", "-flvflags", "no_duration_filesize+no_metadata"},
			"the simplest container that tells time and format; MP4's muxer holds each frame until the next one comes"},
		{[]string{"-flush_packets", "1", "pipe:1"}, "each frame leaves at once"},
	}
}

// copiedMuxer closes the plan of a camera that is copied.
func copiedMuxer() []Flag {
	return []Flag{
		{[]string{"-f", "mp4", "-movflags", "+cmaf+delay_moov+skip_sidx+skip_trailer+frag_every_frame"},
			"one fragment per frame; no trailer, whose index ffmpeg would keep in memory, 150 MB a day at 30 fps; CMAF counts composition times from zero, so that runs join without a hole"},
		{[]string{"-flush_packets", "1", "pipe:1"}, "each fragment leaves at once"},
	}
}
