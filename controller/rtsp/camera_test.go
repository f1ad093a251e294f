package rtsp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph265"
	"github.com/pion/rtp"
)

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

const x264 = "-c:v libx264 -preset ultrafast -threads 1 -g 10 -sc_threshold 0"

// encoded are the pictures that ffmpeg makes, as NAL units, 2 s at 25 per second.
func encoded(t testing.TB, c codec, args string) [][][]byte {
	t.Helper()
	all := append(strings.Fields("-nostdin -loglevel error -f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -pix_fmt yuv420p"), strings.Fields(args)...)
	out, err := exec.Command("ffmpeg", append(all, "-f", map[int]string{1: "h264", 2: "hevc"}[c.header], "pipe:1")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var units [][][]byte
	picture := true
	for nal := range bytes.SplitSeq(out, startCode) {
		if nal = bytes.TrimRight(nal, "\x00"); len(nal) < c.header {
			continue
		}
		k := c.kindOf(nal)
		if picture && (k.opens || k.slice && k.first) {
			units, picture = append(units, nil), false
		}
		units[len(units)-1] = append(units[len(units)-1], nal)
		picture = picture || k.slice
	}
	return units
}

var plainH264 = sync.OnceValue(func() [][][]byte { return encoded(&testing.T{}, codecs["h264"], x264+" -tune zerolatency") })

// shown is when each of the pictures of encoded is shown, as their number.
func shown(t testing.TB, c codec, args string) []int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.mp4")
	all := append(strings.Fields("-nostdin -loglevel error -f lavfi -i testsrc2=size=320x180:rate=25:duration=2 -pix_fmt yuv420p"), strings.Fields(args)...)
	if out, err := exec.Command("ffmpeg", append(all, path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	out, err := exec.Command("ffprobe", "-loglevel", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	for _, line := range strings.Fields(string(out)) {
		at, err := strconv.ParseFloat(strings.Trim(line, ","), 64)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, int(math.Round(at*25)))
	}
	first := slices.Min(numbers)
	for n := range numbers {
		numbers[n] -= first
	}
	return numbers
}

// data is what a unit of these NAL units holds.
func data(units [][]byte) []byte {
	var b []byte
	for _, u := range units {
		b = append(b, byte(len(u)>>24), byte(len(u)>>16), byte(len(u)>>8), byte(len(u)))
		b = append(b, u...)
	}
	return b
}

// packetised are the packets of a picture, the last with the marker.
func packetised(t testing.TB, c codec, unit [][]byte) []*rtp.Packet {
	t.Helper()
	var packets []*rtp.Packet
	var err error
	if c.header == 2 {
		e := &rtph265.Encoder{PayloadType: 96}
		err = errors.Join(e.Init())
		packets, _ = e.Encode(unit)
	} else {
		e := &rtph264.Encoder{PayloadType: 96, PacketizationMode: 1}
		err = errors.Join(e.Init())
		packets, _ = e.Encode(unit)
	}
	if err != nil || len(packets) == 0 {
		t.Fatal("no packets", err)
	}
	return packets
}

// fake is a camera whose answers a test writes.
type fake struct {
	*testing.T
	sdp    string
	base   string                                              // Content-Base
	answer func(*base.Request) string                          // "": as usual; "hang up", "silence"
	spoken func(c net.Conn, q *base.Request, said string) bool // it has said that
	units  [][][]byte
	codec                                               // of units; H.264 if there is none
	wait   time.Duration                                // between pictures
	change func(n int, all []*rtp.Packet) []*rtp.Packet // of picture n
	after  func(net.Conn, int)                          // picture n

	address          string
	open, most, came atomic.Int32
	mu               sync.Mutex
	requests         []*base.Request
}

const plainSDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:trackID=1\r\n"

// start lets the camera listen; its address is without rtsp://.
func (f *fake) start(t *testing.T) *fake {
	f.T = t
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.address = l.Addr().String()
	f.serve(l)
	return f
}

func (f *fake) serve(l net.Listener) {
	if f.name == "" {
		f.codec = codecs["h264"]
	}
	if f.units == nil {
		f.units = plainH264()
	}
	if f.sdp == "" {
		f.sdp = plainSDP
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	f.Cleanup(func() { cancel(); l.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.came.Add(1)
			// That the one before is closed may be seen a moment later here.
			for end := time.Now().Add(time.Second); f.open.Load() > 0 && time.Now().Before(end); {
				runtime.Gosched()
			}
			f.most.Store(max(f.most.Load(), f.open.Add(1)))
			all.Go(func() {
				stop := context.AfterFunc(ctx, func() { c.Close() })
				f.talk(ctx, c)
				stop()
				f.open.Add(-1)
				c.Close()
			})
		}
	})
}

// talk answers the requests of one connection.
func (f *fake) talk(ctx context.Context, c net.Conn) {
	r := bufio.NewReader(c)
	var playing sync.WaitGroup
	defer playing.Wait()
	defer c.Close()
	for {
		var q base.Request
		if b, err := r.Peek(1); err == nil && b[0] == '$' {
			var i base.InterleavedFrame
			if i.Unmarshal(r) != nil {
				return
			}
			continue
		}
		if q.Unmarshal(r) != nil {
			return
		}
		f.mu.Lock()
		f.requests = append(f.requests, &q)
		said := ""
		if f.answer != nil {
			said = f.answer(&q)
		}
		f.mu.Unlock()
		switch {
		case said == "hang up":
			return
		case said == "silence":
			continue
		case said == "":
			said = f.usual(&q)
		}
		said = strings.Replace(said, "\r\n", "\r\nCSeq: "+first(q.Header["CSeq"])+"\r\n", 1)
		if f.spoken != nil && f.spoken(c, &q, said) {
			continue
		}
		if _, err := c.Write([]byte(said)); err != nil || q.Method == base.Teardown {
			return
		}
		if q.Method == base.Play && strings.HasPrefix(said, "RTSP/1.0 200") {
			playing.Go(func() { f.play(ctx, c) })
		}
	}
}

func ok(headers string) string { return "RTSP/1.0 200 OK\r\n" + headers + "\r\n" }

func (f *fake) usual(q *base.Request) string {
	switch q.Method {
	case base.Options:
		return ok("Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n")
	case base.Describe:
		headers := "Content-Type: application/sdp\r\n"
		if f.base != "" {
			headers += "Content-Base: " + f.base + "\r\n"
		}
		return ok(headers+fmt.Sprintf("Content-Length: %d\r\n", len(f.sdp))) + f.sdp
	case base.Setup:
		return ok("Session: 1;timeout=60\r\nTransport: " + first(q.Header["Transport"]) + "\r\n")
	}
	return ok("Session: 1\r\n")
}

// play sends pictures for ever.
func (f *fake) play(ctx context.Context, c net.Conn) {
	sequence := uint16(65500)
	for n := 0; ctx.Err() == nil; n++ {
		packets := packetised(f, f.codec, f.units[n%len(f.units)])
		for _, p := range packets {
			p.SequenceNumber, p.Timestamp, p.SSRC = sequence, uint32(4294900000+n*3600), 7
			sequence++
		}
		if f.change != nil {
			packets = f.change(n, packets)
		}
		for _, p := range packets {
			b, _ := p.Marshal()
			frame, _ := base.InterleavedFrame{Channel: 0, Payload: b}.Marshal()
			if _, err := c.Write(frame); err != nil {
				return
			}
		}
		if f.after != nil {
			f.after(c, n)
		}
		if f.wait > 0 {
			select {
			case <-time.After(f.wait):
			case <-ctx.Done():
			}
		}
	}
}

// asked are the requests of a method that came.
func (f *fake) asked(m base.Method) (all []*base.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, q := range f.requests {
		if q.Method == m {
			all = append(all, q)
		}
	}
	return all
}

// heard is a Handler that keeps all, and ends Run when it has enough.
type heard struct {
	Description
	described int
	waited    int // pictures before the first
	pictures  []Unit
	sounds    []Unit
	reports   []SenderReport
	enough    func(*heard) bool
	end       context.CancelFunc
	unit      func(Unit)
}

func (h *heard) Described(d Description) { h.Description = d; h.described++ }
func (h *heard) Waits(time.Time)         { h.waited++ }
func (h *heard) Report(r SenderReport)   { h.reports = append(h.reports, r); h.check() }
func (h *heard) Unit(u Unit) {
	if h.unit != nil {
		h.unit(u)
	}
	if u.Track == Sound {
		h.sounds = append(h.sounds, u)
	} else {
		h.pictures = append(h.pictures, u)
	}
	h.check()
}

func (h *heard) check() {
	if h.enough(h) {
		h.end()
	}
}

// pictures is enough when there are so many.
func pictures(n int) func(*heard) bool { return func(h *heard) bool { return len(h.pictures) >= n } }

// listenTo runs until there is enough; the error is nil then.
func listenTo(t *testing.T, s Source, enough func(*heard) bool) (*heard, error) {
	t.Helper()
	return listenWithin(t, s, enough, usual)
}

func listenWithin(t *testing.T, s Source, enough func(*heard) bool, l limits) (*heard, error) {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), patience)
	defer end()
	h := &heard{enough: enough, end: end}
	err := run(ctx, s, h, l)
	if errors.Is(err, context.Canceled) && h.enough(h) {
		err = nil
	}
	return h, err
}

// want are pictures of a camera, which must come as they were sent.
func want(t *testing.T, got []Unit, sent [][][]byte, from int) {
	t.Helper()
	for n, u := range got {
		if !bytes.Equal(u.Data, data(sent[(from+n)%len(sent)])) {
			t.Fatalf("picture %d is not as it was sent", n)
		}
		if n > 0 && u.DTS <= got[n-1].DTS {
			t.Errorf("picture %d: DTS %d after %d", n, u.DTS, got[n-1].DTS)
		}
	}
}

// code is an Error's, and whether ffmpeg may read the camera.
func code(err error) (string, bool) {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code, e.FFmpeg
	}
	return fmt.Sprint(err), false
}
