package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"

	"lookback/controller/recorder"
	"lookback/controller/spool"
	"lookback/e2e/rig"
)

// mediaDir is an empty media directory.
func mediaDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(spool.Root(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pass lets time pass, and everybody finish what that starts.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestNextControllerGoesOnWithWhatRuns(t *testing.T) {
	media := mediaDir(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		_, stop := f.start(t, media, aCamera("a"), aCamera("b"))
		pass(time.Second)
		a := f.look("a")
		if a == nil || a.State != container.StateRunning || f.look("b") == nil || name(a) != "stack-recorder-a" {
			t.Fatalf("made %+v", a)
		}
		if got, err := recorder.ReadAssignment(media, "a"); err != nil || got.Source.URL != aCamera("a").Source.URL {
			t.Errorf("it is told %+v, %v", got, err)
		}
		stop()
		_, stop = f.start(t, media, aCamera("a"), aCamera("b"))
		pass(time.Minute)
		defer stop()
		if f.made != 2 || f.count("start") != 2 || f.count("stop") != 0 || f.look("a").ID != a.ID {
			t.Errorf("calls %v", f.calls)
		}
	})
}

func TestOthersAreLeftAlone(t *testing.T) {
	media := mediaDir(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		theirs := running(makeSpec(template{project: "other", image: "new"}, aCamera("a"), media, "1", testKey))
		f.containers[theirs.ID] = &theirs
		orphan := aSpec("gone")
		ours := running(makeSpec(template{project: "stack", image: "new"}, orphan.Job, media, "1", testKey))
		f.containers[ours.ID] = &ours
		_, stop := f.start(t, media, aCamera("a"))
		defer stop()
		pass(time.Second)
		if f.containers[theirs.ID] == nil || f.look("gone") != nil || len(f.containers) != 2 {
			t.Errorf("there is %v", f.containers)
		}
	})
}

func TestEndIsToldAndRepaired(t *testing.T) {
	kill := events.Message{Action: events.ActionKill, Actor: events.Actor{Attributes: map[string]string{"signal": "9"}}}
	oom := events.Message{Action: events.ActionOOM}
	for _, c := range []struct {
		exit   string
		before []events.Message
		want   string
	}{
		{"137", nil, "recorder-killed"},
		{"137", []events.Message{kill}, "recorder-stopped"},
		{"137", []events.Message{oom}, "recorder-out-of-memory"},
		{"137", []events.Message{oom, oom}, "recorder-out-of-memory"},
		{"1", nil, "recorder-crashed"},
		{"0", nil, "recorder-ended"},
	} {
		media := mediaDir(t)
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			var counted []string
			f.ended = func(_, reason string) { counted = append(counted, reason) }
			d, stop := f.start(t, media, aCamera("a"))
			defer stop()
			pass(time.Minute)
			f.end("a", c.exit, c.before...)
			pass(time.Second)
			e := d.Keeping("a").Ended
			if e == nil || e.Code != c.want || e.Advice == "" || !slices.Equal(counted, []string{c.want}) {
				t.Errorf("%s after %v: told %+v, counted %v", c.exit, c.before, e, counted)
			}
			if f.look("a").State != container.StateRunning {
				t.Errorf("%s: it was not started again", c.want)
			}
		})
	}
}

// TestEndAgainAndAgain: the pauses grow.
func TestEndAgainAndAgain(t *testing.T) {
	media := mediaDir(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		_, stop := f.start(t, media, aCamera("a"))
		defer stop()
		pass(time.Minute)
		for range 200 {
			if f.look("a").State == container.StateRunning {
				f.end("a", "1")
			}
			pass(time.Second)
		}
		if n := f.count("start"); n < 8 || n > 20 {
			t.Errorf("started %d times in 200 s", n)
		}
	})
}

