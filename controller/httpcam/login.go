package httpcam

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/icholy/digest"
)

// login answers what a camera asks before it gives a picture: Basic (RFC 7617)
// or Digest (RFC 7616). The strongest that is offered is tried first; where it
// is refused with the right password, as some makes do, the next Digest. Basic is
// used only where nothing else is offered.
type login struct {
	offers []challenge // strongest first
	count  int         // of requests with the nonce of the first
}

// challenge is one offer of a camera.
type challenge struct {
	basic bool
	digest.Challenge
}

// refused takes the answer 401 to a request. It reports whether to ask again.
// answered: the request had an answer to a challenge already.
func (l *login) refused(h head, answered bool) bool {
	offers := readChallenges(h.all("www-authenticate"))
	switch {
	case len(offers) == 0:
		l.offers = nil
		return false
	case answered && len(l.offers) > 0 && !renewed(offers, l.offers[0], l.count):
		weaker := l.offers[0].strength() - 1
		offers = slices.DeleteFunc(offers, func(c challenge) bool { return c.strength() > weaker || c.basic })
	}
	l.offers, l.count = offers, 0
	return len(offers) > 0
}

// renewed reports whether only the nonce was too old: the camera says so, or the one
// it gives now is another than one that was good before.
func renewed(offers []challenge, used challenge, count int) bool {
	return !used.basic && slices.ContainsFunc(offers, func(c challenge) bool {
		return !c.basic && c.strength() == used.strength() && (c.Stale || count > 1 && c.Nonce != used.Nonce)
	})
}

// field is the value of Authorization for a request of target, "" when the
// camera has asked for nothing, or for Basic where that may not be sent.
func (l *login) field(a address, mayBasic bool) string {
	if len(l.offers) == 0 || !a.login {
		return ""
	}
	c := l.offers[0]
	if c.basic {
		if !mayBasic {
			return ""
		}
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.user+":"+a.password))
	}
	l.count++
	return c.answer(a, l.count)
}

// strength puts offers in order: Basic, MD5, SHA-256 and its kin; below zero
// what can't be answered.
func (c challenge) strength() int {
	algorithm := strings.TrimSuffix(strings.ToUpper(c.Algorithm), "-SESS")
	switch {
	case c.basic:
		return 0
	case algorithm == "" || algorithm == "MD5":
		return 1
	case algorithm == "SHA-256":
		return 2
	case algorithm == "SHA-512-256" || algorithm == "SHA-512":
		return 3
	}
	return -1
}

// answer is the field for the count-th request with this nonce.
func (c challenge) answer(a address, count int) string {
	o := digest.Options{Method: "GET", URI: a.target, Count: count, Username: a.user, Password: a.password, Cnonce: cnonce()}
	chal := c.Challenge
	plain, session := strings.CutSuffix(strings.ToUpper(chal.Algorithm), "-SESS")
	if session { // the library knows them without: what it is given instead is their A1 (RFC 7616, 3.4.2)
		chal.Algorithm = plain
		o.A1 = digestSession(chal, o)
	}
	answer, err := digest.Digest(&chal, o)
	if err != nil {
		return ""
	}
	answer.Algorithm = c.Algorithm
	return answer.String()
}

// digestSession is A1 of the algorithms that end in -sess, hashed.
func digestSession(c digest.Challenge, o digest.Options) string {
	hash := func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) }
	switch c.Algorithm {
	case "SHA-256":
		hash = func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
	case "SHA-512":
		hash = func(s string) string { sum := sha512.Sum512([]byte(s)); return hex.EncodeToString(sum[:]) }
	case "SHA-512-256":
		hash = func(s string) string { sum := sha512.Sum512_256([]byte(s)); return hex.EncodeToString(sum[:]) }
	}
	user := strings.Join([]string{o.Username, c.Realm, o.Password}, ":")
	return hash(strings.Join([]string{hash(user), c.Nonce, o.Cnonce}, ":"))
}

func cnonce() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// readChallenges reads WWW-Authenticate, several fields as well as several
// challenges in one, and sorts what can be answered by strength.
func readChallenges(values []string) []challenge {
	var all []challenge
	for _, v := range values {
		all = append(all, scanChallenges(v)...)
	}
	all = slices.DeleteFunc(all, func(c challenge) bool { return c.strength() < 0 })
	slices.SortStableFunc(all, func(a, b challenge) int { return b.strength() - a.strength() })
	return all
}

// schemes begin a challenge; another word is a value that lacks its quotes.
var schemes = []string{"basic", "digest", "bearer", "negotiate", "ntlm", "hoba", "mutual"}

func scanChallenges(s string) (all []challenge) {
	scheme := ""
	for s != "" {
		s = strings.TrimLeft(s, " \t,=")
		end := strings.IndexAny(s, " \t,=")
		if end < 0 {
			end = len(s)
		}
		word := strings.ToLower(s[:end])
		s = strings.TrimLeft(s[end:], " \t")
		if !strings.HasPrefix(s, "=") {
			if slices.Contains(schemes, word) {
				scheme = word
				if scheme == "basic" || scheme == "digest" {
					all = append(all, challenge{basic: scheme == "basic"})
				}
			}
			continue
		}
		var value string
		value, s = scanValue(strings.TrimLeft(s[1:], " \t"))
		if len(all) > 0 && scheme == "digest" {
			all[len(all)-1].set(word, value)
		}
	}
	return all
}

// scanValue reads a word or a quoted string, whose end may be missing.
func scanValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ", \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

func (c *challenge) set(name, value string) {
	switch name {
	case "realm":
		c.Realm = value
	case "nonce":
		c.Nonce = value
	case "opaque":
		c.Opaque = value
	case "algorithm":
		c.Algorithm = value
	case "stale":
		c.Stale = strings.EqualFold(value, "true")
	case "userhash":
		c.Userhash = strings.EqualFold(value, "true")
	case "qop":
		for _, q := range strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ',' || r == ' ' }) {
			if q == "auth" || q == "auth-int" {
				c.QOP = append(c.QOP, q)
			}
		}
	}
}
