package recorder

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lookback/controller/camera"
)

// TestNothingIsLostByAnotherPlan: a camera over RTSP that goes on sending while another
// plan is made for it stays on its connection, and the next run begins in what came.
func TestNothingIsLostByAnotherPlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Recorder)
		other  []string // of its picture
		plan   string   // that is made for it
	}{
		"another size":  {noFFmpeg, []string{"640x360", "-g", "25"}, "copying H.264 640x360"},
		"to be encoded": {nil, []string{"320x180", "-g", "25", "-pix_fmt", "yuv422p"}, "encoding H.264"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 25}
			r, stop := start(t, cam.begin(t), func(r *Recorder) {
				if r.Log = discarded; c.change != nil {
					c.change(r)
				}
			})
			until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
			cam.show(h264Pictures(t, c.other[0], c.other[1:]...))
			until(t, 40*time.Second, "a new run", func() bool { return live(t, r, 1) && strings.Contains(status(r).Plan, c.plan) })
			stop()
			first, next := readRun(t, runs(t, r)[0]), readRun(t, runs(t, r)[1])
			if status(r).Restarts[camera.StreamChanged] != 1 || len(runs(t, r)) != 2 {
				t.Errorf("%d runs, %v", len(runs(t, r)), status(r).Restarts)
			}
			if all, _ := cam.connections(); all != 1 {
				t.Errorf("%d connections", all)
			}
			gap := time.UnixMicro(next.Epoch).Sub(time.UnixMicro(first.Epoch).Add(first.length()))
			t.Logf("between the runs lie %v", gap)
			before := first.numbers(t)
			first.datedAsSent(t, cam.sentAt())
			if gap.Abs() > 200*ms {
				t.Errorf("between the runs lie %v", gap)
			}
			if !strings.HasPrefix(c.plan, "copying") { // else encoding has taken the numbers out
				return
			}
			after := next.numbers(t)
			next.datedAsSent(t, cam.sentAt())
			if lost := after[0].number - before[len(before)-1].number - 1; lost != 0 {
				t.Errorf("%d pictures are lost", lost)
			}
		})
	}
}

// numberedH264 are the pictures from one number to another, each of which shows its own,
// in columns of so many pixels. The first is a key frame, and one in 25 behind it.
func numberedH264(t *testing.T, from, to, column int) [][][]byte {
	t.Helper()
	var in bytes.Buffer
	for n := range to - from {
		in.Write(numberedIn(from+n, column, false))
	}
	return h264Of(t, &in, "-f", "mjpeg", "-i", "pipe:0", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1", "-sc_threshold", "0", "-g", "25")
}

// TestNothingIsLostOfEncoded: a camera over RTSP whose pictures are encoded stays on its
// connection when their size or their rate change, and when copying ends. No more than
// 0.2 s of them are lost, and all are dated when they came.
func TestNothingIsLostOfEncoded(t *testing.T) {
	t.Parallel()
	const change = 350 // the number of the picture from which on it is another
	for name, c := range map[string]struct {
		column int // pixels, from then on
		due    func(int) time.Duration
		plans  [2]string
		code   string
	}{
		"another size": {16, nil, [2]string{"encoding H.264 128x16", "encoding H.264 256x32"}, camera.StreamChanged},
		"faster":       {8, changing(0, 25, change/25, 40), [2]string{"at 25 fps", "encoding H.264 128x16"}, camera.RateChanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onAQuietMachine(t, func() error {
				cam := &rtspCamera{fps: 25, due: c.due}
				if c.due != nil {
					cam.stamped = func(n int) float64 { return c.due(n).Seconds() }
				}
				cam.show(append(numberedH264(t, 0, change, 8), numberedH264(t, change, 3000, c.column)...))
				r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Quality, r.FFprobe, r.Log = 20, "/nowhere/ffprobe", discarded })
				until(t, 40*time.Second, c.plans[0], func() bool { return strings.Contains(status(r).Plan, c.plans[0]) })
				until(t, 60*time.Second, "a new run", func() bool {
					return live(t, r, 1) && segments(t, r, 1) >= 3 && strings.Contains(status(r).Plan, c.plans[1])
				})
				stop()
				if all, _ := cam.connections(); status(r).Restarts[c.code] != 1 || len(runs(t, r)) != 2 || all != 1 {
					t.Fatalf("%d runs, %v, %d connections", len(runs(t, r)), status(r).Restarts, all)
				}
				return lostBetween(t, runs(t, r), cam.sentAt())
			})
		})
	}
}

