package rtsp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtpmpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"lookback/controller/camera"
)

// served is a camera made of gortsplib's server.
type served struct {
	*testing.T
	server *gortsplib.Server
	stream *gortsplib.ServerStream
	desc   *description.Session
	refuse func(gortsplib.Protocol) base.StatusCode // SETUP; 0: not

	codec
	units   [][][]byte
	wait    time.Duration
	sent    func(n int, at time.Time) // after a picture's last packet
	sounds  func(n int) []*rtp.Packet // beside picture n
	playing chan struct{}
	once    sync.Once
}

func (s *served) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, s.stream, nil
}

func (s *served) OnSetup(c *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if s.refuse != nil {
		if code := s.refuse(c.Transport.Protocol); code != 0 {
			return &base.Response{StatusCode: code}, nil, nil
		}
	}
	return &base.Response{StatusCode: base.StatusOK}, s.stream, nil
}

func (s *served) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	s.once.Do(func() { close(s.playing) })
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// start serves; it returns the address.
func (s *served) start(t *testing.T, secure *tls.Config) string {
	s.T, s.playing = t, make(chan struct{})
	if s.name == "" {
		s.codec = codecs["h264"]
	}
	if s.units == nil {
		s.units = plainH264()
	}
	if s.desc == nil {
		s.desc = &description.Session{Medias: []*description.Media{pictureMedia()}}
	}
	var address string
	for port := 20000; ; port += 2 { // UDP wants two ports in a row
		address = fmt.Sprintf("127.0.0.1:%d", port)
		s.server = &gortsplib.Server{Handler: s, RTSPAddress: address, TLSConfig: secure, WriteQueueSize: 4096}
		if secure == nil {
			s.server.UDPRTPAddress, s.server.UDPRTCPAddress = fmt.Sprintf("127.0.0.1:%d", port+20000), fmt.Sprintf("127.0.0.1:%d", port+20001)
		}
		if s.server.Start() == nil {
			break
		}
		if port > 30000 {
			t.Fatal("no port is free")
		}
	}
	s.stream = &gortsplib.ServerStream{Server: s.server, Desc: s.desc}
	if err := s.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var sending sync.WaitGroup
	sending.Go(func() { s.send(ctx) })
	t.Cleanup(func() { cancel(); s.stream.Close(); s.server.Close(); sending.Wait() })
	return address
}

