package recorder

import (
	"bytes"
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
	"lookback/controller/rtsp"
)

// rtspSource makes units of what an RTSP camera sends. Its methods are called by
// the goroutine that reads the camera, one at a time.
type rtspSource struct {
	*feed
	ctx         context.Context // ends all waiting
	units       chan unit       // pictures; closed when nothing more will come
	early       []unit          // pictures that came under the plan before and are not recorded yet; of the recorder
	rate        camera.Rate     // at which pictures came under that plan; of the recorder
	encoded     atomic.Bool     // an ffmpeg gets them: what it makes of them is what counts
	voice       *voice          // an ffmpeg of its own that encodes the sound; nil: none
	tie         tie
	described   chan struct{} // closed when description is there
	over        chan struct{} // closed when nothing more will come
	description rtsp.Description
	keyless     keyless
	parameters  *rtsp.Parameters
	picture     *format
	sound       *format // of what is kept as it comes; nil: there is none
}

// startRTSP begins to read an RTSP camera; it ends when ctx does.
func (r *Recorder) startRTSP(ctx context.Context) *rtspSource {
	s := &rtspSource{feed: newFeed(r.now), ctx: ctx, units: make(chan unit, queued), described: make(chan struct{}), over: make(chan struct{})}
	address := rtsp.Source{URL: r.URL, Transport: r.Transport, Sound: r.Audio == "on", VerifyTLS: r.TLS == "verify", Conn: r.takeConn(), Keyless: r.keyless}
	s.readers.Go(func() {
		defer close(s.over)
		defer close(s.units)
		s.sourceErr = rtsp.Run(ctx, address, s)
	})
	return s
}

// Described notes what comes. Sound of a kind that is not kept has no format.
func (s *rtspSource) Described(d rtsp.Description) {
	s.description = d
	if t := d.Sound; t != nil {
		s.listenTo(t)
	}
	close(s.described)
}

// listenTo has sound kept as it comes, where browsers play it, or encoded.
func (s *rtspSource) listenTo(t *rtsp.SoundTrack) {
	if t.Codec == "aac" {
		if aac, err := fmp4.ParseAAC(t.Config); err == nil {
			s.sound = &format{timescale: uint32(t.ClockRate), sound: aac}
			return
		}
	}
	said := camera.Sound{Codec: soundName(t.Codec), Rate: t.Rate, Channels: t.Channels}
	if t.Raw {
		s.voice = newVoice(s.feed, s.placed, said.SampleBytes())
		return
	}
	s.voice = newVoice(s.feed, s.placed, 0)
	s.voice.head = fmp4.SoundInit(said.Codec, t.Config, t.Rate, t.Channels)
}

// Report is one more clock to compare with; arrivals decide.
func (s *rtspSource) Report(r rtsp.SenderReport) {
	s.alive.Store(int64(s.clock()))
	switch {
	case s.description.ClockRate == 0: // another one comes
	case r.Track == rtsp.Picture:
		s.tie.reported(r.Track, lasting(r.RTP, s.description.ClockRate), r.NTP)
	case s.description.Sound != nil:
		s.tie.reported(r.Track, lasting(r.RTP, s.description.Sound.ClockRate), r.NTP)
	}
}

// lasting is how long so many ticks are.
func lasting(n int64, rate int) time.Duration {
	return time.Duration(float64(n) / float64(rate) * float64(time.Second))
}

// Waits notes a picture with which decoding can't begin.
func (s *rtspSource) Waits(arrival time.Time) { s.keyless.note(s.clock() - time.Since(arrival)) }

// Unit hands on an access unit. A picture waits until it is taken, sound does not.
func (s *rtspSource) Unit(u rtsp.Unit) {
	arrival := s.clock() - time.Since(u.Arrival)
	if u.Track == rtsp.Sound {
		s.hearUnit(u, arrival)
		return
	}
	if u.Parameters != s.parameters {
		s.configure(u.Parameters)
	}
	if s.picture == nil {
		return
	}
	at := s.picture.time(u.DTS)
	s.tie.came(rtsp.Picture, at, arrival)
	if !s.encoded.Load() {
		s.last.Store(int64(arrival))
	}
	select {
	case s.units <- unit{format: s.picture, pts: u.PTS, dts: u.DTS, sync: u.Sync, refresh: u.Refresh, arrival: arrival, unended: u.Late, clock: max(1, s.tie.sent(at)), data: u.Data}:
	case <-s.ctx.Done():
	}
}

