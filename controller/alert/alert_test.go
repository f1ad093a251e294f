package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/health"
	"lookback/controller/spool"
	"lookback/e2e/rig"
)

const address = "https://user:hunter2@receiver.example/services/hunter3?token=hunter4"

// house is a camera that is watched and a receiver without a network.
type house struct {
	o     Options
	state atomic.Value // string, of health.State…
	log   bytes.Buffer

	life   context.Context // of the camera
	forget func()          // ends it

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	answer   func(n int) (int, error) // of the n-th request, counted from 0
	counted  map[string]int
}

func newHouse(t *testing.T) *house {
	h := &house{answer: func(int) (int, error) { return 204, nil }, counted: map[string]int{}}
	h.state.Store(health.Live)
	h.o = Options{URL: address, Shown: "https://receiver.example/***", Secret: "correct horse", After: 30 * time.Second,
		MediaDir: t.TempDir(), Version: "1", Log: slog.New(slog.NewTextHandler(&h.log, nil)), Client: &http.Client{Transport: h},
		Count: func(camera, event, result string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.counted[event+" "+result]++
		},
	}
	h.life, h.forget = context.WithCancel(context.Background())
	return h
}

func (h *house) Name() string  { return "front" }
func (h *house) Title() string { return "Front door" }

func (h *house) Report(now time.Time) health.Report {
	v := health.Verdict{State: h.state.Load().(string), Since: now.Add(-2 * time.Second)}
	if v.State != health.Live {
		v.Reason = &health.Reason{Code: "timeout", Title: "No answer", Advice: "Look"}
	}
	return health.Report{Verdict: v}
}

func (h *house) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.requests, h.bodies = append(h.requests, q), append(h.bodies, string(body))
	answer, n := h.answer, len(h.requests)-1
	h.mu.Unlock()
	status, err := answer(n)
	if status == 0 && err == nil { // never
		<-q.Context().Done()
		return nil, q.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("ok"))}, nil
}

// start runs the alerts; stop ends them and fails when they don't.
func (h *house) start(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { New(h.o).Watch(ctx, h.life, h); close(ended) }()
	return func() {
		t.Helper()
		cancel()
		select {
		case <-ended:
		case <-time.After(time.Second):
			t.Error("Watch does not end with its context")
		}
	}
}

func (h *house) events() (events []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.bodies {
		var m message
		if json.Unmarshal([]byte(b), &m) == nil {
			events = append(events, m.Event)
		}
	}
	return events
}

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestOncePerLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		stop := h.start(t)
		pass(time.Minute)
		h.state.Store(health.Away)
		pass(29 * time.Second)
		if got := h.events(); len(got) > 0 {
			t.Fatalf("%v before the patience ended", got)
		}
		pass(10 * time.Minute)
		h.state.Store(health.Live)
		pass(3 * time.Second)
		h.state.Store(health.Away) // for a moment
		pass(3 * time.Second)
		h.state.Store(health.Live)
		pass(10 * time.Minute)
		stop()
		if got := strings.Join(h.events(), " "); got != "camera-lost camera-back" {
			t.Fatalf("told: %s", got)
		}
		if h.counted["camera-lost delivered"] != 1 || h.counted["camera-back delivered"] != 1 {
			t.Errorf("counted %v", h.counted)
		}
	})
}

// TestMessage is what a receiver gets, word for word, and how it knows it for ours.
func TestMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its clock begins at 2000-01-01
		h := newHouse(t)
		h.state.Store(health.Away)
		stop := h.start(t)
		pass(40 * time.Second)
		stop()
		var m message
		if len(h.bodies) != 1 || json.Unmarshal([]byte(h.bodies[0]), &m) != nil || len(m.ID) < 20 {
			t.Fatalf("%q", h.bodies)
		}
		const want = `"event":"camera-lost","camera":"front","title":"Front door","since":"1999-12-31T23:59:59.000Z","at":"2000-01-01T00:00:31.000Z",` +
			`"reason":{"code":"timeout","title":"No answer","advice":"Look"},"lost_seconds":32}`
		if got := strings.TrimPrefix(h.bodies[0], `{"id":"`+m.ID+`",`); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		q := h.requests[0]
		stamp := q.Header.Get("Lookback-Timestamp")
		if q.Method != "POST" || q.Header.Get("Content-Type") != "application/json" || q.Header.Get("Lookback-Delivery") != m.ID ||
			stamp != "946684831" || q.Header.Get("Lookback-Signature") != sign("correct horse", stamp, []byte(h.bodies[0])) {
			t.Errorf("%s %v", q.Method, q.Header)
		}
		if q.URL.String() != address {
			t.Errorf("sent to %s", q.URL)
		}
	})
}

