package config

import (
	"fmt"
	"io"
	"log/slog"

	"lookback/controller/camera"
)

// Source is where a camera's picture comes from. However it is printed, logged
// or marshalled, it shows its redacted form; Reveal alone gives the real one.
type Source struct {
	real     *string // a pointer, since fmt follows none inside a struct it can't ask
	redacted string
}

// ParseSource accepts what [camera.Check] accepts. The error says what that is
// and repeats nothing of the text.
func ParseSource(text string) (*Source, error) {
	if err := camera.Check(text); err != nil {
		return nil, accepted(err.Error())
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
