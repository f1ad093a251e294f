package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// clock steps the clock of the whole machine, and sets it right in the end.
type clock struct {
	off time.Duration // by how much it is wrong
}

// newClock finds out whether the clock may be set, by setting it to what it says.
func newClock() (*clock, error) {
	c := &clock{}
	return c, c.step(0)
}

// step moves the clock. What passes while that is done, some microseconds, is lost.
func (c *clock) step(by time.Duration) error {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_REALTIME, &now); err != nil {
		return err
	}
	then := unix.NsecToTimespec(now.Nano() + by.Nanoseconds())
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &then); err != nil {
		return fmt.Errorf("the clock can't be set: %w", err)
	}
	c.off += by
	return nil
}

func (c *clock) close() {
	if c == nil || c.off == 0 {
		return
	}
	if err := c.step(-c.off); err != nil {
		fmt.Fprintf(os.Stderr, "chaos: THIS MACHINE'S CLOCK IS WRONG BY %v: %v\n", c.off, err)
	}
}

// kinds are steps that stay. Their length is drawn, so that hardly any leads to a
// time in which pictures were taken already.
func (c *clock) kinds() []Kind {
	if c == nil {
		return nil
	}
	kind := func(name string, sign time.Duration) Kind {
		return Kind{Name: name, Weight: 1, Steps: true,
			Strike: func(_ context.Context, _ time.Duration, dice *rand.Rand) (time.Time, error) {
				err := c.step(sign * (30*time.Minute + time.Duration(dice.Int64N(int64(time.Hour)))))
				return time.Now(), err
			}}
	}
	return []Kind{kind("clock forward", 1), kind("clock back", -1)}
}
