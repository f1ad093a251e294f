package httpcam

import (
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/icholy/digest"

	"lookback/controller/camera"
)

// secret is user and password as they stand in an address, and as they are.
const (
	secretURL = "us%65r:p%40ss%3A%C3%A4%25@"
	user      = "user"
	password  = "p@ss:ä%"
)

func withSecret(url string) string { return strings.Replace(url, "://", "://"+secretURL, 1) }

// right checks an Authorization field the way a camera does, by RFC 7616 and
// without the library that made it.
func right(r *http.Request, algorithm, realm, nonce, qop string) bool {
	c, err := digest.ParseCredentials(r.Header.Get("Authorization"))
	if err != nil || c.Username != user || c.Realm != realm || c.Nonce != nonce || c.URI != r.RequestURI || c.QOP != qop || c.Algorithm != algorithm {
		return false
	}
	h := func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }
	if strings.HasPrefix(strings.ToUpper(algorithm), "SHA-256") {
		h = func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
	}
	a1 := h(user + ":" + realm + ":" + password)
	if strings.HasSuffix(strings.ToLower(algorithm), "-sess") {
		a1 = h(a1 + ":" + nonce + ":" + c.Cnonce)
	}
	a2 := h("GET:" + r.RequestURI)
	if qop == "" {
		return c.Response == h(a1+":"+nonce+":"+a2)
	}
	return c.Response == h(fmt.Sprintf("%s:%s:%08x:%s:%s:%s", a1, nonce, c.Nc, c.Cnonce, qop, a2))
}

func refusal(challenges ...string) string {
	s := "HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n"
	for _, c := range challenges {
		s += "WWW-Authenticate: " + c + "\r\n"
	}
	return s + "\r\nrefuse"
}

func basicRight(r *http.Request) bool {
	u, p, ok := r.BasicAuth()
	return ok && u == user && p == password
}

// TestLogins: what is asked is answered on the same connection.
func TestLogins(t *testing.T) {
	md5OK := func(r *http.Request) bool { return right(r, "MD5", "cam", "abc", "auth") }
	shaOK := func(r *http.Request) bool { return right(r, "SHA-256", "cam", "abc", "auth") }
	const md5Offer, shaOffer = `Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5`, `Digest realm="cam", nonce="abc", qop="auth", algorithm=SHA-256`
	for name, c := range map[string]struct {
		offers []string
		right  func(*http.Request) bool
	}{
		"Basic":                      {[]string{`Basic realm="cam"`}, basicRight},
		"Basic in small letters":     {[]string{`basic realm=cam`}, basicRight},
		"Basic without a realm":      {[]string{`Basic`}, basicRight},
		"MD5":                        {[]string{md5Offer}, md5OK},
		"SHA-256":                    {[]string{shaOffer}, shaOK},
		"both, SHA-256 last":         {[]string{md5Offer, shaOffer}, shaOK},
		"both in one field":          {[]string{md5Offer + ", " + shaOffer}, shaOK},
		"both, and MD5 is right":     {[]string{shaOffer, md5Offer}, md5OK},
		"all three":                  {[]string{`Basic realm="cam", ` + md5Offer, shaOffer}, shaOK},
		"an unknown one first":       {[]string{`Negotiate`, `Digest realm="cam", nonce="abc", algorithm=FOO`, `Bearer realm="x"`, md5Offer}, md5OK},
		"without an algorithm":       {[]string{`Digest realm="cam", nonce="abc", qop="auth"`}, func(r *http.Request) bool { return right(r, "", "cam", "abc", "auth") }},
		"without qop":                {[]string{`Digest realm="cam",nonce="abc"`}, func(r *http.Request) bool { return right(r, "", "cam", "abc", "") }},
		"qop of two":                 {[]string{`Digest realm="cam", nonce="abc", qop="auth-int, auth"`}, func(r *http.Request) bool { return right(r, "", "cam", "abc", "auth") }},
		"qop without quotes":         {[]string{`Digest realm="cam", qop=auth,auth-int, nonce="abc"`}, func(r *http.Request) bool { return right(r, "", "cam", "abc", "auth") }},
		"no quotes, blanks":          {[]string{`Digest  realm = cam , nonce = abc`}, func(r *http.Request) bool { return right(r, "", "cam", "abc", "") }},
		"capitals, algorithm quoted": {[]string{`DIGEST REALM="cam", NONCE="abc", ALGORITHM="md5"`}, func(r *http.Request) bool { return right(r, "md5", "cam", "abc", "") }},
		"a quote that never ends":    {[]string{`Digest nonce="abc", realm="cam`}, func(r *http.Request) bool { return right(r, "", "cam", "abc", "") }},
		"a comma in the realm":       {[]string{`Digest realm="a, b=c Basic", nonce="abc"`}, func(r *http.Request) bool { return right(r, "", "a, b=c Basic", "abc", "") }},
		"MD5-sess":                   {[]string{`Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5-sess`}, func(r *http.Request) bool { return right(r, "MD5-sess", "cam", "abc", "auth") }},
		"SHA-256-sess":               {[]string{`Digest realm="cam", nonce="abc", qop="auth", algorithm=SHA-256-sess`}, func(r *http.Request) bool { return right(r, "SHA-256-sess", "cam", "abc", "auth") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(_ *server, k *conn, _ int) {
				for r := k.request(); r != nil; r = k.request() {
					if c.right(r) {
						k.say(multipart, part, one)
						return
					}
					k.say(refusal(c.offers...))
				}
			})
			got, err := record(t, Source{URL: withSecret(s.url) + "/a?b=c"}, 1)
			if equal(t, got, pictures[0]); err != errEnough || s.visitors() != 1 {
				t.Errorf("%v, %d connections, %q", err, s.visitors(), s.asked())
			}
			if first := s.asked()[0]; strings.Contains(first, "Authorization") {
				t.Errorf("given before it was asked: %q", first)
			}
		})
	}
}

