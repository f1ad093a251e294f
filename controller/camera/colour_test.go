package camera

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// coloured is a stream of one colour, whose samples were made with a matrix and a
// range, and which may say so or not.
type coloured struct {
	name, codec, container string
	pixels, matrix, rang   string
	says                   string // arguments that have it say what it is, or not
}

// Colours of what is encoded are those that browsers would show of the camera's
// own stream. JPEG is BT.601 with full range at any size. Video that says nothing
// is BT.709 from 720 lines on.
func TestColours(t *testing.T) {
	const untold = "matrix_coefficients=2:colour_primaries=2:transfer_characteristics=2"
	for _, height := range []int{480, 720} {
		byLines := map[int]string{480: "smpte170m", 720: "bt709"}[height]
		for _, c := range []coloured{
			{"jpeg", "mjpeg -q:v 1", "avi", "yuvj420p", "smpte170m", "pc", ""},
			{"h264", "libx264 -preset ultrafast -crf 3", "mpegts", "yuv420p", byLines, "tv", "-bsf:v h264_metadata=" + untold},
			{"h265", "libx265 -preset ultrafast -crf 3 -x265-params log-level=none", "mpegts", "yuv420p", byLines, "tv", "-bsf:v hevc_metadata=" + untold},
			{"mpeg2", "mpeg2video -q:v 1", "mpegts", "yuv420p", byLines, "tv", ""},
			{"h264 bt601", "libx264 -preset ultrafast -crf 3", "mpegts", "yuv420p", "smpte170m", "tv", "-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m"},
			{"h264 full range", "libx264 -preset ultrafast -crf 3", "mpegts", "yuvj420p", "bt709", "pc", "-colorspace bt709 -color_primaries bt709 -color_trc bt709"},
		} {
			for colour, want := range map[string][3]byte{"red": {255, 0, 0}, "0x808080": {128, 128, 128}} {
				t.Run(fmt.Sprintf("%s %d %s", c.name, height, colour), func(t *testing.T) {
					checkColour(t, c, height, colour, want)
				})
			}
		}
	}
}

func checkColour(t *testing.T, c coloured, height int, colour string, want [3]byte) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	run := func(args string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "ffmpeg", strings.Fields("-nostdin -v error -y "+args)...)
		var said bytes.Buffer
		cmd.Stderr = &said
		data, err := cmd.Output()
		if err != nil {
			t.Fatalf("ffmpeg %s: %v: %s", args, err, said.String())
		}
		return data
	}
	run(fmt.Sprintf("-f lavfi -i color=c=%s:size=%dx%d:rate=10,format=rgb24,scale=out_color_matrix=%s:out_range=%s,format=%s -t 0.5 -c:v %s %s -f %s %s",
		colour, height*4/3, height, c.matrix, c.rang, c.pixels, c.codec, c.says, c.container, in))
	facts, err := describe(t.Context(), File, Source{URL: "file://" + in}, Tools{})
	if err != nil {
		t.Fatal(err)
	}
	facts.FrameRate, facts.KeyIntervalKnown = Rate{10, 1}, true
	s := Settings{Request: Request{Source: Source{URL: "file://" + in}, Segment: 2 * time.Second, Part: 200 * time.Millisecond,
		PictureOptions: PictureOptions{Quality: 10}}}
	p := MakePlan(facts, s)
	args := strings.Join(p.Args(s.URL), "\x00")
	args = strings.ReplaceAll(args, "\x00-re\x00-stream_loop\x00-1\x00", "\x00") // once, and soon
	args = strings.ReplaceAll(args, "pipe:3", os.DevNull)
	args = strings.ReplaceAll(args, "pipe:1", out)
	if said, err := exec.CommandContext(t.Context(), "ffmpeg", strings.Split(args, "\x00")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	// What it says of itself is what counts, as in a browser.
	tag, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries", "stream=color_space,color_range", "-of", "csv=p=0", out).Output()
	if err != nil {
		t.Fatal(err)
	}
	rang, matrix, _ := strings.Cut(strings.TrimSpace(string(tag)), ",")
	if rang != "tv" || matrix != "smpte170m" && matrix != "bt709" {
		t.Fatalf("it says %q", tag)
	}
	got := run(fmt.Sprintf("-i %s -frames:v 1 -vf scale=in_color_matrix=%s:in_range=tv:flags=accurate_rnd+full_chroma_int,format=rgb24,crop=1:1:100:100 -f rawvideo pipe:1", out, matrix))
	for i := range want {
		if d := int(got[i]) - int(want[i]); d < -3 || d > 3 {
			t.Fatalf("got %v, want %v; it is tagged %s", got[:3], want, matrix)
		}
	}
}
