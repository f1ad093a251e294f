package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// TestPicturesByTheBunch: of a camera that sends some pictures at once and then nothing
// for as long as they take, each is recorded once, also after another start.
func TestPicturesByTheBunch(t *testing.T) {
	for _, c := range []struct {
		fps   float64
		count int
	}{{10, 4}, {10, 3}, {15, 8}, {25, 5}} {
		t.Run(fmt.Sprint(c.count, " at once at ", c.fps, " fps"), func(t *testing.T) {
			t.Parallel()
			const differ = 16
			all := pictures(320, 180, differ)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
				began := time.Now()
				for sent := 0; q.Context().Err() == nil; {
					var bunch bytes.Buffer
					for range c.count {
						fmt.Fprintf(&bunch, "--frame\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n", all[sent%differ])
						sent++
					}
					w.Write(bunch.Bytes())
					w.(http.Flusher).Flush()
					time.Sleep(time.Until(began.Add(time.Duration(float64(sent) / c.fps * float64(time.Second)))))
				}
			}))
			t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
			dir := t.TempDir()
			for begun := range 2 {
				r, stop := start(t, server.URL, func(r *Recorder) {
					r.MediaDir, r.dir, r.Log = dir, spool.CameraDir(dir, r.Camera), discarded
				})
				until(t, 90*time.Second, "segments", func() bool { return len(runs(t, r)) > begun && segments(t, r, begun) >= 8 })
				s := status(r)
				stop()
				if !strings.Contains(s.Plan, fmt.Sprintf("at %v fps", c.fps)) || len(s.Restarts) > 0 || len(s.Flaws) > 0 {
					t.Errorf("%s, %v, %v", s.Plan, s.Restarts, s.Flaws)
				}
				shown := bars(readRun(t, runs(t, r)[begun]).grey(t), 320, 180, differ)
				off := 0
				for i := 1; i < len(shown); i++ {
					if shown[i] != (shown[i-1]+1)%differ {
						off++
					}
				}
				// At first some may be repeated until the whole of a bunch has come, and a busy
				// machine may hold up one.
				if len(shown) < int(6*c.fps) || off > c.count+len(shown)/30 {
					t.Errorf("start %d: %d of %d pictures don't follow the one before: %v", begun, off, len(shown), shown)
				}
			}
		})
	}
}

// bars are where the bar of each picture stands, of so many places.
func bars(all [][]byte, width, height, places int) (at []int) {
	for _, p := range all {
		var light []int
		row := p[height/2*width:][:width]
		for place := range slices.Chunk(row, width/places) {
			sum := 0
			for _, v := range place {
				sum += int(v)
			}
			light = append(light, sum)
		}
		at = append(at, slices.Index(light, slices.Max(light)))
	}
	return at
}

// TestTicksOfBunches: of pictures that come by the bunch next to none is left out or
// repeated needlessly, and each tick is where its picture was taken. Those that come one
// by one are repeated as soon as ever.
func TestTicksOfBunches(t *testing.T) {
	for _, rate := range []float64{10, 15, 25, 30} {
		for _, count := range []int{1, 2, 3, 4, 5, 8, 12} {
			for _, off := range []float64{1, 0.996, 1.004} {
				for _, apart := range []time.Duration{0, 5 * ms} {
					random := rand.New(rand.NewPCG(1, 2))
					frame := time.Duration(1e9 / rate)
					k, b := ticks{frame: frame}, camera.Bunches{}
					left, repeats, last := 0, 0, time.Duration(0)
					const pictures, settled = 2000, 100
					for i := range pictures {
						taken := time.Second + time.Duration(float64(i+1)/rate/off*1e9)
						whole := time.Second + time.Duration(float64((i/count+1)*count)/rate/off*1e9)
						at := max(last, whole+time.Duration(i%count)*apart+time.Duration(random.Int64N(int64(3*ms))))
						last = at
						b.Add(at)
						k.span = b.Span()
						for i > 0 && at > k.lapse() {
							k.repeat()
							if i > settled {
								repeats++
							}
						}
						if _, ok := k.take(at); !ok && i > settled {
							left++
						} else if far := k.last() - taken; i > settled && far.Abs() > 11*frame/10+time.Duration(count)*apart+5*ms {
							t.Fatalf("%d at once at %v fps: a tick is %v from its picture", count, rate*off, far)
						}
					}
					if needless := left + repeats; needless > 10 || off == 1 && needless > 1 || count == 1 && b.Span() != 0 {
						t.Errorf("%d at once at %v fps, %v apart: %d left out, %d repeated, span %v", count, rate*off, apart, left, repeats, b.Span())
					}
				}
			}
		}
	}
}

