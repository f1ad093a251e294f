package archive

import (
	"testing"

	"lookback/controller/golden"
)

// TestKeysOfEarlierVersions: recorders of an earlier version read state.json,
// and archives that it left are read for ever.
func TestKeysOfEarlierVersions(t *testing.T) {
	golden.Check[state](t, "testdata/golden/state.json")
	golden.Check[runRecord](t, "testdata/golden/init.json")
	golden.Check[state](t, "testdata/golden/state-promise.json")
	golden.Check[runRecord](t, "testdata/golden/init-promise.json")
	if Format != 1 {
		t.Errorf("recorders of earlier versions refuse a state.json of format %d", Format)
	}
}
