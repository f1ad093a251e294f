package recorder

import (
	"testing"

	"lookback/controller/camera"
	"lookback/controller/golden"
)

// TestKeysOfEarlierVersions: a recorder that lives through an upgrade, and the
// controller after it, understand each other.
func TestKeysOfEarlierVersions(t *testing.T) {
	golden.Check[Assignment](t, "testdata/golden/recorder.json")
	golden.Check[Assignment](t, "testdata/golden/recorder-headers.json")
	golden.Check[known](t, "testdata/golden/facts.json")
}

// TestFactsOutliveAnUpgrade: the hash that says to which address they belong is
// that of earlier versions, and a camera need not be probed anew.
func TestFactsOutliveAnUpgrade(t *testing.T) {
	var full camera.Source
	golden.Fill(&full)
	full.Headers, full.TLS = "", "" // which earlier versions don't know
	for _, c := range []struct {
		source camera.Source
		want   string
	}{
		{camera.Source{URL: "rtsp://user:secret@camera/stream"}, "17e1d5a0bcff8053d880ec73fae88b3e5ef6cf85416923cdc95b92db53f65357"},
		{full, "a2babe630876651c06076f25cd2242725448ac3bbaa702fb0e05885827d28b90"},
	} {
		r := New(Options{Request: camera.Request{Source: c.source}})
		if got := r.sourceHash(); got != c.want {
			t.Errorf("%+v: the hash is %s, was %s", c.source, got, c.want)
		}
		for _, change := range []func(*camera.Source){func(s *camera.Source) { s.Headers = "X-A: 1" }, func(s *camera.Source) { s.TLS = "verify" }} {
			other := c.source
			change(&other)
			if got := New(Options{Request: camera.Request{Source: other}}).sourceHash(); got == c.want {
				t.Errorf("%+v has the hash of another", other)
			}
		}
	}
}
