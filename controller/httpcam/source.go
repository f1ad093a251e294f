package httpcam

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"time"

	"lookback/controller/camera"
)

// Source is a camera's address and how to read it. It may be used by several
// Runs, one after the other.
type Source struct {
	URL       string        // http:// or https://, with credentials
	Headers   []Header      // sent with each request to the camera's own host
	UserAgent string        // "" is defaultAgent
	Poll      time.Duration // between two stills; 0 is a second. A stream is read as it comes
	VerifyTLS bool          // somebody has to vouch for the certificate
	Limits    Limits
	// Dial opens a TCP connection to host:port; nil: one address of the host
	// after the other.
	Dial func(ctx context.Context, address string) (net.Conn, error)

	roots *x509.CertPool // who may vouch; nil: whom this machine trusts
}

// SetHeaders takes headers as a camera's settings hold them, a line "Name: value"
// each. A User-Agent goes to other hosts as well, as it does of browsers.
func (s *Source) SetHeaders(lines string) {
	s.Headers, s.UserAgent = nil, ""
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if strings.EqualFold(name, "User-Agent") {
			s.UserAgent = value
		} else if name != "" {
			s.Headers = append(s.Headers, Header{name, value})
		}
	}
}

// Header is a field of a request. Its value is a secret: it is never shown.
type Header struct{ Name, Value string }

// String shows the name alone.
func (h Header) String() string { return h.Name + ": …" }

// GoString is the same for %#v.
func (h Header) GoString() string { return h.String() }

// String shows nothing that is secret.
func (s Source) String() string {
	a, err := parseAddress(s.URL)
	if err != nil {
		return "httpcam: " + err.Error()
	}
	return "httpcam " + a.key()
}

// GoString is the same for %#v.
func (s Source) GoString() string { return s.String() }

// Limits are how long a camera may take. Zero is the default.
type Limits struct {
	Connect time.Duration // until TCP and TLS are through; 5 s
	Head    time.Duration // from a request to the end of the answer's head; 10 s
	Silence time.Duration // without a byte; 10 s
	Between time.Duration // likewise, between the pictures of a stream: some send one in ten seconds; 25 s
	First   time.Duration // from the answer to the end of the first picture; 15 s
	Picture time.Duration // from one whole picture to the next; 30 s
	Still   time.Duration // an address of stills gives none, until that ends it; 10 s, and four polls at least
}

const (
	defaultPoll  = time.Second
	defaultAgent = "Mozilla/5.0 (compatible; Lookback)"
)

func (l Limits) orDefaults(poll time.Duration) Limits {
	return Limits{
		Connect: cmp.Or(l.Connect, 5*time.Second),
		Head:    cmp.Or(l.Head, 10*time.Second),
		Silence: cmp.Or(l.Silence, 10*time.Second),
		Between: cmp.Or(l.Between, 25*time.Second),
		First:   cmp.Or(l.First, 15*time.Second),
		Picture: cmp.Or(l.Picture, 30*time.Second),
		Still:   cmp.Or(l.Still, max(10*time.Second, 4*poll)),
	}
}

// Check says what is wrong with the source without asking the camera. It
// repeats nothing of it but a header's name.
func (s *Source) Check() error {
	if _, err := parseAddress(s.URL); err != nil {
		return err
	}
	for _, h := range s.Headers {
		if !token(h.Name) || strings.ContainsAny(h.Value, "\r\n\x00") {
			return fmt.Errorf("header %q: a name of letters, digits and -, and a value on one line are accepted", h.Name)
		}
	}
	if strings.ContainsAny(s.UserAgent, "\r\n\x00") {
		return fmt.Errorf("the user agent has to be on one line")
	}
	return nil
}

// Run reads pictures and gives each to emit the moment its last byte has come,
// until ctx ends, emit fails or the camera does. It never returns nil: the error
// is ctx's, emit's, or has a [camera.Reason] (errors.As), and is a
// [*NotPictures] where the address gives something else. Nothing in it is
// secret.
//
// conn is an open TCP connection to the camera that is to be used first, nil
// for none; Run closes it. There is never more than one connection at a time,
// and no goroutine is left behind. While emit takes its time the camera waits.
func (s *Source) Run(ctx context.Context, conn net.Conn, emit func(Picture) error) error {
	r := &run{source: s, conn: conn, poll: cmp.Or(s.Poll, defaultPoll), emit: emit, logins: map[string]*login{}}
	defer r.close()
	r.limits = s.Limits.orDefaults(r.poll)
	if err := s.Check(); err != nil {
		return fmt.Errorf("%w: %w", err, camera.ReasonFor(camera.NotAStream))
	}
	r.start, _ = parseAddress(s.URL)
	r.split.emit = r.take
	err := r.everything(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
