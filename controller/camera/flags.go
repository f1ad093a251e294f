package camera

import (
	"fmt"
	"strconv"
	"time"
)

// inputFlags open every plan.
func inputFlags(f Facts) []Flag {
	return []Flag{
		{[]string{"-nostdin"}, "nobody types"},
		{[]string{"-hide_banner", "-loglevel", "error"}, "what is left of stderr is worth keeping and tells why it ended"},
		{[]string{"-nostats", "-stats_period", "1", "-progress", "pipe:3"}, "frames, speed, repeated and dropped frames once a second, on a descriptor of their own"},
		{[]string{"-rw_timeout", micros(networkTimeout)}, "ends when the network is silent, in µs"},
		{[]string{"-recv_buffer_size", "262144"}, "when this machine can't keep up, pictures wait in the camera, which leaves some out, and not for seconds in the kernel, in bytes"},
		{[]string{"-f", f.Format}, "as probed: a broken beginning must not be taken for another format"},
	}
}

// encodedInput reads a camera that is decoded.
func encodedInput(f Facts) []Flag {
	flags := inputFlags(f)
	if f.Kind == MJPEG {
		flags = append(flags, Flag{[]string{"-analyzeduration", "0", "-probesize", "32"}, "every JPEG says all about itself: no second is spent on looking"})
	} else {
		flags = append(flags, analyzeFlag(f))
	}
	return append(flags, Flag{[]string{"-thread_type", "slice"}, "frame threads would delay one frame each"})
}

// analyzeFlag says how much of an MPEG-TS is read before anything leaves.
func analyzeFlag(f Facts) Flag {
	look := f.KeyInterval
	if f.BeginsWithKey {
		look = 0
	}
	return Flag{[]string{"-analyzeduration", micros(look + 500*time.Millisecond)},
		"an MPEG-TS has no header: the next key frame tells the picture's size; ffmpeg alone would always take 5 s"}
}

// preset is libx264's. What they cost at 1280x720 and 30 fps including decoding
// (of one core), and the delay from a frame's last byte to its fragment, of
// which 33 ms are the muxer's wait for the next frame: ultrafast 25 %, 40 ms;
// superfast 31 %, 41 ms; veryfast 38 %, 43 ms. ultrafast leaves out CABAC and
// deblocking and shows it.
const preset = "superfast"

// encoderFlags decode, time and encode.
func encoderFlags(p Plan) []Flag {
	gop, rate := strconv.Itoa(p.SegmentFrames), maxRate(p)
	return []Flag{
		{[]string{"-map", "0:v:0", "-an", "-sn", "-dn"}, "the picture alone"},
		{[]string{"-vf", filter(p)}, "the time of arrival is the time stamp, in 1/90000 s (the MJPEG demuxer counts 1/25 s, whatever the camera does); even size and limited range, which browsers expect of H.264; a camera that changes its size is scaled to the planned one"},
		{[]string{"-fps_mode", "cfr", "-r", p.FrameRate.String()}, "a constant rate makes every segment equally long; a late frame's place is filled with its predecessor"},
		{[]string{"-c:v", "libx264", "-preset", preset, "-tune", "zerolatency"}, "H.264, which every browser plays; no look-ahead and no frame threads: each frame leaves at once"},
		{[]string{"-crf", "23", "-maxrate", rate, "-bufsize", rate}, "constant quality, with a ceiling that a second of video never exceeds by much"},
		{[]string{"-g", gop, "-keyint_min", gop, "-sc_threshold", "0"}, "a key frame exactly at the beginning of every segment"},
		{[]string{"-bf", "0"}, "no frame waits for a later one"},
		{[]string{"-color_range", "tv", "-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m"},
			"JPEG is BT.601; a player would guess BT.709 from the size"},
	}
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
		{[]string{"-f", "mp4", "-movflags", "+cmaf+delay_moov+skip_sidx+skip_trailer+frag_every_frame"},
			"one fragment per frame, which parts are grouped from; no trailer, whose index ffmpeg would keep in memory, 150 MB a day at 30 fps; CMAF counts composition times from zero, so that runs join without a hole"},
		{[]string{"-flush_packets", "1", "pipe:1"}, "each fragment leaves at once"},
	}
}
