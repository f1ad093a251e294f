package rtsp

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// challenge is one way in which a camera wants to be told the password (RFC
// 7616; RFC 7617 for Basic).
type challenge struct {
	scheme, algorithm string // in lower case; no algorithm: md5
	values            map[string]string
}

// way is the name of the scheme and its algorithm.
func (c challenge) way() string { return c.scheme + " " + c.algorithm }

// hashes are the algorithms of Digest; "-sess" may follow each.
var hashes = map[string]func() hash.Hash{"md5": md5.New, "sha-256": sha256.New}

// strength orders the ways that are known, 0 for all others.
func (c challenge) strength() int {
	switch {
	case c.scheme == "basic":
		return 1
	case c.scheme == "digest" && strings.HasPrefix(c.algorithm, "md5"):
		return 2
	case c.scheme == "digest" && strings.HasPrefix(c.algorithm, "sha-256"):
		return 3
	}
	return 0
}

var (
	challengeStart = regexp.MustCompile(`(?i)(?:^|[\s,])(basic|digest)(?:\s+|$)`)
	challengeValue = regexp.MustCompile(`([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))`)
)

// challenges reads WWW-Authenticate headers; each may hold several challenges.
func challenges(headers []string) []challenge {
	var all []challenge
	for _, header := range headers {
		starts := challengeStart.FindAllStringSubmatchIndex(header, -1)
		for n, at := range starts {
			end := len(header)
			if n+1 < len(starts) {
				end = starts[n+1][0]
			}
			all = append(all, newChallenge(header[at[2]:at[3]], header[at[1]:end]))
		}
	}
	slices.SortStableFunc(all, func(a, b challenge) int { return b.strength() - a.strength() })
	return all
}

func newChallenge(scheme, rest string) challenge {
	c := challenge{scheme: strings.ToLower(scheme), values: map[string]string{}}
	for _, m := range challengeValue.FindAllStringSubmatch(rest, -1) {
		c.values[strings.ToLower(m[1])] = m[2] + m[3]
	}
	if c.scheme == "digest" {
		c.algorithm = strings.ToLower(c.values["algorithm"])
		if c.algorithm == "" {
			c.algorithm = "md5"
		}
	}
	return c
}

// credentials answer a camera's challenges. The strongest way is tried first,
// and each that is refused only once; Basic never where Digest is offered, since
// it shows the password.
type credentials struct {
	user, password string
	known          bool // there is a user name
	current        *challenge
	count          int             // requests answered by it
	sent           bool            // the last request was answered by it
	worked         bool            // it has been taken
	refused        map[string]bool // ways
	denied         bool            // an answer was refused, and not for its age
	retry          bool            // another answer is worth sending
}

func newCredentials(u *url.Userinfo) *credentials {
	c := &credentials{refused: map[string]bool{}}
	if u != nil {
		c.user, c.known = u.Username(), true
		c.password, _ = u.Password()
	}
	return c
}

// taken is told that a request was not refused.
func (c *credentials) taken() { c.worked, c.retry = c.sent, false }

// refuse is told the headers of a 401. It reports whether one can be answered.
func (c *credentials) refuse(headers []string) bool {
	offered := challenges(headers)
	if c.sent && !c.again(offered) {
		c.refused[c.current.way()], c.denied = true, true
	}
	c.current, c.count, c.sent, c.worked, c.retry = nil, 0, false, false, false
	for n, o := range offered {
		weak := o.scheme == "basic" && offered[0].scheme == "digest"
		if c.known && !weak && o.strength() > 0 && !c.refused[o.way()] {
			c.current, c.retry = &offered[n], true
			break
		}
	}
	return c.current != nil
}

// again: the answer was refused for its age only. A camera that took it before
// and now offers another nonce means that, even when it does not say stale.
func (c *credentials) again(offered []challenge) bool {
	for _, o := range offered {
		if o.way() == c.current.way() && o.scheme == "digest" && o.values["nonce"] != c.current.values["nonce"] {
			return c.worked || strings.EqualFold(o.values["stale"], "true")
		}
	}
	return false
}

// authorization is the header for a request, "" where none was asked for.
func (c *credentials) authorization(method, uri string) string {
	c.sent = c.current != nil
	if !c.sent {
		return ""
	}
	if c.current.scheme == "basic" {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.user+":"+c.password))
	}
	return c.digest(method, uri)
}

// digest is the answer of RFC 7616, and without qop that of RFC 2069.
func (c *credentials) digest(method, uri string) string {
	v := c.current.values
	name, session := strings.CutSuffix(c.current.algorithm, "-sess")
	h := func(parts ...string) string {
		sum := hashes[name]()
		sum.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum.Sum(nil))
	}
	c.count++
	count, own := fmt.Sprintf("%08x", c.count), rand.Text()
	secret := h(c.user, v["realm"], c.password)
	if session {
		secret = h(secret, v["nonce"], own)
	}
	answer := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s"`, quoted(c.user), v["realm"], v["nonce"], uri)
	if plus := slices.Contains(strings.FieldsFunc(v["qop"], func(r rune) bool { return r == ',' || r == ' ' }), "auth"); plus {
		answer += fmt.Sprintf(`, response="%s", qop=auth, nc=%s, cnonce="%s"`, h(secret, v["nonce"], count, own, "auth", h(method, uri)), count, own)
	} else {
		answer += fmt.Sprintf(`, response="%s"`, h(secret, v["nonce"], h(method, uri)))
		if session {
			answer += fmt.Sprintf(`, cnonce="%s"`, own)
		}
	}
	if a, ok := v["algorithm"]; ok {
		answer += ", algorithm=" + a
	}
	if o, ok := v["opaque"]; ok {
		answer += fmt.Sprintf(`, opaque="%s"`, o)
	}
	return answer
}

func quoted(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}
