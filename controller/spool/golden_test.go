package spool

import (
	"testing"

	"lookback/controller/golden"
)

// TestKeysOfEarlierVersions: recorders of one version and archives of another
// read each other's files.
func TestKeysOfEarlierVersions(t *testing.T) {
	golden.Check[Run](t, "testdata/golden/run.json")
	golden.Check[Status](t, "testdata/golden/status.json")
	golden.Check[End](t, "testdata/golden/end.json")
	golden.Check[Promised](t, "testdata/golden/promised.json")
	golden.Check[Run](t, "testdata/golden/run-promise.json")
}
