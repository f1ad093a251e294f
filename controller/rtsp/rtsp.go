// Package rtsp reads an RTSP camera: access units as they arrive, on one
// connection.
//
// Run asks for the description, sets up one picture and, where it is wanted, one
// sound, and goes on with what they send. gortsplib speaks the protocol; what
// cameras say is put right before gortsplib reads it (dialect.go). Access units
// are put together here, since gortsplib's own way trusts every marker.
//
// Memory for one camera: an access unit of at most 16 MB, which grows by a
// quarter and so lies there twice for a moment, 128 kB of description, and over
// UDP 64 packets. With what the garbage collector has not taken yet that is below
// 64 MB, however fast a camera sends.
package rtsp

import (
	"context"
	"net"
	"time"
)

const (
	// maxUnit is how many bytes an access unit may have.
	maxUnit = 16 << 20
	// maxNALUnits is how many NAL units it may have.
	maxNALUnits = 4096
	// maxConnections is how often a camera is connected to, one after the other,
	// until it plays.
	maxConnections = 4
)

// limits are times that a camera may take.
type limits struct {
	answer time.Duration // for one answer
	setup  time.Duration // for all up to the answer to PLAY
	silent time.Duration // to send nothing once it plays: some send a picture in ten seconds
}

var usual = limits{answer: 10 * time.Second, setup: 20 * time.Second, silent: 25 * time.Second}

// Source is a camera to be read.
type Source struct {
	URL       string // rtsp:// or rtsps://, with user name and password where it wants them
	Transport string // TCP, UDP, or "": TCP, and UDP where the camera refuses that
	Sound     bool   // its sound is wanted, too
	VerifyTLS bool   // its certificate has to be one that is vouched for
	UserAgent string // "": Lookback
	Keyless   bool   // it is known to send no key frames: decoding begins with a refresh
	// Conn is an open TCP connection to the camera that is used first; nil: none.
	// Run closes it.
	Conn net.Conn
}

// The transports.
const (
	TCP = "tcp"
	UDP = "udp"
)

// Handler takes what a camera sends. Its methods are called one at a time, from
// the goroutine that reads, and hold that up: they have to return when the
// context of Run ends.
type Handler interface {
	// Described is called once, before the first Unit.
	Described(Description)
	Unit(Unit)
	// Waits is called with each picture that comes before the first Unit, since decoding
	// can't begin with it.
	Waits(arrival time.Time)
	// Report is called with each RTCP sender report, from the first packet of
	// its track on, also before Described.
	Report(SenderReport)
}

// NoSound is why there is none where the camera offers none.
const NoSound = "the camera offers none"

// Track says what a unit is of.
type Track int

// The tracks.
const (
	Picture Track = iota
	Sound
)

func (t Track) String() string { return [...]string{"picture", "sound"}[t] }

// Description is what is known of a camera at its first access unit.
type Description struct {
	Transport    string // TCP or UDP
	Codec        string // "h264" or "h265"
	ClockRate    int    // of the picture's time stamps, in Hz
	Width        int    // in pixels, as shown
	Height       int
	Parameters   *Parameters
	NoKeyFrames  bool        // it only refreshes its picture bit by bit: the first Unit is such a Refresh
	Sound        *SoundTrack // nil: none
	SoundLeftOut string      // why there is none although it is wanted and offered
}

// SoundTrack is how sound is coded.
type SoundTrack struct {
	Codec     string // "aac", "mp3", else the name in the SDP in lower case: "pcma", "opus"
	Raw       bool   // units are RTP payloads as they came, not frames
	ClockRate int    // of its time stamps, in Hz
	Rate      int    // samples per second
	Channels  int
	Config    []byte // AAC: AudioSpecificConfig (ISO 14496-3)

	// For an SDP that tells another program what Raw units are.
	PayloadType int
	RTPMap      string // "speex/16000"
	Format      string // the value of fmtp, without payload type
}

// Parameters are parameter sets, without start code. They are never changed:
// a camera that sends others gets other Parameters.
type Parameters struct {
	VPS, SPS, PPS [][]byte // VPS: H.265 only
}

// Unit is an access unit: one picture, one frame of sound, or one packet of sound
// that is Raw. Its bytes belong to who gets it.
type Unit struct {
	Track    Track
	PTS, DTS int64     // in ticks of the track's clock; no wrap at 32 bits
	Sync     bool      // decoding may begin here; sound: always
	Arrival  time.Time // of its last packet
	Data     []byte    // picture: NAL units, each behind its length in four bytes
	Duration int64     // of a frame of sound, ticks; 0: not known

	// Of pictures only.
	Parameters *Parameters // by which it is decoded; another pointer: they have changed
	Late       bool        // its end was told by the next one's beginning alone
	Broken     bool        // pictures before it, back to the last Sync, are missing
	Refresh    bool        // no key frame, but what is refreshed bit by bit begins anew here
	Losses     Losses      // up to here
}

// Losses are what has not come, or not as a whole, since the first Unit.
type Losses struct {
	Packets  int // gaps in the sequence numbers
	Pictures int // of which packets came, but not all; they are left out
	Left     int // whole pictures that can't be decoded or dated, and are left out
}

// SenderReport says which time by the camera's clock a time stamp is. Cameras'
// clocks are wrong often: it is one more clock to compare with.
type SenderReport struct {
	Track   Track
	NTP     time.Time
	RTP     int64 // ticks, counted like Unit.PTS
	Arrival time.Time
}

// Run reads a camera until it ends, fails or ctx ends. The error is never nil:
// the cause of ctx, or an *Error. The connection is closed by then.
func Run(ctx context.Context, source Source, h Handler) error {
	return run(ctx, source, h, usual)
}

func run(ctx context.Context, source Source, h Handler, l limits) error {
	address, err := parseAddress(source.URL)
	if err != nil {
		if source.Conn != nil {
			source.Conn.Close()
		}
		return err
	}
	p := plan{Source: source, limits: l, address: address, credentials: newCredentials(address.User)}
	for n := 1; ; n++ {
		next, err := p.connect(ctx, h)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if next == nil || n == maxConnections {
			return err
		}
		p = *next
	}
}
