package recorder

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"lookback/controller/camera"
)

// numberBits are the columns of a numbered picture, each of 8 pixels, black or white.
const numberBits = 16

// numbered is a JPEG that shows a number. A broken one can't be decoded.
func numbered(n int, broken bool) []byte { return numberedIn(n, 8, broken) }

// numberedIn has columns of so many pixels.
func numberedIn(n, column int, broken bool) []byte {
	img := image.NewGray(image.Rect(0, 0, column*numberBits, 2*column))
	for i := range img.Pix {
		img.Pix[i] = uint8(255 * (n >> (i % img.Stride / column) & 1))
	}
	var b bytes.Buffer
	jpeg.Encode(&b, img, nil)
	if data := b.Bytes(); broken {
		data[bytes.Index(data, []byte{0xff, 0xda})+4] = 9 // components of its scan
	}
	return b.Bytes()
}

// numbersOf are those that a stream of H.264 shows, one for each picture.
func numbersOf(t *testing.T, format string, stream []byte) (numbers []int) {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", format, "-i", "pipe:0", "-fps_mode", "passthrough", "-vf", "scale=16:1:flags=area,format=gray", "-f", "rawvideo", "pipe:1")
	cmd.Stdin = bytes.NewReader(stream)
	luma, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for ; len(luma) >= numberBits; luma = luma[numberBits:] {
		n := 0
		for bit := range numberBits {
			n |= int(luma[bit]>>7) << bit
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// TestTenMinutesOfBrokenPictures: of a camera whose rate is a little off, whose
// pictures come unevenly and of whose pictures one in twenty can't be decoded, each
// picture is dated within a frame of its arrival, to the end. Half of the repeats are
// made when they are due, the others when the next picture has come. One that was left
// out may be such a repeat, and one behind a place without a picture may fill that too:
// these are a frame off at most for that.
func TestTenMinutesOfBrokenPictures(t *testing.T) {
	const rate, count = 24.9, 14_940
	t.Parallel()
	plan := camera.MakePlan(camera.Facts{Kind: camera.HTTP, Format: "mpjpeg", Codec: "mjpeg", PixelFormat: "gray", Width: 8 * numberBits, Height: 16,
		FrameRate: camera.Rate{Num: 25, Den: 1}, KeyIntervalKnown: true}, camera.Settings{Request: camera.Request{Segment: 2 * time.Second, Part: 100 * ms, Encoder: "auto"}})
	if !plan.Piped {
		t.Fatal(plan.Line)
	}
	process, err := startPiped(t.Context(), "ffmpeg", plan.Args("http://camera/"), plan.Memory)
	if err != nil {
		t.Fatal(err)
	}
	defer process.close()
	go io.Copy(io.Discard, process.stderr)
	go io.Copy(io.Discard, process.progress)
	go io.Copy(io.Discard, process.sound)

	arrivals := make([]time.Duration, count)
	random := rand.New(rand.NewPCG(3, 4))
	for n := range arrivals {
		arrivals[n] = time.Second + time.Duration(float64(n)/rate*1e9) + time.Duration(random.Int64N(int64(16*ms)))
	}
	late, early := make([]bool, count), make([]bool, count)
	go func() {
		defer process.in.Close()
		p := newPump(func() time.Duration { return 1 })
		if err := p.wait(process.in, process.unread, nil); err != nil {
			t.Error(err)
		}
		p.begin(40*ms, time.Second)
		for n, at := range arrivals {
			for n%2 == 0 && n > 0 && p.ticks.lapse() < at {
				data, missed, _ := p.choose(p.ticks.lapse() + 1)
				p.write(process.in, missed, data)
			}
			p.add(came{at, numbered(n, n%20 == 19)})
			data, missed, _ := p.choose(at)
			late[n], early[n] = data == nil, missed > 0 || n%20 == 0
			if data != nil {
				p.write(process.in, missed, data)
			}
		}
	}()
	var stream []byte
	var ticks []int64
	for from := newFLVPictures(process.out, plan.FrameRate, func() time.Duration { return 1 }); ; {
		u, err := from.next()
		if err != nil {
			break
		}
		if u.sync {
			for _, set := range parameterSets(u.format) {
				stream = append(append(stream, 0, 0, 0, 1), set...)
			}
		}
		nalUnits(u.data, func(nal []byte) { stream = append(append(stream, 0, 0, 0, 1), nal...) })
		ticks = append(ticks, u.dts/int64(u.duration))
	}
	process.finish()

	numbers, shown := numbersOf(t, "h264", stream), 0
	if len(numbers) != len(ticks) {
		t.Fatalf("%d pictures, %d numbers", len(ticks), len(numbers))
	}
	for i, n := range numbers {
		if n >= count || i > 0 && n < numbers[i-1] {
			t.Fatalf("picture %d shows %d after %d", i, n, numbers[max(0, i-1)])
		}
		if i > 0 && n == numbers[i-1] {
			continue
		}
		shown++
		earliest, latest := -44*ms, 40*ms
		if late[n] {
			latest += 40 * ms
		}
		if early[n] {
			earliest -= 40 * ms
		}
		if off := time.Duration(ticks[i])*40*ms - (arrivals[n] - arrivals[0]); off > latest || off < earliest {
			t.Fatalf("picture %d is dated %v after its arrival", n, off)
		}
	}
	if least := count * 19 / 20 * 96 / 100; shown < least { // 16 ms of jitter cost one in 30
		t.Errorf("%d pictures are shown, want %d", shown, least)
	}
}

// parameterSets are those of a configuration of H.264, one of each kind.
func parameterSets(f *format) (sets [][]byte) {
	rest := f.picture.Config[6:]
	for range 2 {
		n := int(rest[0])<<8 | int(rest[1])
		sets = append(sets, rest[2:2+n])
		rest = rest[min(len(rest), 2+n+1):]
	}
	return sets
}
