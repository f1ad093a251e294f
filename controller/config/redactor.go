package config

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// Redactor removes the secrets of cameras from a text wherever they stand,
// plain or percent-encoded, and then does what [Redact] does. What it has learnt
// it never forgets: a log may tell of a camera that is gone. It can be used by
// several goroutines at once.
type Redactor struct {
	learning sync.Mutex
	known    []string // longest first: of two that match at a place the first one wins
	secrets  atomic.Pointer[regexp.Regexp]
}

// minSecret is the shortest secret, in bytes, that is replaced outside of URLs:
// replacing every "a" would leave nothing to read.
const minSecret = 3

// NewRedactor knows the passwords and secret parameters in the cameras' URLs, and
// what is secret in their headers.
func NewRedactor(cameras []Camera) *Redactor {
	r := &Redactor{}
	r.Add(cameras...)
	return r
}

// Add has it know those of more cameras as well.
func (r *Redactor) Add(cameras ...Camera) {
	r.learning.Lock()
	defer r.learning.Unlock()
	before := len(r.known)
	for _, c := range cameras {
		if c.URL == nil {
			continue
		}
		for _, s := range append(secretsOf(c.URL.Reveal()), secretsOfHeaders(c.Headers.Reveal())...) {
			if len(s) >= minSecret && !slices.Contains(r.known, s) {
				r.known = append(r.known, s)
			}
		}
	}
	if len(r.known) == before {
		return
	}
	slices.SortStableFunc(r.known, func(a, b string) int { return len(b) - len(a) })
	patterns := make([]string, len(r.known))
	for i, s := range r.known {
		patterns[i] = anyForm(s)
	}
	r.secrets.Store(regexp.MustCompile(strings.Join(patterns, "|")))
}

// Redact removes the secrets. A nil Redactor knows none.
func (r *Redactor) Redact(text string) string {
	if r != nil {
		if secrets := r.secrets.Load(); secrets != nil {
			text = secrets.ReplaceAllString(text, hidden)
		}
	}
	return Redact(text)
}

// secretsOf are a URL's secrets, decoded.
func secretsOf(raw string) []string {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	var secrets []string
	if u.User != nil {
		user := u.User.Username()
		if password, ok := u.User.Password(); ok {
			// As in the header of HTTP Basic authentication.
			secrets = append(secrets, password, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
		} else {
			secrets = append(secrets, user)
		}
	}
	for _, pair := range strings.FieldsFunc(u.RawQuery+"&"+u.EscapedFragment(), func(r rune) bool { return strings.ContainsRune("&;#?", r) }) {
		key, value, _ := strings.Cut(pair, "=")
		if isSecret(key) {
			secrets = append(secrets, unescape(value), unescape(strings.ReplaceAll(value, "+", " ")))
		}
	}
	return secrets
}

// anyForm matches the text with any of its characters percent-encoded, and
// with the backslash that quoting puts before some.
func anyForm(text string) string {
	var pattern strings.Builder
	for i, r := range text {
		form := regexp.QuoteMeta(string(r))
		switch r {
		case '\\', '"', '\'':
			form = `\\?` + form
		case ' ':
			form += `|\+`
		}
		var encoded strings.Builder
		for _, b := range []byte(text[i : i+runeLen(text[i:])]) {
			fmt.Fprintf(&encoded, "%%%02X", b)
		}
		fmt.Fprintf(&pattern, "(?:%s|(?i:%s))", form, encoded.String())
	}
	return pattern.String()
}

// runeLen is the length of the first rune in bytes, 1 for a byte that is none.
func runeLen(text string) int {
	_, n := utf8.DecodeRuneInString(text)
	return n
}