func TestChangedSettingIsNoEnd(t *testing.T) {
	media := mediaDir(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		_, stop := f.start(t, media, aCamera("a"), aCamera("b"))
		pass(time.Second)
		a, b := f.look("a"), f.look("b")
		stop()
		changed := aCamera("a")
		changed.PictureOptions.Quality = 30
		d, stop := f.start(t, media, changed, aCamera("b"))
		defer stop()
		pass(time.Second)
		if f.look("a").ID == a.ID || f.look("a").State != container.StateRunning || f.look("b").ID != b.ID {
			t.Errorf("there is %v", f.containers)
		}
		if e := d.Keeping("a").Ended; e != nil {
			t.Errorf("our own doing is told: %+v", e)
		}
	})
}

// TestFormatThatIsNotUnderstood: each recorder is another after the upgrade, but
// while one is being replaced the others record.
func TestFormatThatIsNotUnderstood(t *testing.T) {
	media := mediaDir(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		cameras := []Job{aCamera("a"), aCamera("b"), aCamera("c")}
		_, stop := f.start(t, media, cameras...)
		pass(time.Second)
		stop()
		before := map[string]string{}
		for _, c := range cameras {
			has := f.of(c.Name)
			before[c.Name] = has.ID
			has.Labels[LabelFormat] = strconv.Itoa(spool.Format + 1)
		}
		var others []int
		f.stopped = func(running int) { others = append(others, running) }
		_, stop = f.start(t, media, cameras...)
		defer stop()
		pass(time.Minute)
		for name, id := range before {
			if now := f.look(name); now == nil || now.ID == id || now.State != container.StateRunning {
				t.Errorf("camera %s has %+v", name, now)
			}
		}
		if want := []int{2, 2, 2}; !slices.Equal(others, want) {
			t.Errorf("of the others ran %v, want %v", others, want)
		}
	})
}

func TestPausedIsTold(t *testing.T) {
	media := mediaDir(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		d, stop := f.start(t, media, aCamera("a"))
		defer stop()
		pass(time.Second)
		f.change("a", container.StatePaused, events.ActionPause)
		pass(time.Second)
		if r := d.Keeping("a").Recorder; r == nil || r.Code != "recorder-paused" {
			t.Errorf("told %+v", r)
		}
		f.change("a", container.StateRunning, events.ActionUnPause)
		pass(time.Second)
		if r := d.Keeping("a").Recorder; r != nil {
			t.Errorf("told %+v", r)
		}
	})
}

// TestEngineTrouble: whatever the Engine does, statuses come and leases are
// renewed; once it is back, what is missing is made.
func TestEngineTrouble(t *testing.T) {
	for _, c := range []struct {
		want string
		err  error // nil: it hangs
	}{
		{"engine-away", errors.New("dial unix /var/run/docker.sock: connect: connection refused")},
		{"engine-away", fmt.Errorf("503 Service Unavailable, says a proxy: %w", errdefs.ErrUnavailable)},
		{"engine-forbids", fmt.Errorf("dial: %w", fs.ErrPermission)},
		{"engine-forbids", errdefs.ErrPermissionDenied},
		{"engine-refuses", fmt.Errorf("it has no space: %w", errdefs.ErrInternal)},
		{"engine-slow", nil},
	} {
		media := mediaDir(t)
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.hangs = c.err == nil
			f.set("", c.err)
			d, stop := f.start(t, media, aCamera("a"))
			defer stop()
			pass(20 * time.Second)
			if r := d.Keeping("a").Engine; r == nil || r.Code != c.want || r.Title == "" || r.Advice == "" {
				t.Fatalf("%v: told %+v", c.err, r)
			}
			d.Receive("a", spool.Status{State: spool.Recording, At: time.Now()})
			if s, err := d.Status("a"); err != nil || s.State != spool.Recording {
				t.Errorf("status %+v, %v", s, err)
			}
			lease := spool.NewLease(spool.CameraDir(media, "a"), time.Minute, 0)
			lease.Over(0)
			pass(15 * time.Second)
			if lease.Over(time.Hour) {
				t.Error("the lease is over")
			}
			f.mu.Lock()
			f.hangs, f.fails = false, map[string]error{}
			f.mu.Unlock()
			pass(30 * time.Second)
			if r := d.Keeping("a").Engine; r != nil || f.look("a") == nil {
				t.Errorf("%s: back, but told %+v, made %v", c.want, r, f.look("a"))
			}
		})
	}
}

