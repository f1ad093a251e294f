package rtsp

import (
	"context"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/ntp"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// stream takes the packets of a connection. Over UDP each track has a goroutine
// of gortsplib's own; mu lets them in one at a time.
type stream struct {
	Handler
	ctx         context.Context // of Run: nothing is handed over once it has ended
	fail        func(error)
	description Description

	mu      sync.Mutex
	failed  bool
	begun   bool // Described was called
	keyless bool // as of Source
	picture *picture
}

func newStream(ctx context.Context, h Handler, keyless bool) *stream {
	return &stream{Handler: h, ctx: ctx, keyless: keyless}
}

// read has a track's packets read once it plays.
func (s *stream) read(c *gortsplib.Client, m *description.Media, t chosenTrack) {
	track, take, clock := Picture, (func(*rtp.Packet, time.Time) error)(nil), (*unwrapped)(nil)
	if t.kind == "video" {
		s.picture = newPicture(s, t)
		take, clock = s.picture.packet, &s.picture.clock
	} else {
		sound := newSound(s, t)
		s.description.Sound = &sound.SoundTrack
		track, take, clock = Sound, sound.packet, &sound.clock
	}
	c.OnPacketRTP(m, m.Formats[0], func(p *rtp.Packet) {
		arrival := time.Now()
		s.locked(func() error { return take(p, arrival) })
	})
	c.OnPacketRTCP(m, func(p rtcp.Packet) {
		arrival := time.Now()
		if r, ok := p.(*rtcp.SenderReport); ok && r.NTPTime != 0 {
			s.locked(func() error { s.report(track, clock, r, arrival); return nil })
		}
	})
}

// locked calls f unless the stream has failed or nobody wants it any more.
func (s *stream) locked(f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed || s.ctx.Err() != nil {
		return
	}
	if err := f(); err != nil {
		s.failed = true
		s.fail(err)
	}
}

// report tells of a sender report, once there is a packet to compare with.
func (s *stream) report(track Track, clock *unwrapped, r *rtcp.SenderReport, arrival time.Time) {
	if clock.begun {
		s.Report(SenderReport{Track: track, NTP: ntp.Decode(r.NTPTime), RTP: clock.of(r.RTPTime), Arrival: arrival})
	}
}

// sequence finds gaps in RTP's sequence numbers.
type sequence struct {
	begun bool
	next  uint16
}

// gap is how many packets are missing before this one. A number of the past is
// either repeated, or a camera that counts anew.
func (s *sequence) gap(number uint16) (missing int, repeated bool) {
	ahead := int(int16(number - s.next))
	switch {
	case !s.begun:
		ahead = 0
	case ahead == -1:
		return 0, true
	case ahead < 0:
		ahead = 1
	}
	s.begun, s.next = true, number+1
	return ahead, false
}
