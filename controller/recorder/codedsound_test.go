package recorder

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	sdp "github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtpac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"
	"github.com/pion/rtp"
)

// codedSound is silence, and a tone in each second second. After 20 s, which is no
// whole number of frames of most kinds, it ends.
type codedSound struct {
	format  sdp.Format
	packets []*rtp.Packet
	sent    int
}

// flashSound is what codedSound is made of.
const flashSound = `-nostdin -loglevel error -readrate 10 -f lavfi -i aevalsrc=0.5*sin(6283*t)*gte(mod(t\,2)\,1):s=48000:d=20 `

// soundOf is sound as ffmpeg codes it by some arguments. name is its line of rtpmap, ""
// where ffmpeg says it.
func soundOf(t *testing.T, args, name string) *codedSound {
	t.Helper()
	here, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	if err := here.(*net.UDPConn).SetReadBuffer(4 << 20); err != nil { // it sends at once
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command("ffmpeg", strings.Fields(flashSound+"-c:a "+args+" -f rtp rtp://"+here.LocalAddr().String())...)
	cmd.Stdout = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		here.SetReadDeadline(time.Now()) // all that was sent is there
	}()
	s := &codedSound{}
	for buf := make([]byte, 1<<16); ; {
		n, _, err := here.ReadFrom(buf)
		if err != nil {
			break
		}
		p := &rtp.Packet{}
		if err := p.Unmarshal(bytes.Clone(buf[:n])); err != nil {
			t.Fatal(err)
		}
		s.packets = append(s.packets, p)
	}
	if err := <-ended; err != nil || len(s.packets) == 0 {
		t.Fatalf("ffmpeg has sent %d packets: %v", len(s.packets), err)
	}
	for i, p := range s.packets[1:] {
		if p.SequenceNumber != s.packets[i].SequenceNumber+1 {
			t.Fatal("packets are lost on the way from ffmpeg")
		}
	}
	s.format = formatOf(t, said.String(), name, s.packets[0].PayloadType)
	return s
}

// formatOf is what an SDP says of its only track.
func formatOf(t *testing.T, text, name string, payloadType uint8) sdp.Format {
	t.Helper()
	f := &sdp.Generic{PayloadTyp: payloadType, RTPMa: name, FMT: map[string]string{}}
	for line := range strings.Lines(text) {
		_, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case strings.HasPrefix(line, "a=rtpmap:") && name == "":
			f.RTPMa = value
		case strings.HasPrefix(line, "a=fmtp:"):
			for pair := range strings.SplitSeq(value, ";") {
				key, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
				f.FMT[key] = value
			}
		}
	}
	if err := f.Init(); err != nil || f.ClockRat == 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	return f
}

// ac3Of is likewise, of AC-3, which ffmpeg does not send.
func ac3Of(t *testing.T) *codedSound {
	t.Helper()
	stream, err := exec.Command("ffmpeg", strings.Fields(flashSound+"-c:a ac3 -ar 48000 -ac 2 -f ac3 pipe:1")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	s := &codedSound{format: &sdp.AC3{PayloadTyp: 97, SampleRate: 48000, ChannelCount: 2}}
	encoder := &rtpac3.Encoder{PayloadType: 97}
	encoder.Init()
	for n := uint32(0); len(stream) > 0; n++ {
		var head ac3.SyncInfo
		if err := head.Unmarshal(stream); err != nil {
			t.Fatal(err)
		}
		packets, err := encoder.Encode([][]byte{stream[:head.FrameSize()]})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packets {
			p.Timestamp = n * 1536
		}
		s.packets, stream = append(s.packets, packets...), stream[head.FrameSize():]
	}
	return s
}

// otherSound is sound of a kind that nobody knows.
func otherSound(name string) *codedSound {
	f := &sdp.Generic{PayloadTyp: 97, RTPMa: name}
	f.Init()
	s := &codedSound{format: f}
	for n := range 1500 {
		s.packets = append(s.packets, &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 97, Timestamp: uint32(n * f.ClockRat / 50)}, Payload: fmt.Appendf(nil, "%040d", n)})
	}
	return s
}

// send sends what is due at an instant.
func (s *codedSound) send(to *gortsplib.ServerStream, m *description.Media, until time.Duration) {
	for ; s.sent < len(s.packets)-1; s.sent++ {
		p, first := *s.packets[s.sent], s.packets[0].Timestamp
		if end := s.packets[s.sent+1].Timestamp - first; lasting(int64(end), s.format.ClockRate()) > until {
			return // it is still being recorded
		}
		stamp := p.Timestamp - first
		p.Header = rtp.Header{Version: 2, Marker: p.Marker, SequenceNumber: uint16(s.sent), Timestamp: stamp, SSRC: 9, PayloadType: s.format.PayloadType()}
		to.WritePacketRTPWithNTP(m, &p, time.Now().Add(lasting(int64(stamp), s.format.ClockRate())-until))
	}
}

