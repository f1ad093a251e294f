package recorder

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// streamCamera is a camera that ffmpeg reads: it sends the numbered pictures of an
// [rtspCamera] in a container.
type streamCamera struct {
	container string // ts, flv, udp (TS in datagrams) or hls
	fps       int
	stamped   func(n int) float64       // as of rtspCamera
	due       func(n int) time.Duration // likewise
	pictures  [][][]byte
	burst     int // pictures that whoever connects is sent at once, from a key frame on

	mu       sync.Mutex
	sent     []time.Time
	media    [][]byte // of the last pictures, by number less first
	keys     []bool
	first    int
	news     chan struct{} // closed when there is another picture
	segments []hlsSegment  // complete ones
	open     hlsSegment
}

// hlsSegment is a segment, and how long its stamps say that it is, seconds.
type hlsSegment struct {
	data  []byte
	began float64
	lasts float64
}

// sentAt are when pictures had been sent so far, by their numbers.
func (c *streamCamera) sentAt() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Time(nil), c.sent...)
}

// begin serves until the test ends; it returns the camera's address.
func (c *streamCamera) begin(t *testing.T) string {
	t.Helper()
	c.pictures = h264Pictures(t, "320x180", "-g", fmt.Sprint(c.fps))
	c.news = make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	var sending sync.WaitGroup
	address := ""
	var datagrams net.Conn
	if c.container == "udp" {
		port := freeUDP(t)
		datagrams, _ = net.Dial("udp", fmt.Sprint("127.0.0.1:", port))
		address = fmt.Sprint("udp://127.0.0.1:", port)
	} else {
		server := httptest.NewServer(http.HandlerFunc(c.serve))
		t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
		address = server.URL + "/stream." + map[string]string{"ts": "ts", "flv": "flv", "hls": "m3u8"}[c.container]
	}
	sending.Go(func() { c.send(ctx, datagrams) })
	t.Cleanup(func() { cancel(); sending.Wait() })
	return address
}

// freeUDP is a port that nobody has.
func freeUDP(t *testing.T) int {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).Port
}

// streamKept is how many pictures are kept for those who have not had them.
const streamKept = 2000

func (c *streamCamera) send(ctx context.Context, datagrams net.Conn) {
	muxer := &tsMuxer{}
	begun := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		units := append([][]byte{numberOfPicture(n)}, c.pictures[n%len(c.pictures)]...)
		key := units[len(units)-1][0]&0x1f == nalIDR
		stamp := float64(n) / float64(c.fps)
		if c.stamped != nil {
			stamp = c.stamped(n)
		}
		data := []byte(nil)
		if c.container == "flv" {
			data = flvPicture(units, stamp, key)
		} else {
			data = muxer.picture(units, stamp, key)
		}
		c.mu.Lock()
		c.sent = append(c.sent, time.Now())
		if c.media, c.keys = append(c.media, data), append(c.keys, key); len(c.media) > streamKept {
			c.media, c.keys, c.first = c.media[1:], c.keys[1:], c.first+1
		}
		c.segment(data, stamp, key)
		close(c.news)
		c.news = make(chan struct{})
		c.mu.Unlock()
		for datagrams != nil && len(data) > 0 {
			size := min(len(data), 7*188)
			datagrams.Write(data[:size])
			data = data[size:]
		}
		awaitPicture(ctx, begun, n+1, c.fps, c.due)
	}
}

// awaitPicture waits until a test's camera is to send its n-th picture: by its rate, or
// as due says.
func awaitPicture(ctx context.Context, begun time.Time, n, fps int, due func(n int) time.Duration) {
	next := time.Duration(n) * time.Second / time.Duration(fps)
	if due != nil {
		next = due(n)
	}
	select {
	case <-time.After(time.Until(begun.Add(next))):
	case <-ctx.Done():
	}
}

// segment makes a segment of HLS from each key frame to the next.
func (c *streamCamera) segment(data []byte, stamp float64, key bool) {
	if key && len(c.open.data) > 0 {
		c.open.lasts = math.Abs(stamp - c.open.began)
		c.segments = append(c.segments, c.open)
		c.open = hlsSegment{}
	}
	if len(c.open.data) == 0 {
		c.open.began = stamp
	}
	c.open.data = append(c.open.data, data...)
}

func (c *streamCamera) serve(w http.ResponseWriter, r *http.Request) {
	if c.container == "hls" {
		c.serveHLS(w, r)
		return
	}
	if c.container == "flv" {
		w.Header().Set("Content-Type", "video/x-flv")
		w.Write(flvHead(c.pictures[0]))
	} else {
		w.Header().Set("Content-Type", "video/mp2t")
	}
	next := -1
	for r.Context().Err() == nil {
		c.mu.Lock()
		last, news := c.first+len(c.media), c.news
		var data []byte
		for n := max(c.first, last-1-c.burst); next < 0 && n < last; n++ {
			if c.keys[n-c.first] {
				next = n
			}
		}
		if next >= 0 {
			data = bytes.Join(c.media[max(0, next-c.first):], nil)
			next = last
		}
		c.mu.Unlock()
		if len(data) > 0 {
			w.Write(data)
			w.(http.Flusher).Flush()
		}
		select {
		case <-news:
		case <-r.Context().Done():
		}
	}
}

