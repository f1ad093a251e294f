package recorder

import (
	"encoding/binary"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lookback/controller/democam"
	"lookback/controller/spool"
	"lookback/e2e/rig"
)

// TestDates: a picture's date is when it was taken, by the clock in it, whatever
// the rate.
func TestDates(t *testing.T) {
	for _, fps := range []float64{30, 10, 1} {
		t.Run(fmt.Sprint(fps), func(t *testing.T) {
			t.Parallel()
			onAQuietMachine(t, func() error {
				cam := democam.New(democam.Options{Width: 320, Height: 180, FPS: fps, Blocks: true})
				server := httptest.NewServer(cam)
				defer func() { cam.Close(); server.CloseClientConnections(); server.Close() }()
				r, stop := start(t, server.URL+"/stream.mjpg", func(r *Recorder) { r.FPS, r.Log = fps, discarded })
				until(t, 40*time.Second, "segments", func() bool { return segments(t, r, 0) >= 4 })
				stop()
				run := readRun(t, runs(t, r)[0])
				off := pictureError(t, run, run.stream(t))
				if off < -18*ms || off > 22*ms {
					return fmt.Errorf("at %v fps pictures are dated %v after their clock", fps, off)
				}
				t.Logf("at %v fps pictures are dated %v after their clock", fps, off)
				return nil
			})
		})
	}
}

// onAQuietMachine measures until it fits, three times at most: what else runs
// makes everything late now and then, what is wrong is late each time.
func onAQuietMachine(t *testing.T, measure func() error) {
	t.Helper()
	for range 2 {
		err := measure()
		if err == nil {
			return
		}
		t.Log("once more:", err)
	}
	if err := measure(); err != nil {
		t.Error(err)
	}
}

// TestSoundIsInStep: a flash of an encoded camera and the tone with it are as far
// apart as the demuxer makes them, whatever the rate.
func TestSoundIsInStep(t *testing.T) {
	// The demuxer knows the end of a picture by the beginning of the next, so the
	// flash is late. The row of sound may begin with one frame or the next, 21 ms, and
	// a flash is in one tick or the next.
	for fps, want := range map[int]time.Duration{30: 6 * ms, 10: -142 * ms} {
		t.Run(fmt.Sprint(fps), func(t *testing.T) {
			t.Parallel()
			onAQuietMachine(t, func() error { return soundInStep(t, fps, want) })
		})
	}
}

// outOfStep is how far sound and picture may be apart until people notice it first
// (ITU-R BT.1359).
const outOfStep = 45 * time.Millisecond

// soundInStep tells by an error how far tones are from their flashes, if that is
// another time than wanted.
func soundInStep(t *testing.T, fps int, want time.Duration) error {
	flash := fmt.Sprintf("color=c=black:s=320x180:r=%v,drawbox=c=white:t=fill:enable='lt(mod(t\\,2)\\,1)'[out0];aevalsrc=sin(6283*t)*lt(mod(t\\,2)\\,1):s=48000[out1]", fps)
	cam := newTSStream(t, "-f", "lavfi", "-i", flash, "-c:v", "mpeg4", "-g", "1", "-c:a", "mp2", "-pes_payload_size", "0", "-muxdelay", "0", "-muxpreload", "0")
	r, stop := start(t, cam.URL, func(r *Recorder) { r.FPS, r.Audio, r.Log = float64(fps), "on", discarded })
	until(t, 60*time.Second, "segments", func() bool { return segments(t, r, 0) >= 6 })
	stop()
	run := readRun(t, runs(t, r)[0])
	path := filepath.Join(t.TempDir(), "run.mp4")
	if err := os.WriteFile(path, run.stream(t), 0o600); err != nil {
		t.Fatal(err)
	}
	flashes, tones := flashesIn(t, run, path), tonesIn(t, path)
	if len(flashes) < 3 || len(flashes) != len(tones) {
		return fmt.Errorf("flashes %v, tones %v", flashes, tones)
	}
	for i, flash := range flashes {
		if off := tones[i] - flash; i > 0 && (off-want).Abs() > outOfStep {
			return fmt.Errorf("a tone %v after its flash, want %v", off, want)
		}
	}
	return nil
}

