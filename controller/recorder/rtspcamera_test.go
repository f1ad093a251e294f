package recorder

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/auth"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	sdp "github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph265"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
	"github.com/pion/rtp"
)

// rtspCamera is a camera made of gortsplib's server. It sends H.264 at a constant
// rate, whoever looks.
type rtspCamera struct {
	fps       int
	login     []auth.VerifyMethod  // in which of these ways it wants admin and gr8-secret; nil: it doesn't
	udpOnly   bool                 // 461 to TCP
	medias    []*description.Media // beside the picture
	noMarker  bool
	noReports bool        // RTCP sender reports
	flash     bool        // its G.711 is a tone in each second second, of 25 pictures a second
	h265      bool        // it sends H.265, of which show must be given pictures
	sound     *codedSound // beside the picture; nil: there is none but that of medias

	stamped func(n int) float64       // what the time stamp of a picture says, seconds; nil: when it is due
	ahead   func(n int) float64       // by how much its sound is stamped ahead beside a picture, seconds; nil: it is not
	due     func(n int) time.Duration // when a picture is sent, after the first; nil: at the constant rate

	server  *gortsplib.Server
	stream  *gortsplib.ServerStream
	address string
	picture atomic.Pointer[[][][]byte] // pictures, as NAL units, again and again
	stall   atomic.Bool
	frames  int // of AAC, sent so far

	mu    sync.Mutex
	keys  []time.Time // when key frames had been sent
	sent  []time.Time // when pictures had been sent, by their numbers
	conns int         // so far
	open  int         // now
	most  int         // at a time
}

func (c *rtspCamera) OnConnOpen(*gortsplib.ServerHandlerOnConnOpenCtx) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns, c.open = c.conns+1, c.open+1
	c.most = max(c.most, c.open)
}

func (c *rtspCamera) OnConnClose(*gortsplib.ServerHandlerOnConnCloseCtx) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
}

// OnStreamWriteError is of a client that does not read in time: it gets no more.
func (c *rtspCamera) OnStreamWriteError(*gortsplib.ServerHandlerOnStreamWriteErrorCtx) {}

// connections are how many there were, and how many at a time.
func (c *rtspCamera) connections() (all, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conns, c.most
}

func (c *rtspCamera) OnDescribe(x *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if c.login != nil && !x.Conn.VerifyCredentials(x.Request, "admin", "gr8-secret") {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *rtspCamera) OnSetup(x *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if c.udpOnly && x.Transport.Protocol == gortsplib.ProtocolTCP {
		return &base.Response{StatusCode: base.StatusUnsupportedTransport}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *rtspCamera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// sentKeys are when key frames had been sent so far.
func (c *rtspCamera) sentKeys() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.keys)
}

// begin serves until the test ends; it returns the camera's address.
func (c *rtspCamera) begin(t *testing.T) string {
	t.Helper()
	if c.sound != nil {
		c.medias = append(c.medias, &description.Media{Type: description.MediaTypeAudio, Formats: []sdp.Format{c.sound.format}})
	}
	if c.picture.Load() == nil {
		c.show(h264Pictures(t, "320x180", "-g", fmt.Sprint(c.fps)))
	}
	picture := &description.Media{Type: description.MediaTypeVideo, Formats: []sdp.Format{&sdp.H264{PayloadTyp: 96, PacketizationMode: 1}}}
	if c.h265 {
		picture.Formats[0] = &sdp.H265{PayloadTyp: 96}
	}
	given := c.address != ""
	for port := 31000; ; port += 2 { // UDP wants two ports in a row
		if !given {
			c.address = fmt.Sprintf("127.0.0.1:%d", port)
		}
		c.server = &gortsplib.Server{Handler: c, RTSPAddress: c.address, AuthMethods: c.login, DisableRTCPSenderReports: c.noReports, WriteQueueSize: 4096,
			UDPRTPAddress: fmt.Sprintf("127.0.0.1:%d", port+10000), UDPRTCPAddress: fmt.Sprintf("127.0.0.1:%d", port+10001)}
		if c.server.Start() == nil {
			break
		}
		if port > 32000 {
			t.Fatal("no port is free")
		}
	}
	c.stream = &gortsplib.ServerStream{Server: c.server, Desc: &description.Session{Medias: append([]*description.Media{picture}, c.medias...)}}
	if err := c.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var sending sync.WaitGroup
	sending.Go(func() { c.send(ctx) })
	t.Cleanup(func() { cancel(); sending.Wait(); c.stream.Close(); c.server.Close() })
	return "rtsp://" + c.address + "/live"
}

func (c *rtspCamera) show(pictures [][][]byte) { c.picture.Store(&pictures) }

func (c *rtspCamera) send(ctx context.Context) {
	h264, h265 := &rtph264.Encoder{PayloadType: 96, PacketizationMode: 1}, &rtph265.Encoder{PayloadType: 96}
	h264.Init()
	h265.Init()
	encode := h264.Encode
	if c.h265 {
		encode = h265.Encode
	}
	begun := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		if pictures := *c.picture.Load(); !c.stall.Load() {
			stamp := uint32(n * 90000 / c.fps)
			if c.stamped != nil {
				stamp = uint32(int64(math.Round(c.stamped(n) * 90000)))
			}
			units := pictures[n%len(pictures)]
			if !c.h265 {
				units = append([][]byte{numberOfPicture(n)}, units...)
			}
			c.sendPicture(encode, units, stamp)
			c.mu.Lock()
			c.sent = append(c.sent, time.Now())
			c.mu.Unlock()
		}
		c.sendSound(n)
		awaitPicture(ctx, begun, n+1, c.fps, c.due)
	}
}

