package rtsp

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"

	"lookback/controller/camera"
)

// plan is how a camera is connected to the next time.
type plan struct {
	Source
	limits
	address     *base.URL
	credentials *credentials
	quiet       string // why sound is left out
}

// session is one connection.
type session struct {
	plan   *plan
	client *gortsplib.Client
	way    gortsplib.Protocol // what client.Protocol points to
	conn   net.Conn
	ended  chan error // the first reason to end
	stream *stream

	mu         sync.Mutex // gortsplib's goroutine and Run's
	asked      base.Method
	transport  string // asked for in SETUP
	address    *base.URL
	redirects  int
	challenged bool
	offer      offer
	announced  string // the base of all tracks
	tracks     []chosenTrack
	refusal    error // of what the camera describes
}

// connect reads the camera on one connection, which is closed when it returns.
// Next is another way to try at once, nil if there is none.
func (p *plan) connect(ctx context.Context, h Handler) (next *plan, err error) {
	s := &session{plan: p, address: p.address, ended: make(chan error, 1), stream: newStream(ctx, h, p.Keyless)}
	s.stream.fail, s.stream.description.SoundLeftOut = s.fail, p.quiet
	if p.Transport == UDP {
		s.way = gortsplib.ProtocolUDP
	} else {
		s.way = gortsplib.ProtocolTCP
	}
	s.client = s.newClient()
	if err := s.client.Start(); err != nil {
		return nil, classify(err)
	}
	stop := context.AfterFunc(ctx, s.close)
	defer s.close()
	defer stop()
	if next, err = s.play(); err != nil {
		return next, err
	}
	go func() { s.fail(s.client.Wait()) }() // ends with close
	select {
	case err = <-s.ended:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return nil, classify(err)
}

func (s *session) newClient() *gortsplib.Client {
	agent := s.plan.UserAgent
	if agent == "" {
		agent = "Lookback"
	}
	return &gortsplib.Client{
		Scheme: s.address.Scheme, Host: s.address.Host, UserAgent: agent, Protocol: &s.way, AnyPortEnable: true,
		ReadTimeout: s.plan.answer, WriteTimeout: s.plan.answer / 2, InitialUDPReadTimeout: s.plan.answer,
		DialContext: s.dial, DialTLSContext: s.dialTLS, ListenPacket: listen,
		OnRequest: s.onRequest, OnResponse: s.onResponse, OnServerRequest: s.onServerRequest,
		OnTransportSwitch: func(error) {}, OnPacketsLost: func(uint64) {}, OnDecodeError: func(error) {},
	}
}

// fail ends the session; the first reason counts.
func (s *session) fail(err error) {
	select {
	case s.ended <- err:
	default:
	}
}

// close tells the camera, and does not wait long until it has taken that.
func (s *session) close() {
	hurry := time.AfterFunc(time.Second, s.cut)
	s.client.Close()
	hurry.Stop()
}

func (s *session) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.Close()
	}
}

// play goes from DESCRIBE to PLAY.
func (s *session) play() (next *plan, err error) {
	late := time.AfterFunc(s.plan.limits.setup, func() {
		s.fail(failed(camera.Timeout, "the camera has not begun to play after %s", s.plan.limits.setup))
		s.close()
	})
	defer late.Stop()
	if next, err = s.setup(); err == nil {
		return nil, nil
	}
	select {
	case reason := <-s.ended: // the cause of what setup met
		return nil, classify(reason)
	default:
		return next, classify(err)
	}
}

func (s *session) setup() (*plan, error) {
	var said *description.Session
	err := s.ask(func() (err error) {
		said, _, err = s.client.Describe(s.plan.address)
		return err
	})
	t, next, err := s.presentation(said, err)
	if err != nil {
		return next, err
	}
	return s.setupTracks(t)
}

// presentation is what DESCRIBE has brought.
type presentation struct {
	medias    []*description.Media // as gortsplib sees the tracks
	tracks    []chosenTrack
	address   *base.URL // that answered
	announced string    // base of all tracks
}

func (s *session) presentation(said *description.Session, err error) (presentation, *plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.refusal != nil:
		return presentation{}, nil, s.refusal
	case err != nil && s.challenged && s.plan.credentials.retry && hungUp(err):
		// Closed along with the challenge: it is answered on the next connection.
		p := *s.plan
		return presentation{}, &p, err
	case err != nil:
		return presentation{}, nil, err
	}
	return presentation{medias: said.Medias, tracks: s.tracks, address: s.address, announced: s.announced}, nil, nil
}

