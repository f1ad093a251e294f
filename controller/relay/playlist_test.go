package relay

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"lookback/controller/camera"
)

// marked is what a link makes of a reference in these tests.
func marked(reference string) (string, bool) {
	return "<" + reference + ">", !strings.Contains(reference, "impossible")
}

func TestRewrite(t *testing.T) {
	for text, want := range map[string]string{
		"#EXTM3U":                                     "#EXTM3U\n",
		"\xEF\xBB\xBF#EXTM3U\r\n\r\na.ts\r\n":         "#EXTM3U\n\n<a.ts>\n",
		"#EXTM3U\n#EXTINF:2,URI=\"x\"\na.ts?b=c":      "#EXTM3U\n#EXTINF:2,URI=\"x\"\n<a.ts?b=c>\n",
		"#EXTM3U\n# a comment\n  /a/b.ts  \n":         "#EXTM3U\n# a comment\n</a/b.ts>\n",
		"#EXTM3U\rhttp://h/a.ts\r//g/b.ts":            "#EXTM3U\n<http://h/a.ts>\n<//g/b.ts>\n",
		"HTTPS://h/a.ts":                              "<HTTPS://h/a.ts>\n",
		"a:b.ts":                                      "a:b.ts\n",
		"a/b:c.ts":                                    "<a/b:c.ts>\n",
		"data:text/plain,a\nfile:///etc/passwd":       "data:text/plain,a\nfile:///etc/passwd\n",
		"impossible":                                  "impossible\n",
		`#EXT-X-MAP:URI="init.mp4",BYTERANGE="720@0"`: `#EXT-X-MAP:URI="<init.mp4>",BYTERANGE="720@0"` + "\n",
		`#EXT-X-KEY:METHOD=AES-128,URI="https://h/k?a=1,2",IV=0x1`:                              `#EXT-X-KEY:METHOD=AES-128,URI="<https://h/k?a=1,2>",IV=0x1` + "\n",
		`#EXT-X-KEY:METHOD=AES-128,URI=k.bin,IV=0x1`:                                            `#EXT-X-KEY:METHOD=AES-128,URI=<k.bin>,IV=0x1` + "\n",
		`#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x"`:                                            `#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x"` + "\n",
		`#EXT-X-KEY:METHOD=NONE`:                                                                `#EXT-X-KEY:METHOD=NONE` + "\n",
		`#EXT-X-MEDIA:TYPE=AUDIO,NAME="URI=x",GROUP-ID="a", URI="a.m3u8"`:                       `#EXT-X-MEDIA:TYPE=AUDIO,NAME="URI=x",GROUP-ID="a", URI="<a.m3u8>"` + "\n",
		`#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a,b"` + "\nlow/x.m3u8":                           `#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a,b"` + "\n<low/x.m3u8>\n",
		`#EXT-X-PART:DURATION=1,URI="p.mp4"` + "\n" + `#EXT-X-CONTENT-STEERING:SERVER-URI="/s"`: `#EXT-X-PART:DURATION=1,URI="<p.mp4>"` + "\n" + `#EXT-X-CONTENT-STEERING:SERVER-URI="</s>"` + "\n",
		`#EXT-X-MAP:URI="init.mp4`:                                                              `#EXT-X-MAP:URI="<init.mp4>"` + "\n",
		`#EXT-X-MAP:URI=""`:                                                                     `#EXT-X-MAP:URI=""` + "\n",
	} {
		var out bytes.Buffer
		if err := rewrite(&out, strings.NewReader(text), marked); err != nil || out.String() != want {
			t.Errorf("%q:\ngot  %q, %v\nwant %q", text, out.String(), err, want)
		}
	}
}

// endlessText is a playlist that never ends.
type endlessText struct {
	line string
	read int64
}

func (e *endlessText) Read(p []byte) (int, error) {
	n := 0
	for n+len(e.line) <= len(p) {
		n += copy(p[n:], e.line)
	}
	e.read += int64(n)
	return n, nil
}

// TestEndlessPlaylists: neither a line nor a playlist without end is read for ever.
func TestEndlessPlaylists(t *testing.T) {
	for _, line := range []string{"x", "seg.ts?with=a&longer=query&so=that&it=takes&less=time\n"} {
		from := &endlessText{line: line}
		var out counter
		if err := rewrite(&out, from, marked); !errors.As(err, new(camera.Reason)) || from.read > maxPlaylist+2*maxLine {
			t.Errorf("%.10q: %v after %d bytes", line, err, from.read)
		}
	}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// FuzzRewrite: whatever a camera writes, no address of HTTP's is left that ffmpeg
// would ask without the relay, lines stay lines, and what was rewritten is itself.
func FuzzRewrite(f *testing.F) {
	for _, seed := range []string{
		"#EXTM3U\n#EXTINF:2,\na.ts\n", "#EXT-X-KEY:METHOD=AES-128,URI=\"https://h/k\",IV=0x1\nhttp://u:p@h/a.ts", "#EXT-X-MAP:URI=init.mp4 , X-URI=\"b",
		"\xEF\xBB\xBF#EXTM3U\r\r\n\t//h/x", "#EXT-X-MEDIA:,,=URI=\"=\",URI=", "data:x\nHTTP:x", "#EXT-X-A:\"URI=\"http://h\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		link := func(reference string) (string, bool) {
			if strings.ContainsAny(reference, "\r\n") {
				t.Errorf("a reference of two lines: %q", reference)
			}
			return "/t", true
		}
		var once, twice bytes.Buffer
		err := rewrite(&once, strings.NewReader(text), link)
		if err != nil {
			if !errors.Is(err, errPlaylist) {
				t.Fatal(err)
			}
			return
		}
		for line := range strings.Lines(once.String()) {
			bare := !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != ""
			if bare && line != "/t\n" && !other(line) {
				t.Errorf("%q leaves %q", text, line)
			}
			if strings.HasPrefix(line, "#EXT-X-KEY:URI=") && !other(strings.Trim(line[len("#EXT-X-KEY:URI="):], `"`)) {
				if value, _, _ := cutValue(strings.TrimSuffix(line[len("#EXT-X-KEY:URI="):], "\n")); value != "/t" && value != "" {
					t.Errorf("%q leaves %q", text, line)
				}
			}
		}
		if err := rewrite(&twice, bytes.NewReader(once.Bytes()), link); err != nil || twice.String() != once.String() {
			t.Errorf("%q: %q, then %q (%v)", text, once.String(), twice.String(), err)
		}
	})
}
