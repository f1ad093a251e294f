package playlist

import (
	"strconv"

	"lookback/controller/archive"
)

// Master writes the multivariant playlist: the live playlist of the newest
// promise with what its newest run looks like and the bandwidth it had of late.
func Master(s *archive.Snapshot) []byte {
	peak, average := Bandwidth(s)
	run, _ := NewestRun(s)
	b := []byte("#EXTM3U\n#EXT-X-VERSION:" + version + "\n")
	if s.Promise().Constants.Independent {
		b = append(b, "#EXT-X-INDEPENDENT-SEGMENTS\n"...)
	}
	b = strconv.AppendInt(append(b, "#EXT-X-STREAM-INF:BANDWIDTH="...), peak, 10)
	b = strconv.AppendInt(append(b, ",AVERAGE-BANDWIDTH="...), average, 10)
	if run.Codecs != "" {
		b = append(append(append(b, `,CODECS="`...), run.Codecs...), '"')
	}
	if run.Width > 0 && run.Height > 0 {
		b = strconv.AppendInt(append(b, ",RESOLUTION="...), int64(run.Width), 10)
		b = strconv.AppendInt(append(b, 'x'), int64(run.Height), 10)
	}
	if run.FrameRate > 0 {
		b = strconv.AppendFloat(append(b, ",FRAME-RATE="...), run.FrameRate, 'f', 3, 64)
	}
	// Without this Shaka 5.2 looks for captions in segments, the open one among them,
	// which has no URI: with few complete ones it then plays nothing (4.4.6.2).
	b = append(b, ",CLOSED-CAPTIONS=NONE"...)
	b = strconv.AppendUint(append(b, "\nlive.m3u8?epoch="...), s.Promise().Number, 10)
	return append(b, '\n')
}

// NewestRun is the run of the newest part or segment, false when there is none.
func NewestRun(s *archive.Snapshot) (archive.Run, bool) {
	if s.Open != nil && len(s.Open.Parts) > 0 {
		return s.Runs[s.Open.Run], true
	}
	if n := len(s.Segments); n > 0 {
		return s.Runs[s.Segments[n-1].Run], true
	}
	return archive.Run{}, false
}

// Bandwidth is the highest bit rate of a segment of the live playlist and the
// mean of all of them, in bits a second rounded up. Segments shorter than half
// the target duration don't count for the peak (4.4.6.2).
func Bandwidth(s *archive.Snapshot) (peak, average int64) {
	var bytes, us int64
	for _, seg := range s.Segments[Live(s).first:] {
		if seg.Flags&archive.Gap != 0 || seg.Duration == 0 {
			continue
		}
		bytes, us = bytes+int64(seg.Size), us+int64(seg.Duration)
		if 2*int64(seg.Duration) >= s.Promise().Constants.TargetDuration {
			peak = max(peak, rate(int64(seg.Size), int64(seg.Duration)))
		}
	}
	if us == 0 && s.Open != nil {
		us = total(s.Open.Parts)
		for _, p := range s.Open.Parts {
			bytes += int64(p.Size)
		}
	}
	average = rate(bytes, us)
	return max(peak, average), average
}

// rate is in bits a second, at least 1: a bandwidth of 0 is no bandwidth.
func rate(bytes, us int64) int64 {
	if us <= 0 {
		return 1
	}
	return max(1, (bytes*8*1e6+us-1)/us)
}
