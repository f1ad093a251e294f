package lane

import (
	"time"

	"lookback/controller/fmp4"
)

// movie makes endless MP4s of what a recorder sends: one with its sound, and one of the
// pictures alone.
type movie struct {
	all, mute fan
	run       Run
	rate      uint32 // of the sound, samples a second; 0: there is none
	number    uint32 // of the last fragment
}

// take adds a Run, a Picture or a Sound. The error is that a run's init section can't
// be understood, or that none came first.
func (m *movie) take(message any) error {
	switch v := message.(type) {
	case Run:
		return m.begin(v)
	case Picture:
		if m.run.Timescale == 0 {
			return errBroken
		}
		i := item{m.picture(v), v.Sync}
		m.all.add(i)
		m.mute.add(i)
	case Sound:
		if m.rate > 0 && len(v.Frames) > 0 {
			m.all.add(item{m.sound(v), false})
		}
	}
	return nil
}

func (m *movie) begin(r Run) error {
	init, err := fmp4.ParseInit(r.Init)
	if err != nil {
		return err
	}
	m.run, m.rate, m.number = r, 0, 0
	for _, t := range init.Tracks {
		if t.Kind == fmp4.Audio {
			m.rate = t.Timescale
		}
	}
	mute := init
	if m.rate > 0 {
		coded, err := init.Describe()
		if err != nil {
			return err
		}
		if mute, err = fmp4.NewInit(coded, r.Timescale, nil); err != nil {
			return err
		}
	}
	m.all.begin(init.Raw, init.Codecs())
	m.mute.begin(mute.Raw, mute.Codecs())
	return nil
}

// at is the program date time of a decode time.
func (m *movie) at(decode uint64, timescale uint32) time.Time {
	whole, rest := decode/uint64(timescale), decode%uint64(timescale)
	return time.UnixMicro(m.run.Epoch + int64(whole*1_000_000+rest*1_000_000/uint64(timescale)))
}

// picture is a fragment with its program date time before it (prft).
func (m *movie) picture(p Picture) []byte {
	m.number++
	b := make([]byte, 0, fmp4.PRFTSize+150+len(p.Data))
	b = fmp4.AppendPRFT(b, fmp4.VideoTrack, m.at(p.Decode, m.run.Timescale), p.Decode)
	return fmp4.AppendFragment(b, m.number, fmp4.Piece{Track: fmp4.VideoTrack, DecodeTime: p.Decode,
		Samples: []fmp4.Sample{{Duration: p.Duration, Shift: p.Shift, Sync: p.Sync, Data: p.Data}}})
}

// sound is a fragment likewise.
func (m *movie) sound(s Sound) []byte {
	m.number++
	piece := fmp4.Piece{Track: fmp4.SoundTrack, DecodeTime: s.Decode}
	for _, f := range s.Frames {
		piece.Samples = append(piece.Samples, fmp4.Sample{Duration: fmp4.AACFrame, Sync: true, Data: f})
	}
	b := fmp4.AppendPRFT(nil, fmp4.SoundTrack, m.at(s.Decode, m.rate), s.Decode)
	return fmp4.AppendFragment(b, m.number, piece)
}
