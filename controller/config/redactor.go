package config

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Redactor removes the secrets of the configured cameras from a text wherever
// they stand, plain or percent-encoded, and then does what [Redact] does.
type Redactor struct{ secrets *regexp.Regexp }

// minSecret is the shortest secret, in bytes, that is replaced outside of URLs:
// replacing every "a" would leave nothing to read.
const minSecret = 3

// NewRedactor knows the passwords and secret parameters in the cameras' URLs.
func NewRedactor(cameras []Camera) *Redactor {
	var secrets []string
	for _, c := range cameras {
		if c.URL != nil {
			secrets = append(secrets, secretsOf(c.URL.Reveal())...)
		}
	}
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < minSecret })
	if len(secrets) == 0 {
		return &Redactor{}
	}
	// Longest first: of two that match at a place the first one wins.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	patterns := make([]string, len(secrets))
	for i, s := range secrets {
		patterns[i] = anyForm(s)
	}
	return &Redactor{regexp.MustCompile(strings.Join(patterns, "|"))}
}

// Redact removes the secrets. A nil Redactor knows none.
func (r *Redactor) Redact(text string) string {
	if r != nil && r.secrets != nil {
		text = r.secrets.ReplaceAllString(text, hidden)
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
