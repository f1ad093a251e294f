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

// Redactor removes what cameras' addresses have behind their hosts, and secrets in
// their headers, from a text wherever they stand, plain or percent-encoded, and
// then does what [Redact] does. What it has learnt it never forgets: a log may
// tell of a camera that is gone. It can be used by several goroutines at once.
type Redactor struct {
	learning sync.Mutex
	known    []string // longest first: of two that match at a place the first one wins
	secrets  atomic.Pointer[regexp.Regexp]
}

// minSecret is the shortest secret, in bytes, that is replaced outside of URLs:
// replacing every "a" would leave nothing to read.
const minSecret = 3

// minInside is the shortest secret, in bytes, that is replaced in the middle of a
// word as well.
const minInside = 6

// NewRedactor knows what is secret in the cameras' addresses and headers.
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
			text = removeAll(secrets, text)
		}
	}
	return Redact(text)
}

// removeAll replaces all matches, short ones only where they are words.
func removeAll(secrets *regexp.Regexp, text string) string {
	var out strings.Builder
	done := 0
	for _, m := range secrets.FindAllStringIndex(text, -1) {
		if m[1]-m[0] < minInside && (wordAt(text, m[0]-1) || wordAt(text, m[1])) {
			continue
		}
		out.WriteString(text[done:m[0]] + hidden)
		done = m[1]
	}
	return out.String() + text[done:]
}

// wordAt reports whether a letter or a figure stands there.
func wordAt(text string, i int) bool {
	return i >= 0 && i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] >= 'A' && text[i] <= 'Z' || text[i] >= 'a' && text[i] <= 'z' || text[i] >= utf8.RuneSelf)
}

// plainWords are the pieces of addresses that are no secret, for removing them
// would leave nothing to read of what ffmpeg says: what makers call their streams,
// and the names of parameters.
var plainWords = regexp.MustCompile(`(?i)^(?:(?:` +
	`live|stream(?:ing)?s?|videos?|audio|media|main|sub|minor|primary|secondary|low|high|hd|sd|uhd|cams?|cameras?|channels?|profile|onvif|axis|cgi|bin|mjpe?g|jpe?g|png|gif|webp|` +
	`h26[45]|hevc|avc|mpeg4?|mpegts|ts|mp4|m4s|flv|m3u8?|hls|sdp|rtsp|rtmp|http|https|srt|udp|tcp|unicast|multicast|snap(?:shot)?s?|image|img|picture|still|current|index|default|play(?:list)?|feed|` +
	`ipcam|nph|php|asp|html?|api|app|real|monitor|realmonitor|preview|frame|rate|fps|size|resolution|width|height|quality|subtype|type|mode|listener|caller|rendezvous|action|get|show|view|web|server|service|` +
	`user|usr|username|login|loginuse|loginpas|admin|password|passwd|passwort|pwd|pass|psw|psd|pin|code|token|access|key|auth|jwt|bearer|basic|secret|passphrase|streamid|session|name|host|port|true|false|null|none|open|on|off|yes|no` +
	`)[0-9]{0,3})$`)

// secretsOf are what an address has behind its scheme and beside its host: a file's
// path; user and password, the whole of it, and its pieces but for plain words.
func secretsOf(raw string) []string {
	u, err := url.Parse(raw)
	if err == nil && u.Scheme == "file" { // its folders have names that other texts have, too
		return []string{u.Path, u.EscapedPath()}
	}
	if err != nil || u.Host == "" {
		return nil
	}
	var secrets []string
	if u.User != nil {
		user := u.User.Username()
		password, ok := u.User.Password()
		// The last is as in the header of HTTP Basic authentication.
		secrets = append(secrets, u.User.String(), password, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
		if !ok || !plainWords.MatchString(user) {
			secrets = append(secrets, user)
		}
	}
	for _, text := range []string{u.EscapedPath(), u.RawQuery, u.EscapedFragment()} {
		secrets = append(secrets, piecesOf(text)...)
	}
	return secrets
}

// piecesOf are a path, a query or a fragment as a whole, and what stands between
// the characters that divide them, decoded. Figures alone are channels and sizes
// unless there are four or more.
func piecesOf(text string) []string {
	text = strings.TrimPrefix(text, "/")
	pieces := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("/&;#?", r) })
	for _, p := range pieces {
		_, value, _ := strings.Cut(p, "=")
		pieces = append(pieces, value)
		// As in /user=admin_password=123_channel=1 and read:cam:user:123.
		pieces = append(pieces, strings.FieldsFunc(unescape(p), func(r rune) bool { return strings.ContainsRune("_=:,.!", r) })...)
	}
	var secrets []string
	for _, p := range pieces {
		for pair := range strings.FieldsFuncSeq(unescape(p), func(r rune) bool { return strings.ContainsRune("_,!&;", r) }) {
			if key, value, ok := strings.Cut(pair, "="); ok && isSecret(key) && !plainWords.MatchString(value) {
				secrets = append(secrets, value)
			}
		}
	}
	for _, p := range append(pieces, text) {
		for _, form := range []string{unescape(p), unescape(strings.ReplaceAll(p, "+", " "))} {
			if !plainWords.MatchString(form) && !shortNumber.MatchString(form) && !allPlain(form) {
				secrets = append(secrets, form)
			}
		}
	}
	return secrets
}

var (
	shortNumber = regexp.MustCompile(`^[0-9]{0,3}$`)
	divider     = regexp.MustCompile(`[^\p{L}\p{N}]+`)
)

// allPlain reports whether there is nothing in a text but plain words and short
// numbers.
func allPlain(text string) bool {
	for _, word := range divider.Split(text, -1) {
		if !plainWords.MatchString(word) && !shortNumber.MatchString(word) {
			return false
		}
	}
	return true
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
