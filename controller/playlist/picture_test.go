package playlist_test

import (
	"testing"

	"lookback/controller/archive"
	"lookback/controller/playlist"
	"lookback/controller/playlist/life"
)

const second = 1_000_000

func TestNewestPicture(t *testing.T) {
	cam := life.Usual()
	if p, ok := playlist.NewestPicture(cam.Snapshot()); ok {
		t.Errorf("%+v of an empty archive", p)
	}
	cam.Run(0)
	want := func(msn uint64, at int64) {
		t.Helper()
		if p, ok := playlist.NewestPicture(cam.Snapshot()); !ok || p != (playlist.Picture{MSN: msn, At: life.Begin + at}) {
			t.Errorf("%+v %v, want %d at %d", p, ok, msn, at)
		}
	}
	cam.Parts(1)
	want(4200, 0)
	cam.Parts(19) // 4200 is complete, 4201 has no part yet
	want(4200, 0)
	cam.Parts(1)
	want(4201, 2*second)
	cam.EndRun()
	want(4201, 2*second)
	cam.Run(60 * second)
	want(4201, 2*second)
	cam.Parts(1)
	cam.Gap(2 * second)
	want(4202, 62*second+second/10)
}

func TestPictureOf(t *testing.T) {
	cam := life.Usual()
	cam.Run(0)
	cam.Parts(20) // 4200 is complete, 4201 has no part yet
	has := func(want map[uint64]int64) {
		t.Helper()
		for msn := uint64(4198); msn < 4204; msn++ {
			p, ok := playlist.PictureOf(cam.Snapshot(), msn)
			if at, there := want[msn]; ok != there || ok && p != (playlist.Picture{MSN: msn, At: life.Begin + at}) {
				t.Errorf("%d: %+v %v", msn, p, ok)
			}
		}
	}
	has(map[uint64]int64{4200: 0})
	cam.Parts(1)
	cam.Gap(2 * second)
	has(map[uint64]int64{4200: 0, 4201: 2 * second})
}

func TestPictureAt(t *testing.T) {
	cam := life.Usual()
	cam.Run(0)
	cam.Parts(50) // 4200, 4201, half of 4202
	cam.Run(60 * second)
	cam.Parts(5)
	for at, want := range map[int64]uint64{0: 4200, second: 4200, second + 1: 4201, 2*second - 1: 4201, 2 * second: 4201, 4900_000: 4202,
		5*second + 999_999: 4202, 64*second + 1: 4203, 65 * second: 4203, 65*second + 499_999: 4203, 66 * second: 4203} {
		p, ok := playlist.PictureAt(cam.Snapshot(), life.Begin+at)
		if !ok || p.MSN != want {
			t.Errorf("at %d: %+v %v, want %d", at, p, ok, want)
		}
		if off := p.At - life.Begin - at; at < 5*second && (off > second || off < -second) {
			t.Errorf("at %d: the picture is %d µs beside it, with a key frame every two seconds", at, off)
		}
	}
	for _, at := range []int64{-second - 1, 6*second + 1, 30 * second, 63*second + 999_999, 66*second + 500_001} {
		if p, ok := playlist.PictureAt(cam.Snapshot(), life.Begin+at); ok {
			t.Errorf("at %d, when nothing was recorded: %+v", at, p)
		}
	}
}

// A segment that was cut without a key frame shows the one before, and one
// whose key frame comes late says when.
func TestPictureOfCutSegments(t *testing.T) {
	parts := func(msn uint64, key int) archive.Parts {
		p := archive.Parts{MSN: msn, Parts: make([]archive.Part, 20)}
		for i := range p.Parts {
			p.Parts[i] = archive.Part{Offset: uint32(i), Size: 1, Duration: 100_000, Independent: i == key}
		}
		return p
	}
	segment := func(n int64) archive.Segment {
		return archive.Segment{Start: life.Begin + n*2*second, Duration: 2 * second, Size: 20}
	}
	s, _ := archive.NewSnapshot(archive.Snapshot{First: 7, Segments: []archive.Segment{segment(0), segment(1), segment(2)},
		Runs: []archive.Run{{FirstMSN: 7}}, Recent: []archive.Parts{parts(8, 5), parts(9, -1)}})
	for at, want := range map[int64]playlist.Picture{
		5 * second: {MSN: 8, At: life.Begin + 2*second + 500_000},
		3 * second: {MSN: 8, At: life.Begin + 2*second + 500_000},
		1 * second: {MSN: 7, At: life.Begin},
	} {
		if p, ok := playlist.PictureAt(s, life.Begin+at); !ok || p != want {
			t.Errorf("at %d: %+v %v, want %+v", at, p, ok, want)
		}
	}
	if p, ok := playlist.NewestPicture(s); !ok || p.MSN != 8 {
		t.Errorf("newest: %+v %v", p, ok)
	}
}