func (s *served) send(ctx context.Context) {
	select {
	case <-s.playing:
	case <-ctx.Done():
	}
	wait := s.wait
	if wait == 0 {
		wait = 5 * time.Millisecond
	}
	tick := time.NewTicker(wait)
	defer tick.Stop()
	sequence := uint16(0)
	for n := 0; ctx.Err() == nil; n++ {
		for _, p := range packetised(s, s.codec, s.units[n%len(s.units)]) {
			p.SequenceNumber, p.Timestamp, p.SSRC = sequence, uint32(n*3600), 7
			sequence++
			s.stream.WritePacketRTP(s.desc.Medias[0], p)
		}
		if s.sent != nil {
			s.sent(n, time.Now())
		}
		if s.sounds != nil {
			for _, p := range s.sounds(n) {
				s.stream.WritePacketRTP(s.desc.Medias[1], p)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

func pictureMedia() *description.Media {
	return &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{&format.H264{PayloadTyp: 96, PacketizationMode: 1}}}
}

// certificate is one that nobody vouches for.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}}}
	der, err2 := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestTransports: TCP; UDP where TCP is refused, on the same connection; each
// alone where that is set; and TLS.
func TestTransports(t *testing.T) {
	noTCP := func(code base.StatusCode) func(gortsplib.Protocol) base.StatusCode {
		return func(p gortsplib.Protocol) base.StatusCode {
			if p == gortsplib.ProtocolTCP {
				return code
			}
			return 0
		}
	}
	for name, c := range map[string]struct {
		*served
		set, want, code string
	}{
		"as it comes":       {&served{}, "", TCP, ""},
		"461 to TCP":        {&served{refuse: noTCP(461)}, "", UDP, ""},
		"406 to TCP":        {&served{refuse: noTCP(406)}, "", UDP, ""},
		"UDP is set":        {&served{}, UDP, UDP, ""},
		"TCP is set":        {&served{}, TCP, TCP, ""},
		"TCP is set, 461":   {&served{refuse: noTCP(461)}, TCP, "", camera.HTTPError},
		"404 to all tracks": {&served{refuse: func(gortsplib.Protocol) base.StatusCode { return 404 }}, "", "", camera.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			s := &served{refuse: c.refuse}
			address := s.start(t, nil)
			h, err := listenTo(t, Source{URL: "rtsp://" + address + "/x", Transport: c.set}, pictures(30))
			if c.code != "" {
				if got, _ := code(err); got != c.code {
					t.Errorf("%v; want %s", err, c.code)
				}
				return
			}
			if err != nil || h.Transport != c.want {
				t.Fatalf("%v, by %q", err, h.Transport)
			}
			want(t, h.pictures, s.units, int(h.pictures[0].PTS/3600)) // it may join a moment late
		})
	}
	for name, version := range map[string]uint16{"TLS 1.3": tls.VersionTLS13, "TLS 1.0": tls.VersionTLS10} {
		t.Run(name, func(t *testing.T) {
			s := &served{}
			address := s.start(t, &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS10, MaxVersion: version})
			h, err := listenTo(t, Source{URL: "rtsps://" + address + "/x"}, pictures(30))
			if err != nil {
				t.Fatal(err)
			}
			want(t, h.pictures, s.units, int(h.pictures[0].PTS/3600)) // it may join a moment late
			_, err = listenTo(t, Source{URL: "rtsps://" + address + "/x", VerifyTLS: true}, pictures(30))
			if got, _ := code(err); got != camera.TLS {
				t.Errorf("a certificate that nobody vouches for: %v", err)
			}
		})
	}
}

// TestAtOnce: an access unit is here within 10 ms of its last packet, at all
// frame rates. Half of them have to be: the machine may be busy for a moment.
func TestAtOnce(t *testing.T) {
	for _, fps := range []int{30, 15, 5} {
		for _, transport := range []string{TCP, UDP} {
			t.Run(fmt.Sprint(fps, transport), func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				sent := map[int64]time.Time{}
				s := &served{wait: time.Second / time.Duration(fps), sent: func(n int, at time.Time) {
					mu.Lock()
					defer mu.Unlock()
					sent[int64(n)*3600] = at
				}}
				address := s.start(t, nil)
				here := map[int64]time.Time{}
				ctx, end := context.WithTimeout(t.Context(), patience)
				defer end()
				h := &heard{end: end, enough: pictures(12), unit: func(u Unit) { here[u.PTS] = time.Now() }}
				Run(ctx, Source{URL: "rtsp://" + address + "/x", Transport: transport}, h)
				mu.Lock()
				defer mu.Unlock()
				quick, late, worst := 0, 0, time.Duration(0)
				for _, u := range h.pictures {
					if u.Late {
						late++
						continue
					}
					took := here[u.PTS].Sub(sent[u.PTS])
					worst = max(worst, took)
					if took <= 10*time.Millisecond {
						quick++
					}
				}
				t.Logf("%d of %d within 10 ms, worst %s", quick, len(h.pictures)-late, worst)
				if late > 1 || quick < (len(h.pictures)-late)/2 || len(h.pictures) < 12 {
					t.Errorf("%d of %d pictures within 10 ms, %d late", quick, len(h.pictures), late)
				}
			})
		}
	}
}

