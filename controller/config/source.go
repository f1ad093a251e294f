package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
)

// Source is where a camera's picture comes from. However it is printed, logged
// or marshalled, it shows its redacted form; Reveal alone gives the real one.
type Source struct {
	real     *string // a pointer, since fmt follows none inside a struct it can't ask
	redacted string
}

// ParseSource accepts an http or https URL with a host. The error says what is
// accepted and repeats nothing of the text.
func ParseSource(text string) (*Source, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, accepted("a well-formed URL (in a user name or password write %20 for a space, %23 for #, %25 for %, %2F for /, %3A for :, %3F for ? and %40 for @)")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, accepted("a URL that begins with http:// or https://")
	case !goodHost(u):
		return nil, accepted("a URL with a host and a port from 1 to 65535, such as http://192.168.1.20:8080/video")
	}
	return &Source{&text, RedactURL(text)}, nil
}

// Decode is ParseSource for envconfig.
func (s *Source) Decode(value string) error {
	parsed, err := ParseSource(value)
	if err != nil {
		return err
	}
	*s = *parsed
	return nil
}

// Reveal is the real URL, credentials included: for ffmpeg and nobody else.
func (s Source) Reveal() string {
	if s.real == nil {
		return ""
	}
	return *s.real
}

// String is the URL without credentials.
func (s Source) String() string { return s.redacted }

// GoString is the URL without credentials.
func (s Source) GoString() string { return fmt.Sprintf("%q", s.redacted) }

// Format prints the redacted URL whatever the verb.
func (s Source) Format(f fmt.State, verb rune) {
	if verb == 'q' || verb == 'v' && f.Flag('#') {
		io.WriteString(f, s.GoString())
		return
	}
	io.WriteString(f, s.redacted)
}

// LogValue is the URL without credentials.
func (s Source) LogValue() slog.Value { return slog.StringValue(s.redacted) }

// MarshalText is the URL without credentials, in JSON too.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.redacted), nil }