// TestSoundIsEncoded: sound of each kind that browsers don't play everywhere is encoded by
// an ffmpeg of its own, beside a picture that is copied, on one connection; and its tone
// begins with the flash.
func TestSoundIsEncoded(t *testing.T) {
	white := h264Pictures(t, "320x180", "-g", "25", "-vf", "drawbox=c=black:t=fill:enable='lt(t,1)',drawbox=c=white:t=fill:enable='gte(t,1)'")
	for name, c := range map[string]struct {
		args, rtpmap string
		called       string
		late         time.Duration // by the camera's own coding
	}{
		"Opus":                {"libopus -ar 48000 -ac 2", "", "Opus", 0},
		"Opus, 60 ms, mono":   {"libopus -ar 48000 -ac 1 -frame_duration 60", "", "Opus", 0},
		"MP3":                 {"libmp3lame -ar 44100 -ac 2 -b:a 128k", "MPA/90000", "MP3", 25 * ms},
		"MP3, 16 kHz":         {"libmp3lame -ar 16000 -ac 1 -b:a 32k", "MPA/90000", "MP3", 69 * ms},
		"MP2":                 {"mp2 -ar 48000 -ac 2 -b:a 192k", "MPA/90000", "MP3", 10 * ms},
		"G.722":               {"g722 -ar 16000 -ac 1", "G722/8000", "G.722", 0},
		"G.726, 16 kbit/s":    {"g726le -ar 8000 -ac 1 -b:a 16k", "", "G.726", 0},
		"G.726, 32 kbit/s":    {"g726le -ar 8000 -ac 1 -b:a 32k", "", "G.726", 0},
		"G.726, 40 kbit/s":    {"g726le -ar 8000 -ac 1 -b:a 40k", "", "G.726", 0},
		"G.726 as in AAL2":    {"g726 -ar 8000 -ac 1 -b:a 32k", "", "G.726", 0},
		"L8":                  {"pcm_u8 -ar 8000 -ac 1", "L8/8000", "L8", 0},
		"L16":                 {"pcm_s16be -ar 16000 -ac 2", "", "L16", 0},
		"L24":                 {"pcm_s24be -ar 48000 -ac 2", "", "L24", 0},
		"AC-3":                {"", "", "AC-3", 5 * ms},
		"AAC of six channels": {"aac -ar 48000 -ac 6", "", "AAC", 21 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onAQuietMachine(t, func() error {
				cam := &rtspCamera{fps: 25}
				if c.args == "" {
					cam.sound = ac3Of(t)
				} else {
					cam.sound = soundOf(t, c.args, c.rtpmap)
				}
				cam.show(white)
				r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Audio, r.FFprobe, r.Log = "on", "/nowhere/ffprobe", discarded })
				until(t, 60*time.Second, "segments", func() bool { return segments(t, r, 0) >= 5 })
				s := status(r)
				stop()
				run := readRun(t, runs(t, r)[0])
				if all, _ := cam.connections(); all != 1 || len(runs(t, r)) != 1 || !strings.Contains(s.Plan, "copying H.264") || !strings.Contains(s.Plan, "its "+c.called+" sound as AAC") {
					t.Fatalf("%d connections, %d runs, %q, %q", all, len(runs(t, r)), s.Plan, s.PlanReasons)
				}
				return run.flashesWithSound(t, c.late)
			})
		})
	}
}

// TestSoundThatNobodyReads: it is left out, the plan says so, and the picture needs no
// ffmpeg and no other connection.
func TestSoundThatNobodyReads(t *testing.T) {
	for name, sound := range map[string]*codedSound{
		"no name that is known":     otherSound("X-ACME-7/8000"),
		"a name and no such sound":  otherSound("DVI4/8000"),
		"G.726, in too many tracks": otherSound("G726-32/8000/2"),
		"LATM without its kind":     otherSound("MP4A-LATM/16000"),
		"G.729":                     otherSound("G729/8000"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 25, sound: sound}
			r, stop := start(t, cam.begin(t), noFFmpeg, func(r *Recorder) { r.Audio, r.Log = "on", discarded })
			until(t, 40*time.Second, "segments", func() bool { return segments(t, r, 0) >= 2 })
			s := status(r)
			stop()
			if all, _ := cam.connections(); all != 1 || len(runs(t, r)) != 1 || s.PID != 0 || !strings.Contains(strings.Join(s.PlanReasons, "\n"), "sound is left out") {
				t.Errorf("%d connections, %d runs, %q, %q", all, len(runs(t, r)), s.Plan, s.PlanReasons)
			}
		})
	}
}

// TestForeignSound: what ffmpeg alone can read it does read, with the picture, on the
// next connection, and the plan says so.
func TestForeignSound(t *testing.T) {
	for name, args := range map[string]string{"Speex": "libspeex -ar 16000 -ac 1", "Vorbis": "libvorbis -ar 44100 -ac 2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 25, sound: soundOf(t, args, "")}
			r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Audio, r.Log = "on", discarded })
			until(t, 60*time.Second, "segments", func() bool { return segments(t, r, 0) >= 3 })
			s := status(r)
			stop()
			run := readRun(t, runs(t, r)[0])
			if all, most := cam.connections(); most != 1 || len(runs(t, r)) != 1 || !strings.Contains(run.Codecs, "mp4a.40.2") || !strings.Contains(strings.Join(s.PlanReasons, "\n"), "ffmpeg reads it: it alone can read "+name) {
				t.Errorf("%d connections, %d at a time, %d runs, %s, %q, %q", all, most, len(runs(t, r)), run.Codecs, s.Plan, s.PlanReasons)
			}
		})
	}
}

// TestForeignSoundIsGarbage: sound that ffmpeg is to read and can't costs no picture.
func TestForeignSoundIsGarbage(t *testing.T) {
	for _, name := range []string{"AMR/8000", "iLBC/8000", "G723/8000", "QCELP/8000", "GSM/8000", "speex/8000", "vorbis/48000/2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 25, sound: otherSound(name)}
			r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Audio, r.Log = "on", discarded })
			until(t, 30*time.Second, "segments", func() bool { return segments(t, r, 0) >= 3 })
			s := status(r)
			stop()
			t.Logf("%q, %q", s.Plan, s.PlanReasons)
			if _, most := cam.connections(); most != 1 || len(runs(t, r)) != 1 {
				t.Errorf("%d connections at a time, %d runs", most, len(runs(t, r)))
			}
		})
	}
}