// lostBetween tells by an error that between two runs more than 0.2 s of pictures are
// missing, or that some are dated otherwise than they were sent.
func lostBetween(t *testing.T, dirs []string, sent []time.Time) error {
	t.Helper()
	seen, last, next, off := map[int]bool{}, 0, 0, 0
	var worst time.Duration
	for i, dir := range dirs {
		run := readRun(t, dir)
		infos := slices.Concat(run.segments...)
		for k, n := range numbersOf(t, "mp4", run.stream(t)) {
			if n >= len(sent) {
				return fmt.Errorf("a picture has the number %d", n)
			}
			switch {
			case i == 0:
				last = n
			case next == 0:
				next = n
			}
			if seen[n] {
				continue
			}
			seen[n] = true
			d := infos[k].PRFT.Sub(sent[n])
			if d.Abs() > worst.Abs() {
				worst = d
			}
			if d.Abs() > 500*ms {
				off++
			}
		}
	}
	lost := sent[next].Sub(sent[last+1])
	t.Logf("after picture %d comes %d, %v later than the next; one is dated %v off", last, next, lost, worst)
	if lost > 200*ms || next <= last || off > 0 {
		return fmt.Errorf("after picture %d comes %d: %v are lost; %d are dated wrongly, one is %v off", last, next, lost, off, worst)
	}
	return nil
}

// TestIdlingJPEGs: of a camera over HTTP that sends a picture a second while nothing moves
// each is dated when it was sent, also when something does. Its full rate is planned
// for within seconds. No run begins before the one ahead of it has ended.
func TestIdlingJPEGs(t *testing.T) {
	t.Parallel()
	onAQuietMachine(t, func() error {
		due := changing(0, 1, 8, 15, 26, 1)
		cam := newNumberedCamera(due)
		defer cam.close()
		r, stop := start(t, cam.url, func(r *Recorder) { r.FFprobe, r.Log = "/nowhere/ffprobe", discarded })
		var replanned time.Duration
		until(t, 60*time.Second, "28 s of pictures", func() bool {
			sent := cam.times()
			if len(sent) > 8 && replanned == 0 && status(r).Restarts[camera.RateChanged] > 0 {
				replanned = time.Since(sent[8])
			}
			return len(sent) > 8+18*15+3
		})
		stop()
		p, err := cam.pictures(t, r, 300*ms)
		if err != nil {
			return err
		}
		t.Logf("the full rate is planned for after %v; of %d pictures %d are there; one is dated %v off", replanned, p.newest+1, len(p.seen), p.worst)
		if lost := p.newest + 1 - len(p.seen); lost > 20 || p.wrong > 0 || replanned == 0 || replanned > 8*time.Second {
			return fmt.Errorf("%d of %d pictures are lost; %d are dated wrongly, one is %v off; the full rate is planned for after %v", lost, p.newest+1, p.wrong, p.worst, replanned)
		}
		return nil
	})
}

// TestNothingIsLostOfJPEGs: a camera that sends JPEGs stays on its connection when their
// size or their rate change, and no more than 0.2 s of them are lost.
func TestNothingIsLostOfJPEGs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		column int // pixels, from then on
		fps    int
		code   string
	}{
		"another size": {16, 25, camera.StreamChanged},
		"faster":       {8, 40, camera.RateChanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onAQuietMachine(t, func() error {
				var column, fps, connections atomic.Int64
				column.Store(8)
				fps.Store(25)
				var mu sync.Mutex
				var sent []time.Time
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
					connections.Add(1)
					w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
					for due := time.Now(); q.Context().Err() == nil; due = due.Add(time.Second / time.Duration(fps.Load())) {
						time.Sleep(time.Until(due))
						mu.Lock()
						n := len(sent)
						sent = append(sent, time.Now())
						mu.Unlock()
						picture := numberedIn(n, int(column.Load()), false)
						fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(picture), picture)
						w.(http.Flusher).Flush()
					}
				}))
				defer func() { server.CloseClientConnections(); server.Close() }()
				r, stop := start(t, server.URL, func(r *Recorder) { r.FFprobe, r.Log = "/nowhere/ffprobe", discarded })
				until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
				column.Store(int64(c.column))
				fps.Store(int64(c.fps))
				until(t, 60*time.Second, "a new run", func() bool { return live(t, r, 1) && segments(t, r, 1) >= 2 })
				stop()
				dirs, seen := runs(t, r), map[int]bool{}
				if status(r).Restarts[c.code] != 1 || len(dirs) != 2 || connections.Load() != 1 {
					t.Fatalf("%d runs, %v, %d connections", len(dirs), status(r).Restarts, connections.Load())
				}
				var worst time.Duration
				last, newest := 0, 0 // picture of the first run, and of both
				for i, dir := range dirs {
					run := readRun(t, dir)
					infos := slices.Concat(run.segments...)
					for k, n := range numbersOf(t, "mp4", run.stream(t)) {
						if newest = max(newest, n); i == 0 {
							last = n
						}
						if seen[n] {
							continue
						}
						seen[n] = true
						if d := infos[k].PRFT.Sub(sent[n]); d.Abs() > worst.Abs() {
							worst = d
						}
					}
				}
				var lost []int
				for n := last + 1; n < newest; n++ {
					if !seen[n] {
						lost = append(lost, n)
					}
				}
				t.Logf("of %d pictures after %d these are lost: %v; one is dated %v off", newest-last, last, lost, worst)
				if len(lost) > c.fps/5 || worst.Abs() > 500*ms {
					return fmt.Errorf("after picture %d these are lost: %v; one is dated %v off", last, lost, worst)
				}
				return nil
			})
		})
	}
}
