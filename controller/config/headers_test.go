package config

import (
	"fmt"
	"strings"
	"testing"
)

const acceptedHeaders = `accepted is headers as Name: value, separated by | (\| within a value), such as X-Api-Key: 123|User-Agent: Mozilla/5.0`

func TestHeaders(t *testing.T) {
	for value, want := range map[string]string{
		"X-Api-Key: 123": "X-Api-Key: 123",
		"X-Api-Key:123|User-Agent:  Mozilla/5.0 (a)": "X-Api-Key: 123\nUser-Agent: Mozilla/5.0 (a)",
		"|X-A: 1 | X-B: 2|":                          "X-A: 1\nX-B: 2",
		"X-A: 1\r\nX-B: 2\n":                         "X-A: 1\nX-B: 2",
		`Cookie: a=1\|2; b=ü|Authorization: Basic x`: "Cookie: a=1|2; b=ü\nAuthorization: Basic x",
	} {
		c, err := Load([]string{"CAMERAS=front=http://h/", "CAM_FRONT_HEADERS=" + value})
		if err != nil {
			t.Errorf("%q: %v", value, err)
			continue
		}
		if got := c.Cameras[0].Recorded().Headers; got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
		if got := c.Cameras[0].Request.Headers; got != "" {
			t.Errorf("%q is shown in %q", value, got)
		}
	}
}

// TestWrongHeaders: each mistake names the setting and what is accepted, and shows
// no value.
func TestWrongHeaders(t *testing.T) {
	s := secret
	for _, c := range []struct{ address, set, want string }{
		{"http://h/", "CAM_FRONT_HEADERS=" + s, `CAM_FRONT_HEADERS="***": ` + acceptedHeaders},
		{"http://h/", "CAM_FRONT_HEADERS=X-A: " + s + "|B " + s + "|X-C:", `CAM_FRONT_HEADERS="X-A: ***|***|X-C: ***": ` + acceptedHeaders},
		{"http://h/", "CAM_FRONT_HEADERS=X Key: " + s, `CAM_FRONT_HEADERS="***": ` + acceptedHeaders},
		{"http://h/", "CAM_FRONT_HEADERS=X-Key: a\x01" + s, `CAM_FRONT_HEADERS="X-Key: ***": ` + acceptedHeaders},
		{"http://h/", "CAM_FRONT_HEADERS=x-a: " + s + "|X-A: " + s, `CAM_FRONT_HEADERS="x-a: ***|X-A: ***": accepted is each header once`},
		{"http://h/", "CAM_FRONT_HEADERS=X-A: " + strings.Repeat(s, 1000), `CAM_FRONT_HEADERS="X-A: ***": accepted is headers of at most 6000 bytes`},
		{"http://h/", "CAM_FRONT_HEADERS=Range: bytes=1-", `CAM_FRONT_HEADERS="Range: ***": accepted is headers other than connection, content-length, expect, range, te, trailer, transfer-encoding, upgrade, which belong to the request itself`},
		{"http://h/", "CAM_FRONT_TLS=off", `CAM_FRONT_TLS="off": accepted is verify, which has the camera's certificate checked; by default any is taken`},
	} {
		_, err := Load([]string{"CAMERAS=front=" + c.address, c.set})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.set, err, c.want)
		}
		// The same in a line of the file, which is left out.
		key, value, _ := strings.Cut(strings.TrimPrefix(c.set, "CAM_FRONT_"), "=")
		_, set := camerasIn(t, "front="+c.address+" "+key+"='"+value+"'\nother=http://g/")
		file, err := Load([]string{set})
		if err != nil || len(file.Warnings) != 1 || leaks(renderings(t, file)) {
			t.Errorf("%s in the file: %v, %v", c.set, file, err)
			continue
		}
		shown := strings.Replace(strings.TrimPrefix(c.want, "CAM_FRONT_"), `="`, "=", 1)
		if got := file.Warnings[0].Error(); got != `CAMERAS_FILE line 1: "`+shown {
			t.Errorf("%s in the file: got %s", c.set, got)
		}
	}
}

