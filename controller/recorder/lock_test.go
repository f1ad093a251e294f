package recorder

import (
	"context"
	"os"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// TestOneRecorderAtATime: whoever comes second says so and waits.
func TestOneRecorderAtATime(t *testing.T) {
	o := Options{MediaDir: t.TempDir(), Camera: "front"}
	first, err := spool.LockCamera(spool.CameraDir(o.MediaDir, o.Camera))
	if err != nil {
		t.Fatal(err)
	}
	r := New(o)
	r.bell = spool.NewRing(o.MediaDir, o.Camera)
	defer r.bell.Close()
	locked := make(chan *os.File)
	go func() { locked <- r.lock(context.Background()) }()
	until(t, 10*time.Second, "it says why it waits", func() bool {
		s, err := r.Status()
		return err == nil && s.State == spool.Waiting && s.Code == occupied.Code
	})
	first.Close()
	lock := <-locked
	if lock == nil {
		t.Fatal("it has no lock")
	}
	defer lock.Close()
	ended, end := context.WithCancel(context.Background())
	end()
	second := New(o)
	second.bell = spool.NewRing(o.MediaDir, o.Camera)
	defer second.bell.Close()
	if second.lock(ended) != nil {
		t.Error("two have the lock")
	}
}

func TestAssignmentIsForItsOwnerAlone(t *testing.T) {
	media := t.TempDir()
	a := Assignment{Request: camera.Request{Source: camera.Source{URL: "http://u:secret@camera/", FPS: 12.5}, Segment: 2 * time.Second}, Lease: time.Minute, LogFormat: "json"}
	if err := a.Write(media, "front"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(assignmentPath(media, "front"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	got, err := ReadAssignment(media, "front")
	a.Format = spool.Format
	if err != nil || got != a {
		t.Errorf("got %+v, %v", got, err)
	}
	if o := got.Options(media, "front"); o.URL != a.Source.URL || o.Segment != a.Segment {
		t.Errorf("options %+v", o)
	}
	if err := os.WriteFile(assignmentPath(media, "front"), []byte(`{"Source": {"URL": "secret"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAssignment(media, "front"); err == nil {
		t.Error("half of it is taken for the whole")
	}
}
