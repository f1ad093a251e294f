package recorder

import (
	"testing"
	"time"

	"lookback/controller/spool"
)

// gops feeds a watch with so many groups of pictures of 25 fps, as the writer of
// segments of 2 s does; it returns what is promised in the end.
func (k *keyWatch) gops(promised spool.Constants, n int, length time.Duration) spool.Constants {
	for range n {
		if c, ok := k.closer(promised, 2_000_000); ok {
			promised = c
		}
		for i := range int(length / (40 * time.Millisecond)) {
			if i > 0 && k.since+40*time.Millisecond > time.Duration(promised.TargetDuration)*time.Microsecond {
				if c, ok := k.farther(promised, 2_000_000); ok {
					promised = c
				}
			}
			k.add(40_000, i == 0)
		}
	}
	return promised
}

// TestKeyWatch: a GOP of 2 s becomes 12 s and goes back. The target duration is
// back after a spell, and after twice as long when it happens again.
func TestKeyWatch(t *testing.T) {
	short, wide := spool.Constants{PartTarget: 138_000, TargetDuration: 4_000_000, Independent: true}, spool.Constants{PartTarget: 138_000, TargetDuration: 17_000_000}
	k := keyWatch{spell: firstSpell}
	promised := k.gops(short, 3000, 2*time.Second)
	if promised != short {
		t.Fatalf("as it always was: %+v", promised)
	}
	for again, spell := range []time.Duration{firstSpell, 2 * firstSpell, 4 * firstSpell} {
		if promised = k.gops(promised, 1, 12*time.Second); promised != wide {
			t.Fatalf("%d: a GOP of 12 s: %+v", again, promised)
		}
		n := 0
		for ; promised != short && n < 20_000; n++ {
			promised = k.gops(promised, 1, 2*time.Second)
		}
		if took := time.Duration(n) * 2 * time.Second; took < spell-12*time.Second || took > 2*spell+12*time.Second {
			t.Errorf("%d: back after %v, spell %v", again, took, spell)
		}
	}
	for range 10 {
		promised = k.gops(k.gops(promised, 1, 12*time.Second), int(24*time.Hour/(2*time.Second)), 2*time.Second)
		if promised != short {
			t.Errorf("not back within the day: %+v", promised)
		}
	}
	// One of 12 s that stays so is promised as it is; one of minutes never is.
	k = keyWatch{spell: firstSpell}
	if got := k.gops(short, 700, 12*time.Second); got != (spool.Constants{PartTarget: 138_000, TargetDuration: 14_000_000, Independent: true}) {
		t.Errorf("a GOP that stays 12 s: %+v", got)
	}
	k = keyWatch{spell: firstSpell}
	if got := k.gops(short, 100, 4*time.Minute); got != wide {
		t.Errorf("a GOP of four minutes: %+v", got)
	}
}
