package rtsp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bluenviron/gortsplib/v5/pkg/auth"
	"github.com/bluenviron/gortsplib/v5/pkg/base"

	"lookback/controller/camera"
)

// TestDigest: the examples of RFC 7616 section 3.9.1 and RFC 2617 section 3.5.
func TestDigest(t *testing.T) {
	offered := `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=%s, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
	for algorithm, want := range map[string]string{
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
	} {
		c := challenges([]string{fmt.Sprintf(offered, algorithm)})[0]
		v := c.values
		h := func(parts ...string) string {
			sum := hashes[c.algorithm]()
			sum.Write([]byte(strings.Join(parts, ":")))
			return fmt.Sprintf("%x", sum.Sum(nil))
		}
		own := "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
		if got := h(h("Mufasa", v["realm"], "Circle of Life"), v["nonce"], "00000001", own, "auth", h("GET", "/dir/index.html")); got != want {
			t.Errorf("%s: %s; want %s", algorithm, got, want)
		}
	}
}

// TestPasswords: every way of asking that cameras have is answered with the right
// password; a wrong one, and none, are told to be that.
func TestPasswords(t *testing.T) {
	md5 := `Digest realm="cam", nonce="abc"`
	sha := `Digest realm="cam", nonce="abc", algorithm=SHA-256`
	basic := `Basic realm="cam"`
	right := func(ways ...auth.VerifyMethod) func(q *base.Request, nonce string) bool {
		return func(q *base.Request, nonce string) bool {
			return auth.Verify(q, "admin", "p@ss word", ways, "cam", nonce) == nil
		}
	}
	anyWay := right(auth.VerifyMethodBasic, auth.VerifyMethodDigestMD5, auth.VerifyMethodDigestSHA256)
	for name, c := range map[string]struct {
		offered []string
		right   func(*base.Request, string) bool
		changes bool // another nonce for each request
	}{
		"Basic":                           {[]string{basic}, anyWay, false},
		"MD5":                             {[]string{md5}, anyWay, false},
		"SHA-256":                         {[]string{sha}, right(auth.VerifyMethodDigestSHA256), false},
		"both, MD5 first":                 {[]string{md5, sha}, anyWay, false},
		"both, only MD5 works":            {[]string{sha, md5}, right(auth.VerifyMethodDigestMD5), false},
		"both, only SHA-256 works":        {[]string{md5, sha}, right(auth.VerifyMethodDigestSHA256), false},
		"all in one header":               {[]string{basic + ", " + md5 + ", " + sha}, right(auth.VerifyMethodDigestMD5), false},
		"unknown ways beside":             {[]string{"Negotiate", `Digest realm="cam", nonce="abc", algorithm=SHA-512-256`, md5}, anyWay, false},
		"in lower case":                   {[]string{strings.Replace(md5, "Digest", "digest", 1) + ",algorithm=md5"}, anyWay, false},
		"a nonce for each request":        {[]string{md5}, right(auth.VerifyMethodDigestMD5), true},
		"a nonce for each request, stale": {[]string{sha + ", stale=true"}, right(auth.VerifyMethodDigestSHA256), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			f := &fake{}
			f.answer = func(q *base.Request) string {
				nonce := "abc"
				if c.changes {
					nonce = fmt.Sprint("n", n/2) // good for one answer to it
					n++
				}
				if q.Method == base.Options || q.Method == base.Teardown || c.right(q, nonce) {
					n = (n + 1) / 2 * 2
					return ""
				}
				said := "RTSP/1.0 401 Unauthorized\r\n"
				for _, o := range c.offered {
					said += "WWW-Authenticate: " + strings.Replace(o, "abc", nonce, 1) + "\r\n"
				}
				return said + "\r\n"
			}
			f.start(t)
			for user, want := range map[string]string{"admin:p%40ss%20word@": "", "admin:wrong@": camera.Unauthorized, "": camera.Unauthorized} {
				h, err := listenTo(t, Source{URL: "rtsp://" + user + f.address + "/live?a=b"}, pictures(3))
				if got, _ := code(err); want == "" && err != nil || want != "" && got != want {
					t.Errorf("%q: %v", user, err)
				} else if want == "" && len(h.pictures) < 3 {
					t.Errorf("%q: %d pictures", user, len(h.pictures))
				}
				if err != nil && strings.Contains(err.Error(), "wrong") {
					t.Errorf("%q tells the password", err)
				}
			}
			for _, q := range f.asked(base.Describe) {
				if a := first(q.Header["Authorization"]); strings.HasPrefix(a, "Basic") && len(c.offered) > 1 {
					t.Errorf("the password was shown: %s", a)
				}
			}
		})
	}
}

// TestChallengeAndHangUp: a camera that closes the connection with its challenge
// is answered on the next; one that knows no way of ours is left to ffmpeg.
func TestChallengeAndHangUp(t *testing.T) {
	f := &fake{}
	challenged := false
	f.answer = func(q *base.Request) string {
		if q.Header["Authorization"] != nil || q.Method == base.Options {
			return ""
		}
		if challenged {
			return "hang up"
		}
		challenged = true
		return "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\", qop=\"auth\"\r\nConnection: close\r\n\r\n"
	}
	closing := f.answer
	f.answer = func(q *base.Request) string {
		if first(q.Header["Authorization"]) != "" && f.came.Load() == 1 && q.Method != base.Teardown {
			return "hang up"
		}
		return closing(q)
	}
	f.start(t)
	if _, err := listenTo(t, Source{URL: "rtsp://me:x@" + f.address + "/"}, pictures(3)); err != nil || f.came.Load() != 2 || f.most.Load() != 1 {
		t.Errorf("%v, %d connections, %d at a time", err, f.came.Load(), f.most.Load())
	}
	q := first(f.asked(base.Setup)[0].Header["Authorization"])
	for _, part := range []string{"qop=auth,", "cnonce=", "nc=0000000"} {
		if !strings.Contains(q, part) {
			t.Errorf("%s without %s", q, part)
		}
	}
	g := (&fake{answer: func(*base.Request) string {
		return "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\n\r\n"
	}}).start(t)
	_, err := listenTo(t, Source{URL: "rtsp://me:x@" + g.address + "/"}, pictures(3))
	if c, ffmpeg := code(err); c != camera.Unauthorized || !ffmpeg {
		t.Error(c, ffmpeg, err)
	}
	h := (&fake{answer: func(q *base.Request) string {
		if q.Header["Authorization"] != nil {
			return "RTSP/1.0 401 Unauthorized\r\n\r\n"
		}
		return "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\r\n"
	}}).start(t)
	_, err = listenTo(t, Source{URL: "rtsp://me:x@" + h.address + "/"}, pictures(3))
	if c, ffmpeg := code(err); c != camera.Unauthorized || ffmpeg {
		t.Error("a refusal that names no way:", c, ffmpeg, err)
	}
}