// hlsListed is how many segments a playlist has.
const hlsListed = 6

func (c *streamCamera) serveHLS(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	if _, err := fmt.Sscanf(r.URL.Path, "/%d.ts", &n); err == nil {
		if n >= len(c.segments) || n < len(c.segments)-2*hlsListed {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "video/mp2t")
		w.Write(c.segments[n].data)
		return
	}
	first := max(0, len(c.segments)-hlsListed)
	longest := 1.0
	var list strings.Builder
	for i, s := range c.segments[first:] {
		longest = max(longest, s.lasts)
		fmt.Fprintf(&list, "#EXTINF:%.3f,\n%d.ts\n", s.lasts, first+i)
	}
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n%s", int(math.Ceil(longest)), first, list.String())
}

// tsMuxer puts pictures into a transport stream (ISO 13818-1).
type tsMuxer struct{ counters map[int]byte }

const tsVideo = 0x100

// packets are a payload in packets of 188 bytes.
func (m *tsMuxer) packets(pid int, payload []byte) []byte {
	var out bytes.Buffer
	for start := true; len(payload) > 0; start = false {
		head := []byte{0x47, byte(pid >> 8), byte(pid), 0x10 | m.counters[pid]&0x0f}
		m.counters[pid]++
		if start {
			head[1] |= 0x40
		}
		if fill := 184 - len(payload); fill > 0 {
			head[3] |= 0x20
			field := append([]byte{byte(fill - 1), 0}, bytes.Repeat([]byte{0xff}, fill)...)
			head = append(head, field[:fill]...)
		}
		size := 188 - len(head)
		out.Write(head)
		out.Write(payload[:size])
		payload = payload[size:]
	}
	return out.Bytes()
}

func (m *tsMuxer) picture(units [][]byte, stamp float64, key bool) (out []byte) {
	if m.counters == nil {
		m.counters = map[int]byte{}
	}
	section := func(pid int, table byte, body []byte) {
		s := append([]byte{table, 0xb0, byte(len(body) + 9), 0, 1, 0xc1, 0, 0}, body...)
		s = append([]byte{0}, binary.BigEndian.AppendUint32(s, mpegCRC(s))...)
		out = append(out, m.packets(pid, append(s, bytes.Repeat([]byte{0xff}, 184-len(s))...))...)
	}
	if key {
		section(0, 0, []byte{0, 1, 0xf0, 0})
		section(0x1000, 2, []byte{0xe0 | tsVideo>>8, tsVideo & 0xff, 0xf0, 0, 0x1b, 0xe0 | tsVideo>>8, tsVideo & 0xff, 0xf0, 0})
	}
	pts := uint64(int64(math.Round(stamp*90000))) & (1<<33 - 1)
	pes := []byte{0, 0, 1, 0xe0, 0, 0, 0x84, 0x80, 5, 0x21 | byte(pts>>30)<<1, byte(pts >> 22), byte(pts>>15)<<1 | 1, byte(pts >> 7), byte(pts)<<1 | 1}
	pes = append(pes, 0, 0, 0, 1, 9, 0xf0)
	for _, nal := range units {
		pes = append(append(pes, 0, 0, 0, 1), nal...)
	}
	return append(out, m.packets(tsVideo, pes)...)
}

// flvTag is a tag of video.
func flvTag(stamp float64, body []byte) []byte {
	ms := uint32(int64(math.Round(stamp * 1000)))
	head := []byte{tagPicture, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body)), byte(ms >> 16), byte(ms >> 8), byte(ms), byte(ms >> 24), 0, 0, 0}
	return binary.BigEndian.AppendUint32(append(head, body...), uint32(len(body)+11))
}

// flvHead begins a file, with the parameter sets that a key frame has.
func flvHead(key [][]byte) []byte {
	var sps, pps []byte
	for _, nal := range key {
		switch nal[0] & 0x1f {
		case nalSPS:
			sps = nal
		case 8:
			pps = nal
		}
	}
	config := append([]byte{0x17, 0, 0, 0, 0, 1, sps[1], sps[2], sps[3], 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(sps)))...)
	config = append(append(config, sps...), 1, byte(len(pps)>>8), byte(len(pps)))
	return append([]byte("FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00"), flvTag(0, append(config, pps...))...)
}

func flvPicture(units [][]byte, stamp float64, key bool) []byte {
	body := []byte{0x27, 1, 0, 0, 0}
	if key {
		body[0] = 0x17
	}
	for _, nal := range units {
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(nal))), nal...)
	}
	return flvTag(stamp, body)
}
