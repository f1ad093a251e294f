package config

import (
	"net/url"
	"regexp"
	"strings"
)

// hidden stands for what was removed.
const hidden = "***"

var (
	token         = regexp.MustCompile(`\S+`)
	authorization = regexp.MustCompile(`(?i)((?:authorization|cookie)\s*:)[^\r\n]*`)
	secretKey     = regexp.MustCompile(`(?i)tok|pass|pas$|pwd|pw$|psw|secret|auth|sig|key|user|usr|login|cred|session|streamid|sid$|^[up]$`)
	escape        = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
)

// Redact removes credentials from a text such as a line of ffmpeg's: user and
// password of any URL, values of query parameters whose names look secret, and
// authorization headers. It need not understand a URL to do so, and where it
// can't tell it removes too much.
func Redact(text string) string {
	text = authorization.ReplaceAllString(text, "$1 "+hidden)
	return token.ReplaceAllStringFunc(text, func(t string) string {
		if !strings.ContainsAny(t, ":=%") { // neither URL nor parameter: someone@example.org
			return t
		}
		return RedactURL(t)
	})
}

// RedactURL is Redact for a text that is one URL, well-formed or not.
func RedactURL(text string) string {
	anonymous := redactUser(text)
	out := redactQuery(anonymous)
	if changes(redactUser, unescape(anonymous)) || changes(redactQuery, unescape(out)) {
		// There is a URL inside the URL, escaped. It is not taken apart.
		if start, _, ok := strings.Cut(out, "://"); ok && !strings.ContainsAny(start, "%@") {
			return start + "://" + hidden
		}
		return hidden
	}
	return redactBare(out)
}

func changes(f func(string) string, text string) bool { return f(text) != text }

// redactUser removes all between :// and the last @, so that a password may
// hold any character, also such as should have been escaped.
func redactUser(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text
	}
	start := 0
	if i := strings.Index(text[:at], "://"); i >= 0 && !strings.Contains(text[:i], "@") {
		start = i + len("://")
	}
	rest := text[at+1:]
	open := text[:at]
	amp := strings.LastIndexByte(open, '&')
	if _, secret := redactPiece(open[amp+1:], amp >= 0); secret {
		// The @ belongs to a secret parameter, and what follows it as well.
		_, after, more := strings.Cut(rest, "&")
		if rest = hidden; more {
			rest += "&" + after
		}
	}
	return text[:start] + hidden + "@" + rest
}

// redactQuery removes the values of secret parameters up to the next &. A
// piece without = behind such a one is taken for its continuation.
func redactQuery(text string) string {
	pieces := strings.Split(text, "&")
	secret := false
	for i, piece := range pieces {
		if secret && !strings.Contains(piece, "=") {
			pieces[i] = hidden
			continue
		}
		pieces[i], secret = redactPiece(piece, i > 0)
	}
	return strings.Join(pieces, "&")
}

// redactPiece removes all after the first secret key; parameter reports whether
// the piece begins with one. Its time is linear: what it reads may be hostile.
func redactPiece(piece string, parameter bool) (redacted string, secret bool) {
	for start := 0; start < len(piece); parameter = true {
		end := len(piece)
		if i := strings.IndexAny(piece[start:], "?;#"); i >= 0 {
			end = start + i
		}
		key, _, ok := strings.Cut(piece[start:end], "=")
		if parameter && ok && isSecret(key) {
			return piece[:start+len(key)+1] + hidden, true
		}
		start = end + 1
	}
	return piece, false
}

func isSecret(key string) bool { return secretKey.MatchString(unescape(key)) }

// redactBare removes what stands in a URL's port without being one: the
// beginning of a password whose @ has been lost.
func redactBare(text string) string {
	start := strings.Index(text, "://")
	if start < 0 {
		return text
	}
	start += len("://")
	end := len(text)
	if i := strings.IndexAny(text[start:], "/?#@["); i >= 0 {
		end = start + i
	}
	colon := strings.IndexByte(text[start:end], ':')
	if colon < 0 {
		return text
	}
	colon += start
	if strings.Trim(strings.TrimRight(text[colon+1:end], `'",.:;)]}>`), "0123456789") == "" {
		return text
	}
	return text[:colon+1] + hidden + text[end:]
}

// unescape decodes what is percent-encoded and leaves everything else.
func unescape(text string) string {
	return escape.ReplaceAllStringFunc(text, func(code string) string {
		plain, _ := url.PathUnescape(code)
		return plain
	})
}
