package recorder

import (
	"bytes"
	"context"
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
	described   chan struct{}   // closed when description is there
	over        chan struct{}   // closed when nothing more will come
	description rtsp.Description
	parameters  *rtsp.Parameters
	picture     *format
	sound       *format // nil: none that can be kept
}

// startRTSP begins to read an RTSP camera; it ends when ctx does.
func (r *Recorder) startRTSP(ctx context.Context) *rtspSource {
	s := &rtspSource{feed: newFeed(r.now), ctx: ctx, described: make(chan struct{}), over: make(chan struct{})}
	address := rtsp.Source{URL: r.URL, Transport: r.Transport, Sound: r.Audio == "on", VerifyTLS: r.TLS == "verify", Conn: r.takeConn()}
	s.readers.Go(func() {
		defer close(s.over)
		defer close(s.pictures)
		s.sourceErr = rtsp.Run(ctx, address, s)
	})
	return s
}

// Described notes what comes. Sound of a kind that is not kept has no format.
func (s *rtspSource) Described(d rtsp.Description) {
	s.description = d
	if t := d.Sound; t != nil && !t.Raw {
		if aac, err := fmp4.ParseAAC(t.Config); err == nil {
			s.sound = &format{timescale: uint32(t.ClockRate), sound: aac}
		}
	}
	close(s.described)
}

// Report is one more clock to compare with; arrivals decide.
func (s *rtspSource) Report(rtsp.SenderReport) {}

// Unit hands on an access unit. A picture waits until it is taken, sound does not.
func (s *rtspSource) Unit(u rtsp.Unit) {
	arrival := s.clock() - time.Since(u.Arrival)
	if u.Track == rtsp.Sound {
		if s.sound != nil {
			s.offerSound(unit{track: ofSound, format: s.sound, pts: u.PTS, dts: u.DTS, sync: true, arrival: arrival, data: u.Data})
		}
		return
	}
	if u.Parameters != s.parameters {
		s.configure(u.Parameters)
	}
	if s.picture == nil {
		return
	}
	s.last.Store(int64(arrival))
	select {
	case s.pictures <- unit{format: s.picture, pts: u.PTS, dts: u.DTS, sync: u.Sync, arrival: arrival, late: u.Late, data: u.Data}:
	case <-s.ctx.Done():
	}
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

// facts are what the camera says of itself.
func (s *rtspSource) facts() camera.Facts {
	d := s.description
	f := camera.Announced(d.Codec, d.Parameters.SPS[len(d.Parameters.SPS)-1], d.Width, d.Height)
	if t := d.Sound; t != nil {
		f.Sound = camera.Sound{Codec: soundNames[t.Codec], Rate: t.Rate, Channels: t.Channels}
		if f.Sound.Codec == "" {
			f.Sound.Codec = t.Codec
		}
		if s.sound != nil {
			f.Sound.Profile = "LC"
		}
	}
	return f
}

// soundNames are ffmpeg's names of what SDPs call otherwise.
var soundNames = map[string]string{"pcma": "pcm_alaw", "pcmu": "pcm_mulaw", "mp4a-latm": "aac", "mpeg4-generic": "aac", "mpa": "mp3", "g722": "adpcm_g722", "g726-32": "adpcm_g726"}

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
