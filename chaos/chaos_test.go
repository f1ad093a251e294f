package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// TestShort breaks the real program eight times, each process killed once. Its
// bounds hold on a busy machine, where ffmpeg may starve; the numbers that are
// promised need a quiet one and a longer run.
func TestShort(t *testing.T) {
	dir, err := os.MkdirTemp("", "ch") // sockets must have short paths
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var said strings.Builder
	r, err := execute(ctx, options{seed: 1, short: true, stack: "host", pages: 1, rest: 1500 * time.Millisecond, size: "320x180", disk: 96}, dir, "..", &said)
	if err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	r.print(&said)
	t.Log(said.String())
	for _, o := range r.Outcomes {
		if o.Failed != "" || len(o.Stuck) > 0 {
			t.Errorf("%s", o)
		}
	}
	for what, found := range map[string][]string{
		"archived segments lost": r.Files.Lost, "archived segments changed": r.Files.Changed, "MSNs with two contents": r.Files.Twice,
		"violations of MSN order": r.Numbers, "violations of RFC 8216bis": r.Conform, "pictures that go back": r.Content.Backwards,
		"unmarked gaps": r.Content.Unmarked, "standstills in which pictures moved": r.Content.Moved,
		"stretches told as sparse that lack hardly a picture": r.Content.Plenty,
		"stretches that don't decode":                         r.Content.Undecodable, "exceptions in the page": r.Page, "files that could not be read": r.Odd,
	} {
		if len(found) > 0 {
			t.Errorf("%s: %q", what, found)
		}
	}
	if r.Reloads > 0 || len(r.Outcomes) != len(shortKinds) {
		t.Errorf("%d faults, %d reloads needed", len(r.Outcomes), r.Reloads)
	}
	if r.Files.Archived == 0 || r.Content.Frames < 300 || r.Content.Sent < 300 || r.Versions < 20 || r.Content.LostSeconds == 0 { // a killed ffmpeg loses something
		t.Errorf("too little was watched: %d segments, %d pictures, %d sent, %d playlists, %.1f s lost",
			r.Files.Archived, r.Content.Frames, r.Content.Sent, r.Versions, r.Content.LostSeconds)
	}
}
