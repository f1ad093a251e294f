package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/child"
)

// hostile are cameras that would have ffprobe take gigabytes.
func hostile(t *testing.T) string {
	zeros := make([]byte, 1<<20)
	mux := http.NewServeMux()
	mux.HandleFunc("/length", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=b")
		fmt.Fprint(w, "--b\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000000\r\n\r\n\xff\xd8\xff")
		for r.Context().Err() == nil {
			w.Write(zeros)
		}
	})
	tracks := manyTracks(7200)
	mux.HandleFunc("/tracks", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp2t")
		for r.Context().Err() == nil {
			w.Write(tracks)
		}
	})
	mux.HandleFunc("/endless.m3u8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n")
		line := []byte(strings.Repeat("#EXTINF:2,\nsegment.ts\n", 10000))
		for r.Context().Err() == nil {
			w.Write(line)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

// manyTracks is a transport stream of so many H.264 tracks, 180 in a program (ISO
// 13818-1, 2.4.4), with a packet of each.
func manyTracks(n int) []byte {
	const each = 180
	var out bytes.Buffer
	packet := func(pid int, start bool, payload []byte) {
		head := []byte{0x47, byte(pid >> 8), byte(pid), 0x10}
		if start {
			head[1] |= 0x40
		}
		out.Write(head)
		out.Write(payload)
		out.Write(bytes.Repeat([]byte{0xff}, 184-len(payload)))
	}
	section := func(pid int, table byte, id int, body []byte) {
		s := []byte{table, 0xb0 | byte((len(body)+9)>>8), byte(len(body) + 9), byte(id >> 8), byte(id), 0xc1, 0, 0}
		s = append(s, body...)
		s = append([]byte{0}, binary.BigEndian.AppendUint32(s, mpegCRC(s))...)
		for i := 0; i < len(s); i += 184 {
			packet(pid, i == 0, s[i:min(len(s), i+184)])
		}
	}
	const firstPID = 0x200
	var programs []byte
	for i := range n / each {
		programs = append(programs, byte((i+1)>>8), byte(i+1), 0xe0|byte((0x100+i)>>8), byte(0x100+i))
	}
	section(0, 0, 1, programs)
	for i := range n / each {
		first := firstPID + i*each
		body := []byte{0xe0 | byte(first>>8), byte(first), 0xf0, 0}
		for pid := first; pid < first+each; pid++ {
			body = append(body, 0x1b, 0xe0|byte(pid>>8), byte(pid), 0xf0, 0)
		}
		section(0x100+i, 2, i+1, body)
	}
	for pid := firstPID; pid < firstPID+n; pid++ {
		packet(pid, true, append([]byte{0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1, 0, 0, 0, 1, 0x41}, bytes.Repeat([]byte{0x9a}, 160)...))
	}
	return out.Bytes()
}

// mpegCRC is the checksum of a section (ISO 13818-1, annex A).
func mpegCRC(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b) << 24
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// largestChild is the most memory that a child of ours has taken so far, bytes.
func largestChild() (largest int64) {
	for _, pid := range children() {
		if pid, err := strconv.Atoi(pid); err == nil {
			largest = max(largest, child.Peak(pid))
		}
	}
	return largest
}

// A camera that sends what takes gigabytes is stopped and named, and another one
// goes on being recorded.
func TestHostileCamerasStayAlone(t *testing.T) {
	good, _ := start(t, "test:320x240@10")
	until(t, 30*time.Second, "a picture of the good camera", func() bool { return status(good).Last != nil })
	address := hostile(t)
	var bad []*Recorder
	culprits := map[string]string{"/length": camera.NoUsablePicture, "/tracks": camera.TooManyTracks, "/endless.m3u8": camera.TooMuchMemory}
	for path := range culprits {
		r, _ := start(t, address+path, func(r *Recorder) { r.foreign = "this is about ffmpeg" })
		bad = append(bad, r)
	}
	var largest int64
	until(t, 90*time.Second, "all of them to be named", func() bool {
		largest = max(largest, largestChild())
		return !slices.ContainsFunc(bad, func(r *Recorder) bool { return status(r).Code == "" })
	})
	named := time.Now()
	for _, r := range bad {
		s := status(r)
		t.Logf("%s: %s (%s) %q", r.URL, s.Code, s.Title, s.Log)
		if want := culprits[strings.TrimPrefix(r.URL, address)]; s.Code != want {
			t.Errorf("%s: %s, not %s", r.URL, s.Code, want)
		}
	}
	t.Logf("the largest child took %d MB", largest>>20)
	if largest > child.Memory(0)+64<<20 {
		t.Errorf("a child took %d MB", largest>>20)
	}
	until(t, 10*time.Second, "another picture of the good camera", func() bool {
		s := status(good)
		return s.Last != nil && s.Last.After(named)
	})
	if s := status(good); len(s.Restarts) > 0 {
		t.Errorf("the good camera was interrupted: %v", s.Restarts)
	}
}
