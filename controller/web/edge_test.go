package web

import (
	"errors"
	"sync"
	"testing"
)

func TestEdge(t *testing.T) {
	cam := played(25) // 4200 complete, five parts of 4201
	snap := cam.Snapshot()
	last, n := snap.Next(), len(snap.PartsOf(snap.Next()))-1
	var mu sync.Mutex
	reads := map[int]int{}
	reader := func(n int, err error) func() ([]byte, error) {
		return func() ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			reads[n]++
			return []byte{byte(n)}, err
		}
	}
	var e edge

	t.Run("a part that can't be read is asked for again", func(t *testing.T) {
		if _, _, err := e.bytes(snap, last, n, reader(n, errors.New("bad disk"))); err == nil {
			t.Fatal("no error")
		}
		reads[n] = 0
	})
	t.Run("the newest is read once for all", func(t *testing.T) {
		var viewers sync.WaitGroup
		for range 20 {
			viewers.Go(func() {
				if data, _, err := e.bytes(snap, last, n, reader(n, nil)); err != nil || data[0] != byte(n) {
					t.Errorf("got %v, %v", data, err)
				}
			})
		}
		viewers.Wait()
		if reads[n] != 1 {
			t.Errorf("read %d times", reads[n])
		}
	})
	t.Run("older ones come from their files", func(t *testing.T) {
		if _, ok, _ := e.bytes(snap, last, 0, reader(0, nil)); ok || reads[0] != 0 {
			t.Errorf("found %v, read %d times", ok, reads[0])
		}
	})
	t.Run("what was the newest stays for slower viewers, and not for ever", func(t *testing.T) {
		for range partsKept - 1 {
			cam.Parts(1)
			s := cam.Snapshot()
			e.bytes(s, s.Next(), len(s.PartsOf(s.Next()))-1, reader(100, nil))
		}
		e.bytes(cam.Snapshot(), last, n, reader(n, nil))
		if reads[n] != 1 {
			t.Errorf("read %d times, though it was kept", reads[n])
		}
		cam.Parts(1)
		s := cam.Snapshot()
		e.bytes(s, s.Next(), len(s.PartsOf(s.Next()))-1, reader(100, nil))
		if _, ok, _ := e.bytes(s, last, n, reader(n, nil)); ok {
			t.Error("it is still there")
		}
		if len(e.parts) != partsKept {
			t.Errorf("%d parts are kept", len(e.parts))
		}
	})
}
