package camera

import (
	"fmt"
	"strconv"
)

// inputFlags open every plan.
func inputFlags(f Facts) []Flag {
	return []Flag{
		{[]string{"-nostdin"}, "nobody types"},
		{[]string{"-hide_banner", "-loglevel", "error"}, "what is left of stderr is worth keeping and tells why it ended"},
		{[]string{"-nostats", "-stats_period", "1", "-progress", "pipe:3"}, "frames, speed, repeated and dropped frames once a second, on a descriptor of their own"},
		{[]string{"-rw_timeout", micros(networkTimeout)}, "ends when the network is silent, in µs"},
		{[]string{"-f", f.Format}, "as probed: a broken beginning must not be taken for another format"},
	}
}

// encodedInput reads a camera that is decoded.
func encodedInput(f Facts) []Flag {
	flags := inputFlags(f)
	if f.Kind == MJPEG {
		flags = append(flags, Flag{[]string{"-analyzeduration", "0", "-probesize", "32"}, "every JPEG says all about itself: no second is spent on looking"})
	} else {
		flags = append(flags, Flag{[]string{"-analyzeduration", micros(f.KeyInterval)}, "an MPEG-TS has no header: reading on to the next key frame finds the picture's size"})
	}
	return append(flags, Flag{[]string{"-thread_type", "slice"}, "frame threads would delay one frame each"})
}

// Presets are libx264's, by what they cost at 1280x720 and 30 fps including
// decoding (of one core) and the delay from a frame's last byte to its fragment:
// ultrafast 25 %, 40 ms; superfast 31 %, 41 ms; veryfast 38 %, 43 ms (33 ms of
// each are the muxer's wait for the next frame). ultrafast leaves out CABAC and
// deblocking and shows it; superfast is the knee.
const preset = "superfast"

func encoderOf(setting string) (encoder, presetName string) {
	if setting == "" || setting == "auto" || setting == "libx264" {
		return "libx264", preset
	}
	return setting, ""
}

// encoderFlags decode, time and encode.
func encoderFlags(p Plan, encoder, preset string) []Flag {
	gop := strconv.Itoa(p.SegmentFrames)
	flags := []Flag{
		{[]string{"-map", "0:v:0", "-an", "-sn", "-dn"}, "the picture alone"},
		{[]string{"-vf", filter(p)}, "the time of arrival is the time stamp, at 1/90000 s (the MJPEG demuxer counts 1/25 s, whatever the camera does); even size and limited range, which browsers expect of H.264; a camera that changes its size is scaled to the planned one"},
		{[]string{"-fps_mode", "cfr", "-r", p.FrameRate.String()}, "a constant rate makes every segment equally long; a late frame is filled with its predecessor"},
		{[]string{"-c:v", encoder}, "H.264, which every browser plays"},
	}
	if preset != "" {
		rate := maxRate(p)
		flags = append(flags,
			Flag{[]string{"-preset", preset, "-tune", "zerolatency"}, "no look-ahead and no frame threads: each frame leaves at once"},
			Flag{[]string{"-crf", "23", "-maxrate", rate, "-bufsize", rate}, "constant quality, with a ceiling that a second of video never exceeds by much"},
			Flag{[]string{"-sc_threshold", "0", "-keyint_min", gop}, "no key frame but at the segment's beginning"},
		)
	} else {
		flags = append(flags, Flag{[]string{"-b:v", maxRate(p)}, "hardware encoders know no constant quality in common"})
	}
	return append(flags,
		Flag{[]string{"-g", gop, "-bf", "0"}, "a key frame exactly every segment; no frame waits for a later one"},
		Flag{[]string{"-color_range", "tv", "-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m"},
			"JPEG is BT.601; a player would guess BT.709 from the size"})
}

func filter(p Plan) string {
	return fmt.Sprintf("settb=1/90000,setpts=(RTCTIME-RTCSTART)/(TB*1000000),scale=%d:%d:out_range=tv:out_color_matrix=smpte170m,format=yuv420p", p.Width, p.Height)
}

// maxRate is the ceiling of the bit rate: a seventh of a bit per pixel at
// 30 fps, 4 Mbit/s for 1280x720, at least 1 Mbit/s.
func maxRate(p Plan) string {
	bits := float64(p.Width*p.Height) * min(max(p.FrameRate.Float(), 15), 60) / 7
	return strconv.Itoa(max(1000, int(bits/1000))) + "k"
}

// muxerFlags close every plan.
func muxerFlags() []Flag {
	return []Flag{
		{[]string{"-f", "mp4", "-movflags", "+cmaf+delay_moov+skip_sidx+frag_every_frame"},
			"one fragment per frame, which parts are grouped from; CMAF counts composition times from zero, so that runs join without a hole"},
		{[]string{"-flush_packets", "1", "pipe:1"}, "each fragment leaves at once"},
	}
}
