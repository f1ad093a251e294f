package fmp4

import (
	"math"
	"testing"
	"time"
)

var when = time.Date(2026, 11, 22, 21, 54, 1, 123456000, time.UTC)

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