// TestRefusedContainer is about one camera.
func TestRefusedContainer(t *testing.T) {
	media := mediaDir(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.set("create a", fmt.Errorf("no such device: %w", errdefs.ErrInvalidArgument))
		d, stop := f.start(t, media, aCamera("a"), aCamera("b"))
		defer stop()
		pass(2 * time.Minute)
		if r := d.Keeping("a").Recorder; r == nil || r.Code != "container-refused" || d.Keeping("a").Engine != nil {
			t.Errorf("told %+v, of the Engine %+v", r, d.Keeping("a").Engine)
		}
		if f.look("b") == nil || d.Keeping("b").Recorder != nil {
			t.Error("the other camera suffers")
		}
		if n := f.count("create"); n < 4 || n > 15 {
			t.Errorf("asked %d times in two minutes", n)
		}
		f.set("create a", nil)
		pass(time.Minute)
		if f.look("a") == nil || d.Keeping("a").Recorder != nil {
			t.Error("it is not made when it can be")
		}
	})
}

// TestCameraThatIsGoneNeedsNoEngine to end.
func TestCameraThatIsGoneNeedsNoEngine(t *testing.T) {
	media := mediaDir(t)
	gone := spool.CameraDir(media, "gone")
	if err := spool.RenewLease(gone); err != nil {
		t.Fatal(err)
	}
	lease := spool.NewLease(gone, time.Hour, 0)
	lease.Over(time.Second)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.set("", errors.New("away"))
		_, stop := f.start(t, media, aCamera("a"))
		pass(time.Second)
		stop()
	})
	if !lease.Over(2 * time.Second) {
		t.Error("its recorder goes on")
	}
}

// TestStatusOfLongAgo says nothing; what is written from now on does.
func TestStatusOfLongAgo(t *testing.T) {
	media := mediaDir(t)
	dir := spool.CameraDir(media, "a")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(s spool.Status) {
		if err := spool.WriteStatus(dir, s); err != nil {
			t.Fatal(err)
		}
	}
	k := &watched{dir: dir, begun: time.Now()}
	write(spool.Status{State: spool.Stopped, At: time.Now().Add(-time.Hour)})
	k.look()
	if _, err := k.status(); err == nil {
		t.Error("it is believed")
	}
	write(spool.Status{State: spool.Recording, At: time.Now()})
	k.look()
	if s, err := k.status(); err != nil || s.State != spool.Recording {
		t.Errorf("%+v, %v", s, err)
	}
	write(spool.Status{State: spool.Waiting, At: time.Now().Add(-time.Minute)}) // the clock was set back
	k.look()
	if s, _ := k.status(); s.State != spool.Waiting {
		t.Errorf("%+v", s)
	}
	k.receive(spool.Status{State: spool.Starting})
	k.look()
	if s, _ := k.status(); s.State != spool.Starting {
		t.Error("the file is believed, though the doorbell is newer")
	}
}

func TestKeyIsMadeOnceForItsOwnerAlone(t *testing.T) {
	media := mediaDir(t)
	first, err := hashKey(media)
	if err != nil {
		t.Fatal(err)
	}
	second, err := hashKey(media)
	info, statErr := os.Stat(filepath.Join(spool.Root(media), "key"))
	if err != nil || statErr != nil || string(first) != string(second) || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v %v", err, statErr, info)
	}
}

func TestCallIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := call(context.Background(), time.Second, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if !errors.Is(err, errSlow) {
			t.Error(err)
		}
	})
}

func TestFIFOForAKey(t *testing.T) {
	media := mediaDir(t)
	rig.PutFIFO(t, filepath.Join(spool.Root(media), "key"))
	rig.Returns(t, "reading the key", func() {
		first, err := hashKey(media)
		second, again := hashKey(media)
		if err != nil || again != nil || string(first) != string(second) {
			t.Error(err, again)
		}
	})
}
