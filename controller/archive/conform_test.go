package archive_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"lookback/controller/archive"
	"lookback/controller/playlist"
	"lookback/controller/playlist/conform"
	"lookback/controller/spool"
)

// reader reads one kind of playlist, and goes on to that of another promise when
// the one it reads has ended.
type reader struct {
	name   string
	list   func(*archive.Snapshot) playlist.List
	number uint64
	has    *conform.Parsed
	moved  int
}

func (r *reader) read(t *testing.T, s *archive.Snapshot) {
	t.Helper()
	i, known := s.Numbered(r.number)
	if served := s.Served(); r.has == nil || i != served || !known {
		before := r.has
		if before != nil {
			if before = r.see(t, before, s.Under(i)); !before.EndList {
				t.Fatalf("%s: promise %d goes on beside %d", r.name, r.number, s.Promises[served].Number)
			}
			r.moved++
		}
		r.number, r.has = s.Promises[served].Number, r.see(t, nil, s.Under(served))
		if before != nil {
			r.judge(t, conform.Handover(before, r.has))
		}
		return
	}
	r.has = r.see(t, r.has, s.Under(i))
}

func (r *reader) see(t *testing.T, before *conform.Parsed, s *archive.Snapshot) *conform.Parsed {
	t.Helper()
	list, err := conform.Parse(r.list(s).Render(false))
	if err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	r.judge(t, conform.Check(before, list))
	return list
}

func (r *reader) judge(t *testing.T, errs []error) {
	t.Helper()
	for _, err := range errs {
		t.Fatalf("%s, promise %d: %v", r.name, r.number, err)
	}
}

// A recording whose promises change, with its runs and inside them, through
// restarts of the program: what is served conforms to RFC 8216bis at each part.
func TestPlaylistsOverChangesConform(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 1))
	readers := []*reader{{name: "live", list: playlist.Live}, {name: "window", list: func(s *archive.Snapshot) playlist.List { return playlist.Window(s, nil) }}}
	p := archive.Play(t)
	told := spool.Promised{Constants: spool.Constants{PartTarget: 200_000, TargetDuration: 2_000_000, Independent: true}}
	p.Run(told)
	for n := range 30 {
		for range 5 + rnd.IntN(40) {
			s := p.Frames(1)
			if s.Empty() {
				continue
			}
			for _, r := range readers {
				r.read(t, s)
			}
		}
		told.Number++
		told.Constants.TargetDuration = []int64{2_000_000, 3_000_000, 12_000_000}[rnd.IntN(3)]
		told.Constants.Independent = rnd.IntN(2) == 0
		switch n % 3 {
		case 0:
			p.Change(told)
		case 1:
			told.Constants.PartTarget = 300_000 - told.Constants.PartTarget
			p.Run(told)
		case 2:
			told.Number--
			p.Restart()
		}
	}
	for _, r := range readers {
		if r.moved < 15 {
			t.Errorf("%s changed its number %d times", r.name, r.moved)
		}
	}
	whole, err := conform.Parse(playlist.Window(p.Snapshot(), nil).Render(false))
	if err != nil || len(whole.Segments) < 30 || strings.Contains(fmt.Sprint(whole.Segments), "Gap:true") {
		t.Errorf("%v: %d segments", err, len(whole.Segments))
	}
}
