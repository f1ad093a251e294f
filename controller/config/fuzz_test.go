package config

import (
	"fmt"
	"slices"
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
		checkCamera(t, o)
	}
}

func checkCamera(t *testing.T, o Camera) {
	t.Helper()
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

// FuzzCamerasFile: whatever a file holds, each of its lines is a camera within
// its bounds, or blamed in one line; what was read is the same when it is
// written and read again.
func FuzzCamerasFile(f *testing.F) {
	for _, seed := range []string{
		"\ufeffa=http://h/ TITLE=\"a # b\" # c\r\nb=rtsp://u:p@h/ window='7d' FPS=5\n", "#\n \na", "a=http://h/ TITLE='\"' TITLE=\"", "=", "a==", "a=\"\"",
		"a=test: SEGMENT=1s PART=1s", "a=http://h/ A=b\na=http://h/", "\xff\x00=\x85\u00a0\u2028=", "a=http://h/ TITLE='  x ' WINDOW=",
	} {
		f.Add(seed)
	}
	s, _ := begin(nil)
	f.Fuzz(func(t *testing.T, text string) {
		file := parseFile(text)
		if len(file.entries) > file.lines || len(file.entries) == 0 && file.lines > 0 && len(file.wrong) == 0 {
			t.Errorf("%q: %d entries and %d mistakes of %d lines", text, len(file.entries), len(file.wrong), file.lines)
		}
		checkAgain(t, text, file.entries)
		l := s.lineup(file, true)
		for _, e := range l.wrong {
			if e.Line < 1 || e.Line > strings.Count(text, "\n")+1 || strings.ContainsAny(e.Error(), "\r\n\x1b") {
				t.Errorf("%q: odd mistake %q", text, e)
			}
		}
		if len(l.errs) > 0 || l.demo != (file.lines == 0) {
			t.Errorf("%q: demo %v, errors %v", text, l.demo, l.errs)
		}
		for _, camera := range l.cameras {
			checkCamera(t, camera)
		}
	})
}

// checkAgain writes what was read and reads it again.
func checkAgain(t *testing.T, text string, entries []entry) {
	t.Helper()
	var out strings.Builder
	for _, e := range entries {
		out.WriteString(e.name + "=" + quoted(e.url.Reveal()))
		for _, w := range e.words {
			out.WriteString(" " + w.key + "=" + quoted(w.value))
		}
		out.WriteString("\n")
	}
	again := parseFile(out.String())
	if len(again.wrong) > 0 || len(again.entries) != len(entries) {
		t.Fatalf("%q, written as %q: %v", text, out.String(), again.wrong)
	}
	for i, e := range entries {
		if a := again.entries[i]; a.name != e.name || a.url.Reveal() != e.url.Reveal() || !slices.Equal(a.words, e.words) {
			t.Errorf("%q: read %+v, and again %+v", text, e, a)
		}
	}
}

func quoted(value string) string {
	if strings.Contains(value, `"`) {
		if strings.Contains(value, "'") {
			return value // it was bare
		}
		return "'" + value + "'"
	}
	return `"` + value + `"`
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

// userAlone is the template that has nothing but a user.
const userAlone = 1

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
		if kind := int(kind) % len(urlTemplates); kind == userAlone && strings.ContainsAny(left+right, "/?#\\") {
			return // that is a host by any rule, and what is behind it a path
		}
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