func TestSignature(t *testing.T) {
	// printf '1.{}' | openssl dgst -sha256 -hmac 'correct horse'
	const want = "sha256=9d78591463d929501a824b2d5351b32caddd6b71e06a355fd5166b4dea3e6af9"
	if got := sign("correct horse", "1", []byte("{}")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestReceiverAway: tried again ever more rarely, the same message, in order,
// and without a word of the address in the log.
func TestReceiverAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.answer = func(n int) (int, error) {
			switch {
			case n < 3:
				return 0, errors.New("dial tcp: connection refused")
			case n < 12:
				return 500, nil
			}
			return 200, nil
		}
		stop := h.start(t)
		h.state.Store(health.Away)
		pass(time.Minute)
		h.state.Store(health.Live)
		pass(2 * time.Hour)
		stop()
		events := h.events()
		if len(events) != 14 || events[12] != Lost || events[13] != Back {
			t.Errorf("%d requests: %v", len(events), events)
		}
		for _, q := range h.requests[:13] {
			if q.Header.Get("Lookback-Delivery") != h.requests[0].Header.Get("Lookback-Delivery") {
				t.Error("a message changed its id")
			}
		}
		if h.counted["camera-lost failed"] != 12 || h.counted["camera-lost delivered"] != 1 {
			t.Errorf("counted %v", h.counted)
		}
		if text := h.log.String(); strings.Contains(text, "hunter") || !strings.Contains(text, "connection refused") {
			t.Errorf("log: %s", text)
		}
	})
}

// TestRestart: what was told is not told again, what was not is, and a return
// is told by the next controller.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.state.Store(health.Away)
		h.answer = func(int) (int, error) { return 503, nil }
		stop := h.start(t)
		pass(time.Minute)
		stop()
		tried := len(h.events())
		h.answer = func(int) (int, error) { return 200, nil }
		h.state.Store(health.Starting)
		stop = h.start(t)
		pass(time.Hour)
		stop()
		stop = h.start(t)
		pass(time.Hour)
		h.state.Store(health.Live)
		pass(time.Minute)
		stop()
		if got := strings.Join(h.events()[tried:], " "); tried == 0 || got != "camera-lost camera-back" {
			t.Errorf("%d tries, then %s", tried, got)
		}
	})
}

// TestReceiverNeverThere: the queue and the patience have an end, and losses
// and returns still take turns.
func TestReceiverNeverThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.answer = func(int) (int, error) { return 404, nil }
		stop := h.start(t)
		for range 10 {
			h.state.Store(health.Away)
			pass(time.Minute)
			h.state.Store(health.Live)
			pass(time.Minute)
		}
		stop()
		m, err := newFile(h.o.MediaDir, "front").read()
		if err != nil || len(m.Pending) > maxPending {
			t.Errorf("%d pending, %v", len(m.Pending), err)
		}
		for i, p := range m.Pending {
			if want := []string{Lost, Back}[i%2]; p.Event != want {
				t.Errorf("message %d is %s", i, p.Event)
			}
		}
		stop = h.start(t)
		pass(25 * time.Hour)
		stop()
		if m, _ := newFile(h.o.MediaDir, "front").read(); len(m.Pending) > 0 || h.counted["camera-lost given-up"] != 10 || h.counted["camera-back given-up"] != 10 {
			t.Errorf("%d pending, counted %v", len(m.Pending), h.counted)
		}
	})
}

// TestHangingReceiver: a request that is never answered ends with the context.
func TestHangingReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.answer = func(int) (int, error) { return 0, nil }
		h.state.Store(health.Away)
		stop := h.start(t)
		pass(time.Minute)
		if len(h.events()) != 1 {
			t.Errorf("%v", h.events())
		}
		stop()
		if m, _ := newFile(h.o.MediaDir, "front").read(); len(m.Pending) != 1 {
			t.Errorf("%d pending", len(m.Pending))
		}
	})
}

