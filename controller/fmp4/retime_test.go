package fmp4

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

var when = time.Date(2026, 11, 22, 21, 54, 1, 123456000, time.UTC)

// ffprobe reads back the times that Retime wrote.
func TestRetimeRoundTrip(t *testing.T) {
	for name := range samples {
		t.Run(name, func(t *testing.T) {
			init, fragments := mustScan(t, sample(t, name))
			video, _ := init.Video()
			out := bytes.Clone(init.Raw)
			var want []string
			next := uint64(1 << 33)
			for i, f := range fragments {
				v, ok := f.Track(video.ID)
				if !ok {
					continue
				}
				size, d := len(f.Raw), uint64(900+i)
				if err := f.Retime(video.ID, next, d*uint64(v.Samples)); err != nil {
					t.Fatal(err)
				}
				if len(f.Raw) != size {
					t.Fatal("the size changed")
				}
				flags := "__"
				if v.Sync {
					flags = "K_"
				}
				for range v.Samples {
					want = append(want, fmt.Sprintf("%d,%s", next, flags))
					next, flags = next+d, "__"
				}
				out = AppendPRFT(out, video.ID, when, next)
				out = append(out, f.Raw...)
			}
			if got := ffprobe(t, out); !slices.Equal(got, want) {
				t.Errorf("ffprobe\n%q, want\n%q", got, want)
			}
			_, again := mustScan(t, out)
			if last, _ := again[len(again)-1].Track(video.ID); last.DecodeTime+last.Duration != next {
				t.Errorf("the end is %+v, want %d", last, next)
			}
		})
	}
}

func TestRetimeSeveralSamples(t *testing.T) {
	_, fragments := mustScan(t, made(t, gops))
	f := &fragments[0]
	was, _, _ := f.find(1)
	if fields, _ := was.durations(); len(fields) != 5 {
		t.Fatalf("ffmpeg wrote %d durations for %d samples", len(fields), was.Samples)
	}
	if err := f.Retime(1, 9, 3*was.Duration); err != nil {
		t.Fatal(err)
	}
	var scaled []uint32
	fields, _ := was.durations() // they point into Raw
	for _, d := range fields {
		scaled = append(scaled, binary.BigEndian.Uint32(d))
	}
	if scaled[4] <= scaled[0] || uint64(scaled[0]) >= 3*was.Duration/5 {
		t.Errorf("durations %v of %d are not in proportion", scaled, 3*was.Duration)
	}
	for _, total := range []uint64{3001, 1, 0, 5000, math.MaxUint32} {
		if err := f.Retime(1, 5, total); err != nil {
			t.Fatal(err)
		}
		again, _, err := f.find(1)
		if err != nil || again.Duration != total || again.DecodeTime != 5 {
			t.Errorf("%d: %+v, %v", total, again.TrackFragment, err)
		}
		if now, _ := f.Track(1); now != again.TrackFragment {
			t.Errorf("Tracks say %+v, Raw %+v", now, again.TrackFragment)
		}
	}
}

func TestRetimeRefuses(t *testing.T) {
	_, fragments := mustScan(t, sample(t, "h264"))
	f := &fragments[1]
	before := bytes.Clone(f.Raw)
	refuse := func(name string, track uint32, at, d uint64) {
		t.Helper()
		if f.Retime(track, at, d) == nil || !bytes.Equal(f.Raw, before) {
			t.Errorf("%s: no error, or the bytes have changed", name)
		}
	}
	refuse("no such track", 9, 0, 1)
	refuse("duration of 33 bits", 1, 0, 1<<32)
	refuse("beyond 63 bits", 1, math.MaxInt64, 1)
	refuse("beyond 63 bits", 1, 0, math.MaxUint64)

	tfdt := bytes.Index(f.Raw, []byte("tfdt"))
	f.Raw[tfdt+4] = 0 // version 0: of the 64 bits, which are zero, the first half counts
	before = bytes.Clone(f.Raw)
	refuse("32 bit tfdt", 1, 1<<32, 1)
	if err := f.Retime(1, 1<<32-1, 7); err != nil {
		t.Error(err)
	}
	if got, _, err := f.find(1); err != nil || got.DecodeTime != 1<<32-1 || got.Duration != 7 {
		t.Errorf("%+v, %v", got.TrackFragment, err)
	}
}

// Microseconds survive the 32 bit fraction, on both sides of NTP's first era.
func TestPRFTRoundTrip(t *testing.T) {
	for _, base := range []time.Time{when, time.Unix(0, 0), time.Date(2036, 2, 7, 6, 28, 15, 0, time.UTC),
		time.Date(2036, 2, 7, 6, 28, 16, 0, time.UTC), time.Date(2104, 1, 1, 0, 0, 0, 0, time.UTC)} {
		for us := 0; us < 1e6; us += 997 {
			at := base.Truncate(time.Second).Add(time.Duration(us) * time.Microsecond)
			raw := AppendPRFT(nil, 1, at, math.MaxUint64-uint64(us))
			if len(raw) != PRFTSize {
				t.Fatalf("%d bytes", len(raw))
			}
			err := each(raw, 0, func(b box) error {
				got, media, err := parsePRFT(b)
				if !got.Equal(at) || media != math.MaxUint64-uint64(us) {
					t.Fatalf("%v became %v, media time %d", at, got, media)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	const want = "\x00\x00\x00\x20prft\x01\x00\x00\x00\x00\x00\x00\x02\x83\xaa\x7e\x80\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03"
	if got := AppendPRFT(nil, 2, time.Unix(0, 5e8), 3); string(got) != want {
		t.Errorf("%x, want %x", got, want)
	}
}