// numberOf begins the message that numbers a picture (ISO 14496-10, D.1.6).
const numberOf = "\x06\x05\x18the picture's no"

// numberOfPicture is a message that tells a picture's number.
func numberOfPicture(n int) []byte { return fmt.Appendf(nil, "%s%08d\x80", numberOf, n) }

// sentAt are when pictures had been sent so far, by their numbers.
func (c *rtspCamera) sentAt() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

func (c *rtspCamera) sendPicture(encode func([][]byte) ([]*rtp.Packet, error), units [][]byte, stamp uint32) {
	packets, _ := encode(units)
	for _, p := range packets {
		p.Timestamp = stamp
		p.Marker = p.Marker && !c.noMarker
		c.stream.WritePacketRTP(c.stream.Desc.Medias[0], p)
	}
	if slices.ContainsFunc(units, func(nal []byte) bool { return nal[0]&0x1f == nalIDR }) {
		c.mu.Lock()
		c.keys = append(c.keys, time.Now())
		c.mu.Unlock()
	}
}

// sentSound is a frame of AAC, silent, and yet not the one that stands for what is missing.
var sentSound = []byte{0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80, 'L', 'o', 'o', 'k'}

// sendSound sends silence as G.711, or AAC, to the picture n.
func (c *rtspCamera) sendSound(n int) {
	ahead := 0.0
	if c.ahead != nil {
		ahead = c.ahead(n)
	}
	for _, m := range c.medias {
		if c.sound != nil && m.Formats[0] == c.sound.format {
			c.sound.send(c.stream, m, time.Duration(n)*time.Second/time.Duration(c.fps))
			continue
		}
		if f, ok := m.Formats[0].(*sdp.MPEG4Audio); ok {
			for ; c.frames*1024 < n*f.ClockRate()/c.fps; c.frames++ {
				frame := sentSound
				c.stream.WritePacketRTP(m, &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(c.frames), Timestamp: uint32(c.frames*1024 + int(ahead*float64(f.ClockRate()))), SSRC: 9, PayloadType: 97},
					Payload: append([]byte{0, 16, 0, byte(len(frame) << 3)}, frame...)})
			}
			continue
		}
		p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(n), SSRC: 9, PayloadType: m.Formats[0].PayloadType()}}
		p.Timestamp = uint32(n * m.Formats[0].ClockRate() / c.fps)
		p.Payload = bytes.Repeat([]byte{0xd5}, m.Formats[0].ClockRate()/c.fps)
		if c.flash && n%50 >= 25 {
			for i := range p.Payload {
				p.Payload[i] = []byte{0x2a, 0xaa}[i/4%2]
			}
		}
		if !m.IsBackChannel {
			c.stream.WritePacketRTP(m, p)
		}
	}
}

// h265Pictures are two seconds of 25 pictures each of H.265, as NAL units.
func h265Pictures(t *testing.T) (pictures [][][]byte) {
	t.Helper()
	out, err := exec.Command("ffmpeg", strings.Fields("-nostdin -loglevel error -f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -pix_fmt yuv420p -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=25:bframes=0:aud=1:repeat-headers=1:pools=1 -f hevc pipe:1")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return picturesIn(out, func(nal []byte) bool { return nal[0]>>1&0x3f == 35 })
}

// h264Pictures are two seconds of 25 pictures each of H.264, as NAL units.
func h264Pictures(t *testing.T, size string, args ...string) [][][]byte {
	t.Helper()
	return h264Of(t, nil, append(strings.Fields("-f lavfi -i testsrc2=size="+size+":rate=25:duration=2 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -tune zerolatency -threads 1 -sc_threshold 0"), args...)...)
}

// h264Of are the pictures that ffmpeg makes of what it is given, as NAL units.
func h264Of(t *testing.T, in io.Reader, args ...string) (pictures [][][]byte) {
	t.Helper()
	cmd := exec.Command("ffmpeg", slices.Concat([]string{"-nostdin", "-loglevel", "error"}, args, strings.Fields("-bsf:v h264_metadata=aud=insert -f h264 pipe:1"))...)
	cmd.Stdin = in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return picturesIn(out, func(nal []byte) bool { return nal[0]&0x1f == nalDelimiter })
}

// picturesIn are those of a byte stream, each behind a delimiter.
func picturesIn(stream []byte, delimits func(nal []byte) bool) (pictures [][][]byte) {
	for nal := range bytes.SplitSeq(stream, []byte{0, 0, 1}) {
		switch nal = bytes.TrimRight(nal, "\x00"); {
		case len(nal) == 0:
		case delimits(nal):
			pictures = append(pictures, nil)
		default:
			pictures[len(pictures)-1] = append(pictures[len(pictures)-1], nal)
		}
	}
	return pictures
}
