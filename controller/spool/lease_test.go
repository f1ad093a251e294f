package spool

import (
	"os"
	"testing"
	"time"
)

func TestLeaseLastsAsLongAsItIsRenewed(t *testing.T) {
	dir := t.TempDir()
	now := time.Duration(0)
	l := NewLease(dir, time.Minute, now)
	tick := func(n int) (over bool) {
		for range n {
			now += l.Every()
			over = l.Over(now)
		}
		return over
	}
	if tick(11) {
		t.Error("it is over before a minute has passed")
	}
	for range 3 {
		must(t, RenewLease(dir))
		if tick(11) {
			t.Error("it is over though it was renewed")
		}
	}
	// Whatever the clock says, a change is a renewal.
	past := time.Unix(1, 0)
	must(t, os.Chtimes(LeasePath(dir), past, past))
	if tick(11) {
		t.Error("a clock that was set back ends it")
	}
	if !tick(2) {
		t.Error("a minute has passed")
	}
}

// TestLeaseOfOneWhoCouldNotLook: a container that was paused for hours.
func TestLeaseOfOneWhoCouldNotLook(t *testing.T) {
	dir := t.TempDir()
	l := NewLease(dir, time.Minute, 0)
	if l.Over(24 * time.Hour) {
		t.Error("it is over at the first look")
	}
	must(t, RenewLease(dir))
	if l.Over(48 * time.Hour) {
		t.Error("it is over though it was renewed meanwhile")
	}
}

func TestEndLease(t *testing.T) {
	dir := t.TempDir()
	must(t, EndLease(dir))
	if _, err := os.Stat(LeasePath(dir)); err == nil {
		t.Fatal("there was no lease, and now there is")
	}
	must(t, RenewLease(dir))
	l := NewLease(dir, time.Hour, 0)
	if l.Over(time.Second) {
		t.Error("it is over at once")
	}
	must(t, EndLease(dir))
	if !l.Over(2 * time.Second) {
		t.Error("it is not over")
	}
	must(t, RenewLease(dir))
	if l.Over(3 * time.Second) {
		t.Error("the next one is over as well")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