// TestWrongLogins end, and soon.
func TestWrongLogins(t *testing.T) {
	for name, c := range map[string]struct {
		url      func(string) string
		offers   []string
		requests int
	}{
		"no password given":  {func(u string) string { return u }, []string{`Basic realm="cam"`}, 1},
		"Basic":              {withSecret, []string{`Basic realm="cam"`}, 2},
		"Digest":             {withSecret, []string{`Digest realm="cam", nonce="abc"`}, 2},
		"two Digests, Basic": {withSecret, []string{`Digest realm="cam", nonce="abc"`, `Digest realm="cam", nonce="abc", algorithm=SHA-256`, `Basic`}, 3},
		"always stale":       {withSecret, []string{`Digest realm="cam", nonce="abc", stale=true`}, 1 + maxRefusals},
		"nothing offered":    {withSecret, nil, 1},
		"nothing known":      {withSecret, []string{`NTLM`}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, asking(func(int) (string, bool) { return refusal(c.offers...), true }))
			_, err := record(t, Source{URL: c.url(s.url)}, 1)
			if code(err) != camera.Unauthorized || len(s.asked()) != c.requests {
				t.Errorf("%v after %d requests, want %d", err, len(s.asked()), c.requests)
			}
			if strings.Contains(name, "two") && strings.Contains(strings.Join(s.asked(), ""), "Basic") {
				t.Error("a password in the clear, though Digest is offered")
			}
		})
	}
}

// TestStaleNonce: a nonce that has become too old costs no still, with and
// without a word about it, and counts go up while it is good.
func TestStaleNonce(t *testing.T) {
	for _, word := range []string{", stale=TRUE", ""} {
		age, counts := 0, []int{}
		s := serve(t, func(_ *server, c *conn, _ int) {
			for r := c.request(); r != nil; r = c.request() {
				nonce := fmt.Sprint("n", age/3)
				if right(r, "", "cam", nonce, "auth") {
					k, _ := digest.ParseCredentials(r.Header.Get("Authorization"))
					counts = append(counts, k.Nc)
					c.say(still(pictures[age]))
					age++
					continue
				}
				stale := word
				if r.Header.Get("Authorization") == "" {
					stale = ""
				}
				c.say(refusal(fmt.Sprintf(`Digest realm="cam", qop="auth", nonce="%s"%s`, nonce, stale)))
			}
		})
		got, _ := record(t, Source{URL: withSecret(s.url), Poll: quick}, 7)
		equal(t, got, pictures[:7]...)
		for _, p := range got {
			if p.Missed != 0 {
				t.Errorf("%d missed", p.Missed)
			}
		}
		if fmt.Sprint(counts) != "[1 2 3 1 2 3 1]" {
			t.Errorf("counts %v", counts)
		}
	}
}

// TestHeaderInsteadOfLogin: who has set the field knows better.
func TestHeaderInsteadOfLogin(t *testing.T) {
	s := serve(t, answer(multipart, part, one))
	record(t, Source{URL: withSecret(s.url), Headers: []Header{{"authorization", "Bearer t"}}}, 1)
	if r := s.asked()[0]; strings.Count(strings.ToLower(r), "authorization:") != 1 || !strings.Contains(r, "authorization: Bearer t\r\n") {
		t.Error(r)
	}
}

// TestNothingSecretIsShown: neither what is printed of a source nor any error.
func TestNothingSecretIsShown(t *testing.T) {
	source := Source{URL: "http://user:hush@127.0.0.1:1/?token=hush", Headers: []Header{{"X-Key", "hush"}}}
	err := source.Run(t.Context(), nil, nil)
	bad := Source{URL: source.URL, Headers: []Header{{"X-Key", "hush\r\n"}}}
	wrong := Source{URL: "http://user:hush@:99999/"}
	for _, s := range []string{
		fmt.Sprintf("%v %+v %#v %v %+v %#v", source, source, source, source.Headers, &source, source.Headers),
		err.Error(), bad.Check().Error(), wrong.Check().Error(), wrong.Run(t.Context(), nil, nil).Error(),
	} {
		if strings.Contains(s, "hush") {
			t.Error(s)
		}
	}
	if code(err) != camera.ConnectionRefused {
		t.Error(err)
	}
}
