package recorder

import (
	"testing"
	"time"
)

// TestPending: something lasts from its begin to its end, at whatever time it begins.
func TestPending(t *testing.T) {
	for _, at := range []time.Duration{0, time.Second} {
		var p pending
		before := p.lasts(at + time.Second)
		p.begin(at)
		during := p.lasts(at + time.Second)
		p.end()
		if after := p.lasts(at + time.Second); before != 0 || during != time.Second || after != 0 {
			t.Errorf("begun at %v: %v, %v, %v", at, before, during, after)
		}
	}
}
