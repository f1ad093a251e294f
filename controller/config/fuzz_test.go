package config

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzLoad: whatever one setting says, Load either returns a Config within its
// bounds or errors of one line each that name a variable; never the secret.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"WINDOW=1d12h", "WINDOW_BYTES=50GiB", "SEGMENT=1.5s", "PART=1e3s", "LISTEN=unix:/x", "LISTEN=[::1%25lo]:1",
		"CORS_ORIGINS=https://a,*", "HOSTS=a.b", "CAM_DEMO_FPS=0x1p-2", "CAM_DEMO_TITLE=ü", "CAM_=x", "CAM_DEMO_=x",
		"CAMERAS=a=http://u:" + secret + "@h/", "CAMERAS=a=http://h/?pwd=" + secret + "&x=%zz b=http://h:1#@", "DEMO_URL=//u:" + secret + "@h",
		"CAMERAS=a=http://u:p@h/?a=" + secret + "@b", "WINDOWS=" + secret, "BIND_IP=[", "DEMO_SIZE=2x2x2", "\xff=\xff", "CAMER\nS=0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, set string) {
		if strings.Contains(set, "CAMERAS_FILE") || strings.Contains(set, "\x00") {
			return // would read any file; and no environment holds NUL
		}
		c, err := Load([]string{set})
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				checkLine(t, set, line)
			}
			return
		}
		checkBounds(t, c)
		for _, camera := range c.Cameras {
			for _, own := range secretsOf(camera.URL.Reveal()) {
				if own == secret && leaks(renderings(t, c)) {
					t.Errorf("%q leaks: %+v", set, c)
				}
			}
		}
	})
}

func checkLine(t *testing.T, set, line string) {
	t.Helper()
	name, _, _ := strings.Cut(set, "=")
	blamed := strings.HasPrefix(line, oneLine(name)) || strings.HasPrefix(line, "METRICS_LISTEN=") || strings.HasPrefix(line, "PART=")
	if !blamed || !strings.Contains(line, ": ") {
		t.Errorf("%q: odd line %q", set, line)
	}
}

func checkBounds(t *testing.T, c *Config) {
	t.Helper()
	if len(c.Cameras) == 0 || c.MediaDir == "" || c.Listen == "" || c.DiskReserve < 0 {
		t.Errorf("incomplete: %+v", c)
	}
	for _, o := range c.Cameras {
		good := o.Window >= time.Minute && o.Window <= 366*day &&
			(o.WindowBytes == 0 || o.WindowBytes >= 100e6) &&
			o.Segment >= time.Second && o.Segment <= 10*time.Second &&
			o.Part >= 50*time.Millisecond && o.Part <= o.Segment/2 &&
			(o.FPS == 0 || o.FPS >= 0.1 && o.FPS <= 240) &&
			namePattern.MatchString(o.Name) && o.Title != "" && o.URL.Reveal() != ""
		if !good {
			t.Errorf("out of bounds: %+v", o)
		}
	}
}

// urlTemplates have %s where the secret stands and %v for anything beside it.
var urlTemplates = []string{
	"http://user:%v%s%v@host/path",
	"http://%v%s%v@host:8080/path?x=1",
	"https://host/path?x=1&token=%v%s%v&y=2",
	"https://host:1/path?pwd=%v%s%v",
	"http://host/path#access_token=%v%s%v",
	"rtsp://u:p@host/?user=a&password=%v%s%v",
	"http%%3A%%2F%%2Fu%%3A%v%s%v%%40host%%2F",
}

// FuzzRedact: a secret inside a URL inside a text never survives, whatever
// stands around it in the URL and in the text.
func FuzzRedact(f *testing.F) {
	for i := range urlTemplates {
		f.Add(uint8(i), "", "", "", "")
		f.Add(uint8(i), "from '", "':", "p@ss/#?", "%zz")
		f.Add(uint8(i), "a:b@x?k=", "&x@y", "://", "@")
		f.Add(uint8(i), "\xff[http @ 0x1] ", " \n", ";=", "%40")
	}
	f.Fuzz(func(t *testing.T, kind uint8, before, after, left, right string) {
		template := urlTemplates[int(kind)%len(urlTemplates)]
		// White space ends a URL, and & ends a parameter's value.
		left, right = strings.Map(inside, left), strings.Map(inside, right)
		address := fmt.Sprintf(template, left, secret, right)
		if leaks(before+after) || strings.Contains(unescape(before+after), secret) {
			return
		}
		for _, text := range []string{before + address + after, before + " " + address + " " + after} {
			got := Redact(text)
			if leaks(got) || leaks(unescape(got)) {
				t.Errorf("%q leaks: %q", text, got)
			}
			if again := Redact(got); again != got {
				t.Errorf("%q: redacted twice %q, once %q", text, again, got)
			}
		}
		if got := RedactURL(address); leaks(got) || leaks(unescape(got)) {
			t.Errorf("%q leaks: %q", address, got)
		}
	})
}

func inside(r rune) rune {
	if unicode.IsSpace(r) || r == '&' {
		return -1
	}
	return r
}
