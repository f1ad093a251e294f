package rtsp

import (
	"time"

	"github.com/pion/rtp"

	"lookback/controller/camera"
)

const (
	// maxTorn is how many pictures in a row may be torn although no packet is
	// missing, until it is taken for a misunderstanding.
	maxTorn = 50
	// NoKeyFrames is the detail of an [Error] of a camera that only refreshes its
	// picture bit by bit.
	NoKeyFrames = "the camera sends no key frames"
	// maxRefreshes is how many recovery points come without a key frame of a camera that
	// sends none.
	maxRefreshes = 2
	// keptUnits and keptBytes are what is kept since the first of them.
	keptUnits, keptBytes = 600, 16 << 20
)

// picture makes units of the packets of the picture.
type picture struct {
	*stream
	codec
	sequence
	assembler  *assembler
	clock      unwrapped
	timing     timing
	parameters *Parameters
	judged     *Parameters // by which timing goes

	losses    Losses
	broken    bool // since the last key frame something is missing
	leading   bool // leading pictures can be decoded
	torn      int  // in a row without loss
	refreshes int
	kept      []accessUnit // since the first refresh, while it is not known whether key frames come
	weighs    int          // of it, bytes
}

func newPicture(s *stream, t chosenTrack) *picture {
	c := codecs[t.codec]
	p := &picture{stream: s, codec: c, timing: timing{codec: c}, broken: true}
	p.assembler = newAssembler(c, p.unit)
	p.parameters = p.parameters.with(c, t.sets())
	s.description.Codec, s.description.ClockRate = c.name, t.clock
	return p
}

func (p *picture) packet(packet *rtp.Packet, arrival time.Time) error {
	missing, repeated := p.sequence.gap(packet.SequenceNumber)
	if repeated || len(packet.Payload) == 0 {
		return nil
	}
	p.clock.next(packet.Timestamp)
	if missing > 0 {
		if p.stream.begun {
			p.losses.Packets += missing
		}
		p.assembler.lost()
	}
	return p.assembler.packet(packet.Payload, packet.Timestamp, packet.Marker, arrival)
}

// unit takes an access unit from the assembler.
func (p *picture) unit(u accessUnit) error {
	if u.torn || len(u.slice) == 0 {
		return p.tornUnit(u)
	}
	p.torn = 0
	p.broken = p.broken || u.gap
	p.parameters = p.parameters.with(p.codec, u.sets)
	if u.sync && p.parameters.whole(p.codec) {
		p.leading, p.broken = !p.broken && p.stream.begun, false
		if err := p.judge(); err != nil {
			return err
		}
	}
	if p.judged == nil {
		return p.waits(u)
	}
	p.kept = nil
	return p.hand(u)
}

// hand hands over a picture that can be decoded.
func (p *picture) hand(u accessUnit) error {
	pts := p.clock.of(u.stamp)
	if u.kind.leading && !p.leading {
		p.losses.Left++
		return nil
	}
	dts, ok := p.timing.dts(u, p.parameters, pts, p.broken)
	if p.timing.refusals >= maxRefusals {
		return notOurs(camera.InvalidData, "when the camera's pictures are to be decoded can't be told: %v", p.timing.why)
	}
	if !ok {
		p.losses.Left++
		return nil
	}
	p.begin()
	p.Unit(Unit{
		Track: Picture, PTS: pts, DTS: dts, Sync: u.sync, Arrival: u.arrival, Data: u.data, Refresh: u.refresh && !u.sync,
		Parameters: p.judged, Late: u.late, Broken: p.broken, Losses: p.losses,
	})
	return nil
}

// tornUnit leaves out a picture of which something is missing.
func (p *picture) tornUnit(u accessUnit) error {
	p.broken = true
	if p.stream.begun {
		p.losses.Pictures++
	}
	if p.torn++; u.gap {
		p.torn = 0
	}
	if p.torn > maxTorn {
		return notOurs(camera.InvalidData, "the camera's packets do not make whole pictures, although none is missing")
	}
	return nil
}

// judge looks at the parameters at a key frame.
func (p *picture) judge() error {
	if p.judged == p.parameters {
		return nil
	}
	f := p.parameters.facts(p.codec)
	if f.refused != "" {
		return notOurs(camera.UnsupportedCodec, "the camera's %s: %s", p.codec.name, f.refused)
	}
	if p.judged == nil || string(p.judged.SPS[len(p.judged.SPS)-1]) != string(p.parameters.SPS[len(p.parameters.SPS)-1]) {
		p.timing.reset(f)
	}
	p.judged = p.parameters
	return nil
}

// waits for the first key frame. Of a camera that never sends one but marks where
// decoding may begin, the pictures since such a mark are handed over.
func (p *picture) waits(u accessUnit) error {
	p.Waits(u.arrival)
	begins := u.refresh && !u.sync
	if begins {
		p.refreshes++
	}
	if p.weighs += len(u.data); begins && p.refreshes == 1 || len(p.kept) >= keptUnits || p.weighs > keptBytes {
		p.kept, p.weighs = nil, len(u.data)
	}
	if p.refreshes > 0 && (begins || len(p.kept) > 0) {
		p.kept = append(p.kept, u)
	}
	if !begins || p.refreshes < maxRefreshes && !p.keyless {
		return nil
	}
	if !p.parameters.whole(p.codec) {
		return notOurs(camera.InvalidData, NoKeyFrames)
	}
	if err := p.judge(); err != nil {
		return err
	}
	if !p.timing.ordered {
		return notOurs(camera.InvalidData, NoKeyFrames)
	}
	kept := p.kept
	p.kept, p.broken, p.stream.description.NoKeyFrames = nil, false, true
	for _, u := range kept {
		if err := p.hand(u); err != nil {
			return err
		}
	}
	return nil
}

// begin describes the camera before its first unit.
func (p *picture) begin() {
	if p.stream.begun {
		return
	}
	d := &p.stream.description
	d.Width, d.Height, d.Parameters = p.timing.width, p.timing.height, p.judged
	p.stream.begun, p.losses = true, Losses{}
	p.Described(*d)
}
