package recorder

import (
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// TestStudyFails: a camera that could not be studied is probed as thoroughly as
// any other the next time, unless it was not even reached.
func TestStudyFails(t *testing.T) {
	rough := camera.Facts{Kind: camera.RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: 320, Height: 180, Knowledge: camera.Rough}
	for code, again := range map[string]bool{camera.Stalled: false, camera.StreamEnded: false, camera.ConnectionRefused: true} {
		r := New(Options{})
		if !r.mayStudy(rough) {
			t.Fatal("it may not even once")
		}
		r.facts = &rough
		r.review(outcome{reason: camera.ReasonFor(code)})
		if r.facts != nil || r.mayStudy(rough) != again {
			t.Errorf("%s: %+v, again %t", code, r.facts, r.mayStudy(rough))
		}
	}
}

// promised has a recorder find an RTSP camera of 25 fps with so many frames
// between key frames, whose playlists have promised something already.
func promised(t *testing.T, target time.Duration, gop string) func(*Recorder) {
	clip := media(t, "testsrc2=size=320x180:rate=25:duration=8", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", gop, "-sc_threshold", "0")
	return func(r *Recorder) {
		r.FFprobe = script(t, `echo '{"format":{"format_name":"rtsp"},"streams":[{"codec_type":"video","codec_name":"h264","profile":"High","pix_fmt":"yuv420p","width":320,"height":180}]}'`)
		read := "exec ffmpeg -nostdin -loglevel error -re -stream_loop -1 -i " + clip + " -c copy "
		r.FFmpeg = script(t, `case "$*" in *framecrc*) `+read+"-f framecrc -flush_packets 1 pipe:1;; esac\n"+read+
			"-f mp4 -movflags +cmaf+delay_moov+skip_sidx+skip_trailer+frag_every_frame -flush_packets 1 pipe:1")
		r.foreign = "its picture is interlaced"
		r.Promise = func() *spool.Promised {
			return &spool.Promised{Constants: spool.Constants{PartTarget: 138_000, TargetDuration: target.Microseconds(), Independent: true}}
		}
	}
}

// TestPromisedCameraBegins: where the promises are made already, recording begins
// before two key frames were seen, and goes on when they are as promised.
func TestPromisedCameraBegins(t *testing.T) {
	t.Parallel()
	r, stop := start(t, "rtsp://127.0.0.1:1/", promised(t, 4*time.Second, "50"))
	begun := ""
	until(t, 20*time.Second, "the first segment", func() bool {
		if segments(t, r, 0) > 0 && begun == "" {
			begun = status(r).Plan
		}
		return begun != ""
	})
	if strings.Contains(begun, "key frame") {
		t.Errorf("it began by %q, when its key frames were known", begun)
	}
	until(t, 20*time.Second, "its key frames are known", func() bool { return strings.Contains(status(r).Plan, "key frame every 2s") })
	until(t, 20*time.Second, "two segments", func() bool { return segments(t, r, 0) > 2 })
	stop()
	if len(runs(t, r)) != 1 || r.remembered.Knowledge != camera.Known || r.remembered.KeyInterval != 2*time.Second {
		t.Errorf("%d runs, remembered %+v", len(runs(t, r)), r.remembered)
	}
}

// TestPromisedCameraBreaksIt: one whose key frames turn out to be farther apart
// than its playlists have promised goes on under another promise, in the same run.
func TestPromisedCameraBreaksIt(t *testing.T) {
	t.Parallel()
	r, stop := start(t, "rtsp://127.0.0.1:1/", promised(t, 2*time.Second, "75"))
	until(t, 20*time.Second, "two segments of another promise", func() bool { return segments(t, r, 0) > 3 })
	stop()
	run := readRun(t, runs(t, r)[0])
	under, err := spool.PromisedAt(run.dir, run.Run, 1)
	if err != nil || run.Promise != 0 || under.Number != 1 || under.Constants != (spool.Constants{PartTarget: 138_000, TargetDuration: 17_000_000}) {
		t.Errorf("%+v, %v", under, err)
	}
	if len(status(r).Restarts) > 0 || !strings.HasPrefix(status(r).Plan, "copying") {
		t.Errorf("%+v", status(r))
	}
}