// TestSound: AAC comes as frames, all else as it was sent; what the camera wants
// to be sent is left out, and the picture comes with each.
func TestSound(t *testing.T) {
	lc := &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2}
	aac := &format.MPEG4Audio{PayloadTyp: 97, Config: lc, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3}
	alaw := &format.G711{PayloadTyp: 8, SampleRate: 8000, ChannelCount: 1}
	media := func(f format.Format, back bool) *description.Media {
		return &description.Media{Type: description.MediaTypeAudio, IsBackChannel: back, Formats: []format.Format{f}}
	}
	encoder := &rtpmpeg4audio.Encoder{PayloadType: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3}
	if err := encoder.Init(); err != nil {
		t.Fatal(err)
	}
	frames := func(n int) []*rtp.Packet {
		all, err := encoder.Encode([][]byte{{0x21, byte(n)}, {0x22, byte(n)}})
		if err != nil {
			t.Error(err)
		}
		for _, p := range all {
			p.Timestamp = uint32(n * 2048)
		}
		return all
	}
	law := func(n int) []*rtp.Packet {
		return []*rtp.Packet{{Payload: []byte{1, 2, 3, byte(n)}, Header: rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: uint16(n), Timestamp: uint32(n * 320), SSRC: 9}}}
	}
	both := func(h *heard) bool { return len(h.pictures) >= 30 && len(h.sounds) >= 10 }
	for name, c := range map[string]struct {
		medias []*description.Media
		sounds func(int) []*rtp.Packet
		enough func(*heard) bool
		check  func(*testing.T, *heard)
	}{
		"AAC": {[]*description.Media{media(aac, false)}, frames, both, func(t *testing.T, h *heard) {
			s := h.Sound
			if s == nil || s.Codec != "aac" || s.Raw || s.Rate != 48000 || s.ClockRate != 48000 || s.Channels != 2 || fmt.Sprintf("%x", s.Config) != "1190" {
				t.Fatalf("%+v", s)
			}
			for n, u := range h.sounds {
				if u.Data[0] != 0x21+byte(n%2) || n > 0 && u.PTS-h.sounds[n-1].PTS != 1024 {
					t.Errorf("frame %d: %x at %d", n, u.Data, u.PTS)
				}
			}
		}},
		"G.711": {[]*description.Media{media(alaw, false)}, law, both, func(t *testing.T, h *heard) {
			s := h.Sound
			if s == nil || s.Codec != "pcma" || !s.Raw || s.ClockRate != 8000 || s.Channels != 1 || s.PayloadType != 8 || s.RTPMap != "PCMA/8000" {
				t.Fatalf("%+v", s)
			}
			for n, u := range h.sounds {
				if len(u.Data) != 4 || u.Data[0] != 1 || n > 0 && u.PTS-h.sounds[n-1].PTS != 320 {
					t.Errorf("packet %d: %x at %d", n, u.Data, u.PTS)
				}
			}
		}},
		"talk-back alone": {[]*description.Media{media(alaw, true)}, nil, pictures(30), func(t *testing.T, h *heard) {
			if h.Sound != nil || h.SoundLeftOut == "" {
				t.Errorf("%+v", h.Description)
			}
		}},
		"none": {nil, nil, pictures(30), func(t *testing.T, h *heard) {
			if h.Sound != nil || h.SoundLeftOut == "" {
				t.Errorf("%+v", h.Description)
			}
		}},
	} {
		for _, transport := range []string{TCP, UDP} {
			t.Run(name+" "+transport, func(t *testing.T) {
				s := &served{sounds: c.sounds, desc: &description.Session{Medias: append([]*description.Media{pictureMedia()}, c.medias...)}}
				address := s.start(t, nil)
				h, err := listenTo(t, Source{URL: "rtsp://" + address + "/x", Sound: true, Transport: transport}, c.enough)
				if err != nil {
					t.Fatal(err)
				}
				want(t, h.pictures, s.units, int(h.pictures[0].PTS/3600)) // it may join a moment late
				c.check(t, h)
			})
		}
	}
}

// TestReordered: pictures that are shown in another order than they are sent
// have time stamps for decoding that rise and are never behind.
func TestReordered(t *testing.T) {
	for name, args := range map[string]string{
		"h264": x264 + " -bf 2",
		"h265": "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=10:bframes=2:pools=1:frame-threads=1:open-gop=0",
	} {
		t.Run(name, func(t *testing.T) {
			c := codecs[name]
			units := encoded(t, c, args)
			order := shown(t, c, args)
			f := &fake{units: units, change: func(n int, all []*rtp.Packet) []*rtp.Packet {
				for _, p := range all {
					p.Timestamp = uint32(order[n%len(order)]*3600 + n/len(order)*len(order)*3600)
				}
				return all
			}}
			f.codec = c
			f.sdp = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 " + name + "/90000\r\na=control:1\r\n"
			f.start(t)
			h, err := listenTo(t, Source{URL: "rtsp://" + f.address + "/"}, pictures(40))
			if err != nil {
				t.Fatal(err)
			}
			want(t, h.pictures, units, 0)
			reordered := false
			for n, u := range h.pictures {
				if u.DTS > u.PTS {
					t.Errorf("picture %d: PTS %d before DTS %d", n, u.PTS, u.DTS)
				}
				reordered = reordered || n > 0 && u.PTS < h.pictures[n-1].PTS
			}
			if !reordered || h.Codec != name || h.Width != 320 {
				t.Errorf("reordered %t, %+v", reordered, h.Description)
			}
		})
	}
}