// TestPumpOfBunches: a bunch as a whole waits for a busy ffmpeg, and no more than three
// pictures beside that.
func TestPumpOfBunches(t *testing.T) {
	now := time.Second
	p := newPump(func() time.Duration { return now })
	p.knows(300 * ms)
	p.begin(100*ms, 500*ms)
	for n := range 9 {
		p.add(came{now, []byte{byte('a' + n)}})
	}
	got := ""
	for {
		data, missed, _ := p.choose(now)
		if data == nil {
			break
		}
		got += strings.Repeat(".", missed) + string(data)
	}
	if r := p.report(progress{}); got != "defg" || r.refused != 3 || r.drop != 5 || r.dup != 0 {
		t.Errorf("%q, %+v", got, r)
	}
	big := make([]byte, pumpBytes/2)
	for range 5 {
		p.add(came{now, big})
	}
	if p.size > pumpBytes {
		t.Errorf("%d bytes wait", p.size)
	}
}

// TestPilesOfBunches: seconds with a bunch less or more are no flaws; those without any,
// and a pile, are.
func TestPilesOfBunches(t *testing.T) {
	for _, c := range []struct {
		fps   float64
		count int
	}{{10, 4}, {10, 3}, {15, 8}, {25, 5}, {25, 8}} {
		w := pileWatch{frame: time.Duration(1e9 / c.fps), bunch: time.Duration(float64(c.count-1) / c.fps * 1e9)}
		second := func(n int, bunches float64) string {
			_, kind := w.add(time.Duration(n)*time.Second, progress{frames: uint64(bunches) * uint64(c.count)}, true)
			return kind
		}
		n, rate := 1, c.fps/float64(c.count)
		for ; n < 60; n++ {
			if kind := second(n, rate*float64(n)); kind != "" {
				t.Errorf("%d at once at %v fps: %q in second %d", c.count, c.fps, kind, n)
			}
		}
		second(n, rate*59)
		if kind := second(n+1, rate*59); kind != spool.Sparse {
			t.Errorf("%d at once at %v fps: nothing comes, which is %q", c.count, c.fps, kind)
		}
		if kind := second(n+2, rate*66); kind != spool.Late {
			t.Errorf("%d at once at %v fps: a pile is %q", c.count, c.fps, kind)
		}
	}
}

// TestBunchIsRemembered: facts.json says how pictures come, so that the next start loses none.
func TestBunchIsRemembered(t *testing.T) {
	r := New(Options{MediaDir: t.TempDir(), Camera: "front"})
	r.URL = "http://cam/"
	r.facts = &camera.Facts{Kind: camera.HTTP, Codec: "mjpeg", Width: 320, Height: 180, FrameRate: camera.Rate{Num: 10, Den: 1}, KeyIntervalKnown: true}
	if err := errors.Join(os.MkdirAll(r.dir, 0o755), spool.WriteStatus(r.dir, spool.Status{At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	r.noteBunch(300 * ms)
	r.noteBunch(310 * ms)
	next := New(r.Options)
	if next.recall(); next.facts == nil || next.facts.Bunch != 300*ms {
		t.Errorf("%+v", next.facts)
	}
}
