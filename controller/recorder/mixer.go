package recorder

import (
	"log/slog"
	"time"

	"lookback/controller/fmp4"
)

// mixer puts a camera's sound beside its pictures.
type mixer struct {
	wanted  bool
	log     *slog.Logger
	format  *format // nil before any sound has come
	clock   soundClock
	waiting []unit      // until there is a run
	start   *beginning  // of the run
	track   *soundTrack // of the run; nil when it has none
}

// ready reports whether a run may begin: its sound is there, none is wanted, or it
// has kept everyone waiting for long enough.
func (m *mixer) ready(waited time.Duration) bool {
	return !m.wanted || m.format != nil || waited > soundWait
}

// add takes a frame of sound. anew: the run has none, and another one
// is to begin, which will.
func (m *mixer) add(u unit) (anew bool) {
	anew = m.format == nil && m.start != nil
	m.format = u.format
	if m.track == nil {
		if m.waiting = append(m.waiting, u); len(m.waiting) > maxSound {
			m.waiting = m.waiting[1:]
		}
		return anew
	}
	m.place(u)
	return anew
}

func (m *mixer) place(u unit) {
	aac := u.format.sound
	frame := time.Duration(fmp4.AACFrame) * time.Second / time.Duration(aac.Rate)
	if at, ok := m.clock.place(u, m.start.origin, frame); ok && aac.Rate == m.track.aac.Rate && aac.Channels == m.track.aac.Channels {
		m.track.push(at, u.data)
	}
}

// begin gives a run its sound track.
func (m *mixer) begin(s *beginning) {
	m.start, m.track = s, nil
	if m.format == nil {
		if m.wanted {
			m.log.Warn("no sound has come; recording goes on without it")
		}
		return
	}
	m.track = &soundTrack{aac: m.format.sound}
	s.sound = &m.track.aac
}

// end has what comes wait for the next run.
func (m *mixer) end() { m.track = nil }

// join puts what belongs to a picture's time beside it.
func (m *mixer) join(p *placed) {
	if p.start != m.start {
		m.begin(p.start)
	}
	if m.track == nil {
		return
	}
	begin, end := p.format.time(int64(p.decode)), p.format.time(int64(p.decode+p.length))
	if p.clock != 0 {
		m.clock.picture(p.clock, begin)
	}
	for _, u := range m.waiting {
		m.place(u)
	}
	m.waiting = nil
	now := begin
	if p.late {
		now = end
	}
	p.soundAt, p.sound = m.track.upTo(now, end)
}
