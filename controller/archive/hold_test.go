package archive

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/spool"
)

func hold(t *testing.T, dir string, keep time.Duration) *heldSpool {
	t.Helper()
	return &heldSpool{dir: spool.CameraDir(dir, "front"), keep: keep, log: slog.New(slog.DiscardHandler), begins: map[string]int64{}}
}

func spooled(t *testing.T, dir string) []int {
	t.Helper()
	seqs, err := spool.Segments(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return seqs
}

// The newest of a spool that nobody archives stays, over all runs; what is
// deleted of it leaves gaps when the archive can be used again, and no number
// comes twice.
func TestHeldSpool(t *testing.T) {
	for _, begun := range []bool{true, false} {
		dir := fastDir(t)
		c := load(t, dir, time.Hour)
		first := record(t, dir, "front", noon).play(65) // 0 to 3
		was := c.Snapshot()
		if begun { // the archive had taken the beginning
			was = take(t, c)
			c.current.closeFile()
		}
		first.play(100) // to 8
		first.die()
		second := record(t, dir, "front", noon.Add(time.Minute)).play(65) // four segments, one growing

		disk := NewReserve(dir, 0)
		h := hold(t, dir, 12*time.Second)
		if err := h.trim(disk); err != nil {
			t.Fatal(err)
		}
		if a, b := spooled(t, first.dir), spooled(t, second.dir); len(a) != 2 || a[0] != 7 || len(b) != 4 {
			t.Fatalf("begun %v: kept are %v and %v", begun, a, b)
		}
		if len(h.spares()) != 0 || h.Bytes() == 0 {
			t.Errorf("the last half minute is spared: %v", h.spares())
		}
		c = load(t, dir, time.Hour)
		s := take(t, c)
		for i, seg := range s.Segments {
			if gap := seg.Flags&Gap != 0; gap != (begun && s.First+uint64(i) >= 3 && s.First+uint64(i) < 7) {
				t.Errorf("begun %v: MSN %d is %+v", begun, s.First+uint64(i), seg)
			}
		}
		if s.Next() < was.Next()+5 || s.Open == nil || s.Open.Start != noon.Add(66*time.Second).UnixMicro() {
			t.Errorf("begun %v: next is %d, open %+v", begun, s.Next(), s.Open)
		}

		second.die()
		h = hold(t, dir, 0)
		if err := h.trim(disk); err != nil {
			t.Fatal(err)
		}
		if runs, err := spool.Runs(h.dir); err != nil || len(runs) > 0 {
			t.Errorf("nothing was to be kept: %v, %v", runs, err)
		}
		c = load(t, dir, time.Hour)
		record(t, dir, "front", noon.Add(time.Hour)).play(25)
		if again := take(t, c); again.Next() < s.Next()+1 || again.Segments[len(again.Segments)-1].Flags != Discontinuity {
			t.Errorf("begun %v: after a run that was deleted the next is %d, was %d", begun, again.Next(), s.Next())
		}
	}
}

// What is oldest over archives and spools goes first.
func TestHeldSpoolInReserve(t *testing.T) {
	dir := fastDir(t)
	disk := NewReserve(dir, 1000)
	free := int64(1000)
	disk.free = func(string) (int64, error) { return free, nil }
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "other", Window: time.Hour, Reserve: disk, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	record(t, dir, "other", noon).play(801)
	take(t, c)
	held := record(t, dir, "front", noon.Add(-time.Hour)).play(801)
	h := hold(t, dir, time.Hour)
	disk.join("front", h)
	if err := h.trim(disk); err != nil {
		t.Fatal(err)
	}
	all := h.Bytes()
	free = 1000 - 3*all/40 // the size of three segments
	if err := h.trim(disk); err != nil {
		t.Fatal(err)
	}
	gone := spooled(t, held.dir)[0]
	if gone < 3 || gone > 4 || len(h.all) != 41-gone {
		t.Errorf("for three segments the held spool gave %d", gone)
	}
	free = 1000 - 100*all
	if err := errors.Join(h.trim(disk), c.spareDisk()); err != nil {
		t.Fatal(err)
	}
	if left := len(spooled(t, held.dir)); left < 15 || left > 17 {
		t.Errorf("of the held spool %d segments are left, want the last half minute", left)
	}
	if c.Snapshot().First == 0 {
		t.Error("the archive gave nothing")
	}
}

func TestHoldSpoolEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := fastDir(t)
		disk := NewReserve(dir, 0)
		ctx, cancel := context.WithCancel(context.Background())
		over := make(chan struct{})
		go func() {
			disk.HoldSpool(ctx, "front", slog.New(slog.DiscardHandler))
			close(over)
		}()
		synctest.Wait()
		if len(disk.all()) != 1 {
			t.Error("it is no member of the reserve")
		}
		cancel()
		<-over
		if len(disk.all()) != 0 {
			t.Error("it still is a member of the reserve")
		}
	})
}