// TestEndedCamera: the loss of a camera that is no longer named is closed once,
// at once, and a loss that was not told is not.
func TestEndedCamera(t *testing.T) {
	for name, c := range map[string]struct {
		away time.Duration
		want string
	}{"told": {time.Minute, "camera-lost camera-back"}, "not told": {10 * time.Second, ""}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			h.state.Store(health.Away)
			stop := h.start(t)
			pass(c.away)
			h.state.Store(health.HasEnded)
			pass(2 * time.Second)
			stop()
			stop = h.start(t) // a restart tells nothing again
			pass(time.Hour)
			if got := strings.Join(h.events(), " "); got != c.want {
				t.Errorf("%s: %s", name, got)
			}
			for i, body := range h.bodies {
				if strings.Contains(body, `"ended":true`) != (i == 1) {
					t.Errorf("%s: %s", name, body)
				}
			}
			h.state.Store(health.Away) // it is named again
			pass(time.Minute)
			stop()
			if got := h.events(); c.want != "" && (len(got) != 3 || got[2] != Lost) {
				t.Errorf("%s: named again %v", name, got)
			}
		})
	}
}

// TestGoneCamera: what waits for a receiver is delivered though the camera and
// its folder are gone, and the watch ends then.
func TestGoneCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.answer = func(n int) (int, error) {
			if n < 5 {
				return 500, nil
			}
			return 204, nil
		}
		h.state.Store(health.Away)
		ended := make(chan struct{})
		go func() { New(h.o).Watch(t.Context(), h.life, h); close(ended) }()
		pass(35 * time.Second)
		if err := os.RemoveAll(spool.CameraDir(h.o.MediaDir, "front")); err != nil {
			t.Fatal(err)
		}
		h.forget()
		<-ended
		if last := h.bodies[len(h.bodies)-1]; !strings.Contains(last, `"event":"camera-back"`) || !strings.Contains(last, `"ended":true`) {
			t.Errorf("the last alert is %s", last)
		}
		if _, err := os.Stat(spool.CameraDir(h.o.MediaDir, "front")); err == nil {
			t.Error("the folder of a camera that is gone is there again")
		}
	})
}

// TestUnreadableMemory and a disk that takes none cost a warning.
func TestUnreadableMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		dir := spool.CameraDir(h.o.MediaDir, "front")
		if err := os.MkdirAll(dir+"/alert.json", 0o755); err != nil {
			t.Fatal(err)
		}
		h.state.Store(health.Away)
		stop := h.start(t)
		pass(10 * time.Minute)
		stop()
		if got := h.events(); len(got) != 1 || strings.Count(h.log.String(), "level=WARN") != 3 {
			t.Errorf("%v\n%s", got, &h.log)
		}
	})
}

// TestRealReceiver: over a real connection, by the client of its own, which
// follows no redirect.
func TestRealReceiver(t *testing.T) {
	got := make(chan *http.Request, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/moved" {
			http.Redirect(w, q, "/", http.StatusFound)
			return
		}
		got <- q
	}))
	defer server.Close()
	for path, want := range map[string]bool{"/": true, "/moved": false} {
		h := newHouse(t)
		counted := make(chan string, 100)
		h.o.Client, h.o.After, h.o.Count = nil, time.Millisecond, func(_, event, result string) { counted <- event + " " + result }
		h.o.URL = strings.Replace(server.URL, "://", "://u:p@", 1) + path
		h.state.Store(health.Away)
		stop := h.start(t)
		result := <-counted
		stop()
		if want {
			user, password, _ := (<-got).BasicAuth()
			if result != "camera-lost delivered" || user != "u" || password != "p" {
				t.Errorf("%s: %s, %s:%s", path, result, user, password)
			}
		} else if result != "camera-lost failed" || len(got) > 0 {
			t.Errorf("%s: %s", path, result)
		}
	}
}

func TestFIFOForAMemory(t *testing.T) {
	f := newFile(t.TempDir(), "front")
	rig.PutFIFO(t, string(f))
	rig.Returns(t, "reading alert.json", func() {
		if _, err := f.read(); !errors.Is(err, spool.ErrIrregular) {
			t.Error(err)
		}
		if err := f.write(memory{Lost: true}); err != nil {
			t.Error(err)
		}
		if m, err := f.read(); err != nil || !m.Lost {
			t.Error(m, err)
		}
	})
}
