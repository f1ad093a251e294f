package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
)

// Secret is a text that nobody is to read. However it is printed, logged or
// marshalled, it shows what is harmless of it; Reveal alone gives the text.
// The zero Secret is none.
type Secret struct {
	real  *string // a pointer, since fmt follows none inside a struct it can't ask
	shown string
}

// Set reports whether there is one.
func (s Secret) Set() bool { return s.real != nil }

// Reveal is the text itself, "" when there is none.
func (s Secret) Reveal() string {
	if s.real == nil {
		return ""
	}
	return *s.real
}

// String is what is harmless of it.
func (s Secret) String() string { return s.shown }

// Format prints what is harmless whatever the verb.
func (s Secret) Format(f fmt.State, verb rune) {
	if verb == 'q' || verb == 'v' && f.Flag('#') {
		fmt.Fprintf(f, "%q", s.shown)
		return
	}
	io.WriteString(f, s.shown)
}

// LogValue is what is harmless of it.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown) }

// MarshalText is what is harmless of it, in JSON too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown), nil }

// webhook is an address that shows its host only: those of chat services have
// the secret in the path.
type webhook struct{ Secret }

func (w *webhook) Decode(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !goodHost(u) {
		return hiddenMistake("a URL that begins with http:// or https:// and names a host, such as https://example.org/alerts (in a user name or password, special characters as %XX)")
	}
	shown := u.Scheme + "://" + u.Host
	if u.User != nil || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		shown += "/" + hidden
	}
	w.Secret = Secret{&value, shown}
	return nil
}

// signingKey is what alerts are signed with.
type signingKey struct{ Secret }

func (k *signingKey) Decode(value string) error {
	if len(value) < 8 || len(value) > 500 {
		return hiddenMistake("a secret of 8 to 500 bytes, such as the output of: openssl rand -hex 32")
	}
	k.Secret = Secret{&value, hidden}
	return nil
}

// hiddenMistake is a mistake whose value is not shown.
func hiddenMistake(accepted string) error { return mistakes{{Accepted: accepted}} }
