package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

const secret = "hunter2secret"

// renderings is v in every form in which it could end in a log or an answer.
func renderings(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x", "%X", "%d", "%T"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	js, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(js)
	slog.New(slog.NewTextHandler(&out, nil)).Info("message", "value", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("message", "value", v)
	return out.String()
}

func leaks(text string) bool {
	return strings.Contains(text, secret) ||
		strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", secret))
}

func TestConfigShowsNoSecret(t *testing.T) {
	for _, address := range []string{
		"http://admin:" + secret + "@10.0.0.1/v",
		"http://" + secret + "@10.0.0.1/v",
		"http://10.0.0.1/v?token=" + secret,
		"rtsp://admin:" + secret + "@10.0.0.1:554/Streaming/Channels/101",
		"rtmp://admin:" + secret + "@10.0.0.1/live/x",
		"srt://10.0.0.1:9000?passphrase=" + secret,
		"srt://10.0.0.1:9000?streamid=read:cam:admin:" + secret,
		"http://10.0.0.1/cgi?loginuse=admin&loginpas=" + secret + "&next=%2f",
	} {
		c, err := Load([]string{"CAMERAS=front=" + address, "CAM_FRONT_TITLE=Door"})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Cameras[0].URL.Reveal(); got != address {
			t.Errorf("Reveal gives %q, want %q", got, address)
		}
		source := c.Cameras[0].URL
		hiddenField := struct{ s Source }{*source} // fmt can't call methods here
		hiddenPointer := struct{ s *Source }{source}
		for _, v := range []any{c, *c, c.Cameras, c.Cameras[0], source, *source, hiddenField, hiddenPointer} {
			if text := renderings(t, v); leaks(text) {
				t.Errorf("%T of %s leaks: %s", v, address, text)
			}
		}
		if text := renderings(t, source); !strings.Contains(text, "10.0.0.1") {
			t.Errorf("the host is gone too: %s", text)
		}
	}
}

func TestAlertsShowNoSecret(t *testing.T) {
	for _, set := range []string{"ALERT_WEBHOOK=https://u:" + secret + "@h/", "ALERT_WEBHOOK=https://h/services/" + secret, "ALERT_WEBHOOK=https://h?a=" + secret, "ALERT_SECRET=" + secret} {
		c, err := Load([]string{set})
		if err != nil {
			t.Fatal(err)
		}
		hiddenField := struct{ s Secret }{c.AlertWebhook}
		for _, v := range []any{c, *c, c.AlertWebhook, &c.AlertWebhook, c.AlertSecret, hiddenField} {
			if text := renderings(t, v); leaks(text) {
				t.Errorf("%T of %s leaks: %s", v, set, text)
			}
		}
	}
}

func TestErrorsShowNoSecret(t *testing.T) {
	s := secret
	for _, set := range []string{
		"CAMERAS=front=mms://u:" + s + "@h/", "CAMERAS=front=u:" + s + "@h/", "CAMERAS=front=" + s + "@h",
		"CAMERAS=http://u:" + s + "@h/", "CAMERAS=front:http://u:" + s + "@h/", "CAMERAS=Front=http://u:" + s + "@h/",
		"CAMERAS=front=http://u:x" + s + "#x@h/", "CAMERAS=front=http://u:" + s + "%zz@h/", "CAMERAS=front=http://u:x " + s + "@h/",
		"CAMERAS=front=http://u:" + s + " x@h/", "CAMERAS=front=http://h:70000/?pwd=" + s, "CAMERAS=front=http://h:70000/?pwd=a@" + s,
		"CAMERAS=front=http://[u:" + s + "@h/", "CAMERAS=front=http:/u:" + s + "@h/", "CAMERAS=a=http://h/ a=http://u:" + s + "@h/",
		"DEMO_URL=mms://u:" + s + "@h/", "DEMO_URL=http://u:a " + s + "@h/", "WINDOW=http://u:" + s + "@h/", "HOSTS=http://u:" + s + "@h/",
		"CAMERA=http://u:" + s + "@h/", "CAM_FRONT_PASSWORD=" + s, "CAM_DEMO_PASS=" + s, "CAMERAS_FILES=" + s,
		"ALERT_WEBHOOK=ftp://h/" + s, "ALERT_WEBHOOK=https:///" + s, "ALERT_WEBHOOK=" + s, "ALERT_SECRET=" + strings.Repeat(s, 40), "ALERT_SECRETS=" + s, "ALERT_WEBHOK=https://h/" + s,
	} {
		_, err := Load([]string{set})
		if err == nil {
			t.Errorf("%s: no error", set)
			continue
		}
		if text := fmt.Sprintf("%v %+v %#v %q", err, err, err, err); leaks(text) {
			t.Errorf("%s leaks: %s", set, text)
		}
	}
}

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain text, 1 @ 2": "plain text, 1 @ 2",
		"[http @ 0x55d] HTTP error 401":                          "[http @ 0x55d] HTTP error 401",
		"keyint=60 key=1 x@example.org":                          "keyint=60 key=1 x@example.org",
		"http://demo:8081/stream.mjpg: Connection refused":       "http://demo:8081/…: Connection refused",
		"Input #0, mpjpeg, from 'http://u:p@h:80/v':":            "Input #0, mpjpeg, from 'http://h:80/…':",
		"http://[fe80::1]:80/v?res=hd&fps=5":                     "http://[fe80::1]:80/…",
		"http://h":                                               "http://h",
		"http://h/":                                              "http://h/",
		"rtsp://u:p@h":                                           "rtsp://h/…",
		"RTSP://H:554/user=admin_password=x_channel=1":           "RTSP://H:554/…",
		"http://h?a=1":                                           "http://h/…",
		"http://h#x":                                             "http://h/…",
		"http://h/?pwd=a@b&c=1":                                  "http://…",
		"http://10.0.0.1:80/?pwd=a@b&c=1":                        "http://10.0.0.1:80/…",
		"http://u:p@ss@h/ and https://h/?user=x;y":               "http://h/ and https://h/…",
		"http://u:p/x?y#z@h/":                                    "http://…",
		"http://u:12/x@h/":                                       "http://…",
		"http://u:pa":                                            "http://…",
		"http://h/p?next=http%3A%2F%2Fu%3Ap%40g%2F":              "http://h/…",
		"next=http%3A%2F%2Fg%2Fkey":                              "***",
		"http%253A%252F%252Fg%252Fkey":                           "***",
		"http%3A%2F%2Fu%3A://p:x%40h":                            "***",
		"GET /token/x/v?a=b HTTP/1.1":                            "GET /… HTTP/1.1",
		"DESCRIBE rtsp://h/key RTSP/1.0":                         "DESCRIBE rtsp://h/… RTSP/1.0",
		"Authorization: Basic dTpw\r\nHost: h":                   "Authorization: ***\r\nHost: h",
		"rtsp://u:p@h:554/Streaming/Channels/101 rtmp://x:y@z/a": "rtsp://h:554/… rtmp://z/…",
		"Opening 'crypto+http://h/k' for reading":                "Opening 'crypto+http://h/…' for reading",
		"concat:http://h/a|http://g/b":                           "concat:http://h/…",
		"test:640x360@15":                                        "test:640x360@15",
		"a=test:640x360@15":                                      "a=test:640x360@15",
		"/dev/video0: No such file or directory":                 "/dev/video0: No such file or directory",
		"file:///videos/a.mp4: Permission denied":                "file:///…: Permission denied",
		"Opening 'file:/videos/a?b/c.mp4' for reading":           "Opening 'file:/…' for reading",
		"a=file:///videos/a.mp4":                                 "a=file:///…",
		"profile:/main file:///":                                 "profile:/main file:///",
		"udp://@:5004":                                           "udp://@:5004",
		"udp://239.0.0.1:5004?localaddr=10.0.0.1":                "udp://239.0.0.1:5004/…",
		"srt://:9000?mode=listener&passphrase=x":                 "srt://:9000/…",
		"http://küche.example:80/a":                              "http://küche.example:80/…",
	} {
		if got := Redact(text); got != want {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestRedactorKnowsLiteralSecrets(t *testing.T) {
	c, err := Load([]string{"CAMERAS=a=http://admin:p%40ss%20w%22rd+%C3%BC@h/ b=http://h/?key=k%2Fy+1&x=open c=http://tok3n@h/ d=http://h/ e=http://u:x@h/"})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRedactor(c.Cameras)
	for text, want := range map[string]string{
		"password p@ss w\"rd+ü of admin":      "password *** of admin",
		"quoted p@ss w\\\"rd+ü.":              "quoted ***.",
		"encoded p%40ss%20w%22rd%2b%C3%BC.":   "encoded ***.",
		"form p%40ss+w%22rd+%c3%bc.":          "form ***.",
		"header YWRtaW46cEBzcyB3InJkK8O8.":    "header ***.",
		"key k/y 1 and k%2fy+1 and %6B/y%201": "key *** and *** and ***",
		"open tok3n":                          "open ***",
		"x stays, http://u:x@h/ does not":     "x stays, http://h/ does not",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
	var none *Redactor
	for _, r := range []*Redactor{none, NewRedactor(nil)} {
		if got := r.Redact("tok3n http://u:p@h/"); got != "tok3n http://h/" {
			t.Errorf("got %q", got)
		}
	}
}

// A redactor learns while others use it, and forgets nothing.
// A file's path may name what is nobody's business: its folders are those of a user.
func TestRedactorKnowsFiles(t *testing.T) {
	c, err := Load([]string{"CAMERAS=a=file:///home/mary%20ann/x.mp4"})
	if err != nil {
		t.Fatal(err)
	}
	if shown := c.Cameras[0].URL.String(); shown != "file:///…" {
		t.Errorf("shown as %q", shown)
	}
	r := NewRedactor(c.Cameras)
	for text, want := range map[string]string{
		"/home/mary ann/x.mp4: Is a directory":              "***: Is a directory",
		"file:/home/mary ann/x.mp4: Is a directory":         "file:***: Is a directory",
		"Error opening input files: /home/mary%20ann/x.mp4": "Error opening input files: ***",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestRedactorLearns(t *testing.T) {
	c, err := Load([]string{"CAMERAS=a=http://u:first@h/ b=http://u:second@h/"})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRedactor(nil)
	var using sync.WaitGroup
	for range 4 {
		using.Go(func() {
			for range 100 {
				r.Add(c.Cameras[0])
				if got := r.Redact("first"); got != "***" {
					t.Errorf("got %q", got)
				}
				r.Add(c.Cameras[1], Camera{})
			}
		})
	}
	using.Wait()
	if got := r.Redact("first, second, third"); got != "***, ***, third" || len(r.known) != 6 {
		t.Errorf("got %q with %d secrets", got, len(r.known))
	}
}

func TestCamerasFileShowsNoSecret(t *testing.T) {
	s := secret
	for _, line := range []string{
		"front=mms://u:" + s + "@h/", "front=u:" + s + "@h/", "http://u:" + s + "@h/", "Front=http://u:" + s + "@h/", "front " + s, s,
		"front=http://u:x " + s + "@h/", "front=http://u:" + s + " x@h/", "front=http://u:x " + s + "=x@h/", "front=http://u:x S=" + s + "@h/",
		"front=http://u:x TITEL=" + s + "@h/", "front=http://u:x WINDOW=" + s + "@h/", "front=http://u:x WINDOW='" + s, "front='http://u:" + s + "@h/",
		"front='http://u:a " + s + "@h/'", "front=\"http://u:" + s + "\"@h/", "a=http://h/ WINDOW=http://u:" + s + "@h/", "a=http://g/ \n a=http://u:" + s + "@h/",
	} {
		_, set := camerasIn(t, line)
		c, err := Load([]string{set})
		if err != nil || len(c.Warnings) == 0 {
			t.Errorf("%s: got %v, %v", line, c, err)
			continue
		}
		if text := renderings(t, c); leaks(text) {
			t.Errorf("%s leaks: %s", line, text)
		}
		_, _, _, err = c.Reread()
		if text := renderings(t, err) + OneLine(err); leaks(text) {
			t.Errorf("%s leaks: %s", line, text)
		}
	}
}