// setupTracks asks for the picture, for the sound, and plays them.
func (s *session) setupTracks(t presentation) (*plan, error) {
	at, err := s.setupTrack(t.medias[0], places(t.address, t.announced, t.tracks[0].control))
	if err != nil {
		return s.otherTransport(err), err
	}
	s.stream.read(s.client, t.medias[0], t.tracks[0])
	d := &s.stream.description
	if d.Transport = TCP; s.way == gortsplib.ProtocolUDP {
		d.Transport = UDP
	}
	switch {
	case len(t.medias) > 1:
		if err := s.setupSound(t, at); err != nil {
			return s.withoutSound(err), err
		}
	case s.plan.Sound:
		d.SoundLeftOut = NoSound
	}
	err = s.ask(func() error { _, err := s.client.Play(nil); return err })
	if err != nil && len(t.medias) > 1 {
		return s.withoutSound(err), err
	}
	return nil, err
}

// setupSound asks for the sound. An error is one that has cost the connection;
// of a mere refusal the description tells.
func (s *session) setupSound(t presentation, picture place) error {
	track := soundPlace(t.address, picture, t.announced, t.tracks[1].control)
	_, err := s.setupTrack(t.medias[1], []place{{picture.all, track}})
	if status(err) != 0 {
		s.stream.description.SoundLeftOut = classify(err).Detail
		return nil
	}
	if err == nil {
		s.stream.read(s.client, t.medias[1], t.tracks[1])
	}
	return err
}

// soundPlace is where the sound is, by the base at which the picture was.
func soundPlace(address *base.URL, picture place, announced, control string) *base.URL {
	for _, p := range places(address, announced, control) {
		if p.all.String() == picture.all.String() {
			return p.track
		}
	}
	return joined(picture.all, control)
}

// setupTrack asks for a track at one place after the other. On the first
// refusal of TCP, UDP is asked for on the same connection.
func (s *session) setupTrack(m *description.Media, all []place) (place, error) {
	var err error
	for _, p := range all {
		m.Control = p.track.String()
		err = s.ask(func() error { _, err := s.client.Setup(p.all, m, 0, 0); return err })
		if s.refusesTCP(err) {
			s.way = gortsplib.ProtocolUDP
			err = s.ask(func() error { _, err := s.client.Setup(p.all, m, 0, 0); return err })
		}
		if code := status(err); err == nil || code < 400 || code >= 500 || code == base.StatusForbidden || code == base.StatusUnauthorized {
			return p, err
		}
	}
	return place{}, err
}

// refusesTCP: the camera answered SETUP so that UDP is worth asking for.
func (s *session) refusesTCP(err error) bool {
	code := status(err)
	refused := code == base.StatusUnsupportedTransport || code == base.StatusNotAcceptable || errors.Is(err, liberrors.ErrClientServerRequestedUDP{})
	return refused && s.plan.Transport == "" && s.way == gortsplib.ProtocolTCP
}

// otherTransport: a camera that has hung up over UDP on a connection that began
// with TCP is asked for UDP on one of its own.
func (s *session) otherTransport(err error) *plan {
	if status(err) != 0 || s.plan.Transport != "" || s.way != gortsplib.ProtocolUDP {
		return nil
	}
	p := *s.plan
	p.Transport = UDP
	return &p
}

// withoutSound: sound that fails must not cost the picture.
func (s *session) withoutSound(err error) *plan {
	p := *s.plan
	p.Sound, p.quiet = false, classify(err).Detail
	return &p
}

// ask sends a request as often as there is another answer to a challenge.
func (s *session) ask(request func() error) error {
	for {
		err := request()
		if status(err) != base.StatusUnauthorized && !errors.As(err, new(liberrors.ErrClientAuthSetup)) {
			return err
		}
		s.mu.Lock()
		c := s.plan.credentials
		retry, known, denied := c.retry, c.known, c.denied
		s.mu.Unlock()
		switch {
		case status(err) == 0 && denied: // and no way is named
			return failed(camera.Unauthorized, "the camera refuses the password")
		case status(err) == 0 && known:
			return notOurs(camera.Unauthorized, "the camera wants the password in a way that is not known here")
		}
		if !retry {
			return err
		}
	}
}