// flashesWithSound tells by an error where tones begin more than 60 ms before or after their
// flashes, of which there is one in two seconds. late is by how much the camera's are.
func (r recorded) flashesWithSound(t *testing.T, late time.Duration) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.mp4")
	if err := os.WriteFile(path, r.stream(t), 0o600); err != nil {
		t.Fatal(err)
	}
	flashes, tones := flashesIn(t, r, path), tonesIn(t, path)
	t.Logf("flashes %v, tones %v", flashes, tones)
	if len(flashes) < 3 || len(tones) == 0 {
		return fmt.Errorf("flashes %v, tones %v", flashes, tones)
	}
	off := (tones[len(tones)-1] - flashes[len(flashes)-1]) % (2 * time.Second) // the last tone may be cut off
	if off < -time.Second {
		off += 2 * time.Second
	}
	if (off - late).Abs() > 60*ms {
		return fmt.Errorf("a tone %v after its flash, want %v", off, late)
	}
	return nil
}

// flashesIn is when pictures turn from black to white, in time of the run.
func flashesIn(t *testing.T, run recorded, path string) (at []time.Duration) {
	t.Helper()
	luma, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-vf", "scale=1:1,format=gray", "-f", "rawvideo", "pipe:1").Output()
	infos := slices.Concat(run.segments...)
	if err != nil || len(luma) != len(infos) {
		t.Fatalf("%d of %d pictures: %v", len(luma), len(infos), err)
	}
	for i := 1; i < len(luma); i++ {
		if luma[i-1] < 128 && luma[i] >= 128 {
			at = append(at, infos[i].PRFT.Sub(time.UnixMicro(run.Epoch)))
		}
	}
	return at
}

// tonesIn is when a tone begins after silence, likewise.
func tonesIn(t *testing.T, path string) (at []time.Duration) {
	t.Helper()
	const rate, loud = 48_000, 3000
	pcm, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a", "-ac", "1", "-ar", fmt.Sprint(rate), "-f", "s16le", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, quiet := 0, 0; i+1 < len(pcm); i += 2 {
		if v := int16(binary.LittleEndian.Uint16(pcm[i:])); v > -loud && v < loud {
			quiet++
			continue
		}
		if quiet > rate/2 {
			at = append(at, time.Duration(i/2)*time.Second/rate)
		}
		quiet = 0
	}
	return at
}

// stream is the whole run as a file.
func (r recorded) stream(t *testing.T) []byte {
	t.Helper()
	stream, err := os.ReadFile(spool.InitPath(r.dir))
	for i := 0; i < len(r.segments) && err == nil; i++ {
		var segment []byte
		segment, err = os.ReadFile(spool.SegmentPath(r.dir, i))
		stream = append(stream, segment...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// pictureError is by how much pictures are dated later than their own clock says,
// in the median. Repeats are left out.
func pictureError(t *testing.T, run recorded, stream []byte) time.Duration {
	t.Helper()
	codes, err := rig.DecodeBlocks(stream)
	infos := slices.Concat(run.segments...)
	if err != nil || len(codes) != len(infos) {
		t.Fatalf("%d clocks in %d pictures: %v", len(codes), len(infos), err)
	}
	var errors []time.Duration
	for i, code := range codes {
		if code != 0 && (i == 0 || code != codes[i-1]) {
			errors = append(errors, infos[i].PRFT.Sub(time.UnixMilli(code)))
		}
	}
	if len(errors) < 4 {
		t.Fatalf("%d clocks can be read", len(errors))
	}
	slices.Sort(errors)
	return errors[len(errors)/2]
}