// hearUnit hands on sound: a frame of AAC, or what is to become such.
func (s *rtspSource) hearUnit(u rtsp.Unit, arrival time.Duration) {
	t := s.description.Sound
	stamp := lasting(u.PTS, t.ClockRate)
	switch {
	case s.sound != nil:
		s.tie.came(rtsp.Sound, stamp+lasting(fmp4.AACFrame, s.sound.sound.Rate), arrival)
		if at, ok := s.placed(stamp); ok {
			s.offerSound(unit{track: ofSound, format: s.sound, pts: u.PTS, dts: u.DTS, sync: true, arrival: arrival, clock: at, data: u.Data})
		}
	case s.voice != nil:
		p := packet{stamp, lasting(u.Duration, t.ClockRate), u.Data}
		if s.voice.rate > 0 {
			p.lasts = lasting(int64(len(u.Data)), s.voice.rate)
		}
		if p.lasts > 0 {
			s.tie.came(rtsp.Sound, stamp+p.lasts, arrival)
			s.voice.give(p)
		}
	}
}

// placed is where a stamp of the sound is on the monotonic clock.
func (s *rtspSource) placed(stamp time.Duration) (time.Duration, bool) {
	at, ok := s.tie.place(stamp, s.untrusted.Load())
	return max(1, at), ok
}

// configure begins another format, unless the picture is as it was.
func (s *rtspSource) configure(p *rtsp.Parameters) {
	s.parameters = p
	set := p.SPS[len(p.SPS)-1]
	var picture fmp4.Picture
	var err error
	if s.description.Codec == "h265" {
		picture, err = fmp4.HEVCOf(p.VPS[0], set, p.PPS...)
	} else {
		picture, err = fmp4.AVCOf(set, p.PPS...)
	}
	if err == nil && (s.picture == nil || !bytes.Equal(s.picture.picture.Config, picture.Config)) {
		s.picture = &format{timescale: uint32(s.description.ClockRate), picture: picture, set: set}
	}
}

// facts are what the camera says of itself, and what its early pictures say otherwise.
func (s *rtspSource) facts() camera.Facts {
	d := s.description
	set, width, height := d.Parameters.SPS[len(d.Parameters.SPS)-1], d.Width, d.Height
	if now := s.now(); now != nil {
		set, width, height = now.set, now.picture.Width, now.picture.Height
	}
	f := camera.Announced(d.Codec, set, width, height)
	if t := d.Sound; t != nil {
		f.Sound = camera.Sound{Codec: soundName(t.Codec), Rate: t.Rate, Channels: t.Channels}
		if s.sound != nil {
			f.Sound.Profile = "LC"
		}
	}
	return f
}

// now is how the newest picture is coded that was not recorded; nil: there is none.
func (s *rtspSource) now() *format {
	if n := len(s.early); n > 0 {
		return s.early[n-1].format
	}
	if f := s.feeder; f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.newest
	}
	return nil
}

// copied has pictures come without a feeder from now on. What was not encoded is early.
func (s *rtspSource) copied() {
	if s.feeder != nil {
		s.early, s.feeder = s.feeder.release(), nil
	}
	s.encoded.Store(false)
	s.process = nil
}

// soundNames are ffmpeg's names of what SDPs call otherwise.
var soundNames = map[string]string{"pcma": "pcm_alaw", "pcmu": "pcm_mulaw", "l8": "pcm_u8", "l16": "pcm_s16be", "l24": "pcm_s24be", "g722": "adpcm_g722",
	"amr": "amr_nb", "amr-wb": "amr_wb", "g723": "g723_1"}

func soundName(codec string) string { return cmp.Or(soundNames[codec], codec) }

// notes are what people should know of how it is read.
func (s *rtspSource) notes(asked camera.Source) (all []string) {
	d := s.description
	if d.Transport == rtsp.UDP && asked.Transport == "" {
		all = append(all, "It refuses TCP: packets come over UDP, and some may be lost.")
	}
	if d.SoundLeftOut != "" && d.SoundLeftOut != rtsp.NoSound && asked.Audio == "on" {
		all = append(all, "Its sound is left out: "+d.SoundLeftOut+".")
	}
	return all
}
