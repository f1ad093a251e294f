package camera

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestClassify has what ffmpeg 5.1 says word for word.
func TestClassify(t *testing.T) {
	for line, want := range map[string]string{
		"http://cam/: Server returned 401 Unauthorized (authorization failed)":              Unauthorized,
		"http://cam/: Server returned 403 Forbidden (access denied)":                        Forbidden,
		"http://cam/: Server returned 404 Not Found":                                        NotFound,
		"http://cam/: Server returned 5XX Server Error reply":                               HTTPError,
		"http://cam/: Server returned 4XX Client Error, but not one of 40{0,1,3,4}":         HTTPError,
		"http://cam/: Connection timed out":                                                 Timeout,
		"http://cam/: Connection reset by peer":                                             StreamEnded,
		"http://cam/: End of file":                                                          StreamEnded,
		"[concat @ 0x5] Impossible to open 'rtmp://cam/live/x'\npipe:0: Input/output error": NoPublisher,
		"[rtmp @ 0x5] Server error: No such stream\nrtmp://cam/x: Operation not permitted":  NoPublisher,
		"http://cam/: Input/output error":                                                   FFmpegFailed,
		"http://cam/: Connection refused":                                                   ConnectionRefused,
		"http://cam/: No route to host":                                                     Unreachable,
		"[tcp @ 0x5] Failed to resolve hostname cam: Name or service not known":             DNS,
		"[tls @ 0x5] error:0A00010B:SSL routines::wrong version number":                     TLS,
		"[mp4 @ 0x5] Could not find tag for codec pcm_alaw in stream #1":                    UnsupportedCodec,
		"http://cam/: Invalid data found when processing input":                             NotAStream,
		"[mjpeg @ 0x5] [IMGUTILS @ 0x7] Picture size 60000x60000 is invalid":                PictureTooLarge,
		"[h264 @ 0x5] [IMGUTILS @ 0x7] Picture size 9000x9000 exceeds specified max pixel count 37748736, see the documentation if you wish to increase it": PictureTooLarge,
		"[mpegts @ 0x5] Number of streams exceeds max_streams parameter (64), see the documentation if you wish to increase it":                             TooManyTracks,
		"Output file #0 does not contain any stream":                                          NoVideo,
		"[mp4 @ 0x5] something nobody has seen before":                                        FFmpegFailed,
		"[http @ 0x5] HTTP error 401 Unauthorized\nhttp://cam/: Operation timed out\nanother": Unauthorized,
	} {
		if got := Classify(strings.Split(line, "\n"), exec.Command("false").Run()); got.Code != want || got.Advice == "" {
			t.Errorf("%q: %+v, want %s", line, got, want)
		}
	}
}

// TestSignals: how ffmpeg ended tells more than what it said before.
func TestSignals(t *testing.T) {
	for signal, want := range map[string]string{"KILL": Killed, "TERM": Killed, "ABRT": FFmpegCrashed, "SEGV": FFmpegCrashed, "USR1": StreamEnded} {
		err := exec.Command("sh", "-c", "kill -"+signal+" $$").Run()
		if got := Classify([]string{"http://cam/: End of file"}, err); got.Code != want {
			t.Errorf("%s: %s, want %s", signal, got.Code, want)
		}
	}
	if got := Classify(nil, exec.Command("/nowhere/ffmpeg").Run()); got.Code != FFmpegMissing {
		t.Errorf("%+v", got)
	}
}

func TestRefusedPassword(t *testing.T) {
	r := ReasonFor(Unauthorized)
	if got := r.For("http://cam/"); got != r {
		t.Errorf("without a password: %+v", got)
	}
	if got := r.For("http://u:p@cam/"); got.Code != Unauthorized || got.Title != "The camera refuses the password" {
		t.Errorf("with one: %+v", got)
	}
	if got := ReasonFor(Timeout).For("http://u:p@cam/"); got != ReasonFor(Timeout) {
		t.Errorf("another reason: %+v", got)
	}
}

// TestEveryReasonHelps: each has a title, a link that fails by it, and advice
// unless nothing is wrong.
func TestEveryReasonHelps(t *testing.T) {
	links := []Link{OfRecorder, OfSource, OfFFmpeg, OfFragments, OfSegments}
	for code, r := range reasons {
		if r.Title == "" || r.Advice == "" && code != Stopped || !slices.Contains(links, r.Link) {
			t.Errorf("%s: %+v", code, r)
		}
	}
}

// TestEveryCodeIsInTheTable: none is declared and left out of the table.
func TestEveryCodeIsInTheTable(t *testing.T) {
	text, err := os.ReadFile("reason.go")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "// Codes of all reasons.\nconst (")
	block, _, _ = strings.Cut(block, "\n)")
	codes := regexp.MustCompile(`= "([a-z-]+)"`).FindAllStringSubmatch(block, -1)
	for _, m := range codes {
		if _, ok := reasons[m[1]]; !ok {
			t.Errorf("%s is not in the table", m[1])
		}
	}
	if len(codes) != len(reasons) {
		t.Errorf("%d codes, %d reasons", len(codes), len(reasons))
	}
}