// TestHeadersAndTLSWithoutUse: they are left out, and the camera is recorded.
func TestHeadersAndTLSWithoutUse(t *testing.T) {
	for _, c := range []struct{ address, set, want string }{
		{"rtsp://h/", "HEADERS=X-A: " + secret, `HEADERS="X-A: ***": accepted is nothing here: only an address with http:// or https:// is asked with headers`},
		{"test:", "HEADERS=X-A: " + secret, `HEADERS="X-A: ***": accepted is nothing here: only an address with http:// or https:// is asked with headers`},
		{"rtsp://h/", "TLS=verify", `TLS="verify": accepted is nothing here: only an address with https:// or rtsps:// has a certificate`},
		{"http://h/", "TLS=verify", `TLS="verify": accepted is nothing here: only an address with https:// or rtsps:// has a certificate`},
	} {
		key, value, _ := strings.Cut(c.set, "=")
		_, file := camerasIn(t, "front="+c.address+" "+key+"='"+value+"'")
		for environ, want := range map[string]string{
			"CAMERAS=front=" + c.address + "|CAM_FRONT_" + c.set: "CAM_FRONT_" + c.want,
			file: `CAMERAS_FILE line 1: "` + strings.Replace(c.want, `="`, "=", 1),
		} {
			got, err := Load(strings.Split(environ, "|"))
			if err != nil || len(got.Cameras) != 1 || got.Cameras[0].Headers.Set() || got.Cameras[0].TLS != "" || len(got.Warnings) != 1 || got.Warnings[0].Error() != want || leaks(renderings(t, got)) {
				t.Errorf("%s: %+v, %v", environ, got, err)
			}
		}
	}
}

// TestSettingsThatAProxyRulesOut: what ffmpeg reads through http_proxy would show
// headers in its arguments.
func TestSettingsThatAProxyRulesOut(t *testing.T) {
	for _, set := range []string{"CAM_FRONT_HEADERS=X-A: 1", "CAM_FRONT_TLS=verify"} {
		environ := []string{"CAMERAS=front=https://h/", set}
		if _, err := Load(environ); err != nil {
			t.Errorf("%s: %v", set, err)
		}
		if _, err := Load(append(environ, "http_proxy=http://proxy:3128")); err == nil || !strings.Contains(err.Error(), "nothing while http_proxy is set") {
			t.Errorf("%s: %v", set, err)
		}
	}
}

func TestHeadersAreSecret(t *testing.T) {
	for _, headers := range []string{"Authorization: Bearer " + secret, "X-Api-Key: " + secret, "Cookie: id=" + secret, "Referer: http://u:" + secret + "@h/"} {
		c, err := Load([]string{"CAMERAS=front=http://h/", "CAM_FRONT_HEADERS=" + headers})
		if err != nil {
			t.Fatal(err)
		}
		own := c.Cameras[0].Headers
		for _, v := range []any{c, *c, c.Cameras, c.Cameras[0], own, &own, struct{ s Secret }{own}, c.Cameras[0].Request} {
			if text := renderings(t, v); leaks(text) {
				t.Errorf("%T of %s leaks: %s", v, headers, text)
			}
		}
		r := NewRedactor(c.Cameras)
		if got := r.Redact("it said " + secret + " and more"); got != "it said *** and more" {
			t.Errorf("%s: got %q", headers, got)
		}
	}
	r := NewRedactor([]Camera{{URL: &Source{}, Headers: HeadersOf("Authorization: Basic dXNlcjpodW50ZXIy\nUser-Agent: Mozilla\nCookie: a=cookie1; b=cookie2")}})
	for text, want := range map[string]string{
		"Mozilla said hunter2, dXNlcjpodW50ZXIy": "Mozilla said ***, ***",
		"cookie1 or cookie2, Basic":              "*** or ***, Basic",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestSameHeaders: a list that is read again changes only the cameras whose headers
// have.
func TestSameHeaders(t *testing.T) {
	load := func(headers string) Camera {
		c, err := Load([]string{"CAMERAS=front=http://h/", "CAM_FRONT_HEADERS=" + headers})
		if err != nil {
			t.Fatal(err)
		}
		return c.Cameras[0]
	}
	for other, want := range map[string]bool{"X-A: 1": true, "X-A: 2": false, "": false} {
		if got := load("X-A: 1").Same(load(other)); got != want {
			t.Errorf("%q: %v", other, got)
		}
	}
	if text := fmt.Sprint(load("X-A: " + secret).Headers); text != "X-A: ***" {
		t.Error(text)
	}
}
