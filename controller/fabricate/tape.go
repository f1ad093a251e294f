package fabricate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"lookback/controller/fmp4"
)

// tape is a minute of video, one GOP a segment.
type tape struct {
	init  *fmp4.Init
	video fmp4.Track
	gops  [][]fmp4.Sample // of each segment the frames
}

// encode makes the tape with ffmpeg: testsrc shows the second in large digits.
func encode(ctx context.Context, o Options) (*tape, error) {
	frames := int(o.Segment * time.Duration(o.FPS) / time.Second)
	count := max(1, int(time.Minute/o.Segment))
	gop := fmt.Sprint(frames)
	source := fmt.Sprintf("testsrc=size=%s:rate=%d:duration=%d", o.Size, o.FPS, (count*frames+o.FPS-1)/o.FPS)
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", fmt.Sprint(count*frames),
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-crf", "38",
		"-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-video_track_timescale", fmt.Sprint(1000*o.FPS),
		"-f", "mp4", "-movflags", "+cmaf+delay_moov+skip_sidx+skip_trailer+frag_every_frame", "pipe:1")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ffmpeg: %w: %s", err, complaint.String())
	}
	return cut(out, frames)
}

// cut takes a recording apart into GOPs of so many frames.
func cut(recording []byte, frames int) (*tape, error) {
	s := fmp4.NewScanner(bytes.NewReader(recording), fmp4.Limits{})
	t := &tape{}
	var err error
	if t.init, err = s.Init(); err != nil {
		return nil, err
	}
	var ok bool
	if t.video, ok = t.init.Video(); !ok {
		return nil, errors.New("ffmpeg made no video")
	}
	for {
		f, err := s.Next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		samples, err := f.Samples(t.video.ID)
		if err != nil {
			return nil, err
		}
		if n := len(t.gops); n == 0 || len(t.gops[n-1]) == frames {
			if !f.Tracks[0].Sync {
				return nil, errors.New("ffmpeg made a segment that does not begin with a key frame")
			}
			t.gops = append(t.gops, nil)
		}
		last := &t.gops[len(t.gops)-1]
		*last = append(*last, fmp4.Sample{Sync: f.Tracks[0].Sync, Data: bytes.Clone(samples[0].Data)})
	}
}
