package archive

import (
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/spool"
)

// TestAdjust: a followed camera that is no longer named says that nothing more
// will come once its recorder has let go, begins to shrink, and is one that lives
// when it is named again. Title and window are saved.
func TestAdjust(t *testing.T) {
	dir, _ := whole(t)
	busy, err := spool.LockCamera(spool.CameraDir(dir, "front"))
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	synctest.Test(t, func(t *testing.T) {
		c := load(t, dir, time.Hour)
		live := Terms{Title: "Yard", Window: time.Hour, WindowBytes: 1 << 40}
		ended := live
		ended.Ended = true
		step := func(terms Terms, want bool, what string) {
			t.Helper()
			c.Adjust(terms)
			took := followFor(c, 3*time.Second, func() bool { return c.Snapshot().Ended == want })
			if got := c.Snapshot().Ended; got != want {
				t.Fatalf("%s: ended %v after %v", what, got, took)
			}
		}
		step(live, false, "named")
		followFor(c, 3*time.Second, func() bool { return false })
		c.Adjust(ended)
		followFor(c, 3*time.Second, func() bool { return false })
		if c.Snapshot().Ended {
			t.Error("it has ended although it is being recorded")
		}
		busy.Close()
		step(ended, true, "no longer named")
		if c.state.Ended == 0 || c.Forecast().BytesPerHour != 0 {
			t.Errorf("it has ended for %d µs, forecast %v", c.state.Ended, c.Forecast())
		}
		step(live, false, "named again")
		if s, _, _, err := (disk{}).readState(dir, "front"); err != nil || s.Title != "Yard" || s.Ended != 0 || s.WindowBytes != 1<<40 {
			t.Errorf("saved is %+v, %v", s, err)
		}
	})
}
