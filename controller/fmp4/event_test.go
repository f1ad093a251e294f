package fmp4

import (
	"bytes"
	"math"
	"reflect"
	"testing"
)

func TestEventRoundTrip(t *testing.T) {
	for _, want := range []Event{
		{Scheme: "urn:example", Value: "one", Timescale: 15360, Time: 7, Duration: 3, ID: 2},
		{Timescale: 1, Time: math.MaxUint64, Duration: math.MaxUint32, ID: math.MaxUint32},
	} {
		raw := AppendEvent(nil, want)
		err := each(raw, 0, func(b box) error {
			if got, ok := parseEvent(b.body); !ok || got != want {
				t.Errorf("%+v became %+v, %v", want, got, ok)
			}
			for cut := range b.body { // torn anywhere it is none
				if got, ok := parseEvent(b.body[:cut]); ok {
					t.Errorf("%d bytes of it are %+v", cut, got)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := parseEvent(append([]byte{0, 0, 0, 0}, "urn:example\x00one\x00................"...)); ok {
		t.Error("version 0 was read")
	}
}

// TestEventsInFile: those before a fragment are told with it, what is no event
// or too large to be one is passed over.
func TestEventsInFile(t *testing.T) {
	one := Event{Scheme: "urn:example", Value: "one", Timescale: 1000, Time: 5, Duration: 6}
	two := Event{Scheme: "urn:example", Value: "two", Timescale: 1000, Time: 7, Duration: 8, ID: 1}
	large := AppendEvent(nil, Event{Scheme: string(bytes.Repeat([]byte("x"), 2*maxEvent)), Timescale: 1})
	odd := []byte("\x00\x00\x00\x0cemsg\x01\x00\x00\x00")
	_, fragments := mustScan(t, sample(t, "h264"))
	stream := append([]byte{}, AppendPRFT(nil, 1, when, 7)...)
	stream = AppendEvent(stream, one)
	stream = append(append(stream, large...), odd...)
	stream = append(AppendEvent(stream, two), fragments[0].Raw...)
	info, err := Next(bytes.NewReader(stream), 0, int64(len(stream)))
	if err != nil || !reflect.DeepEqual(info.Events, []Event{one, two}) || !info.PRFT.Equal(when) || info.Size != int64(len(stream)) {
		t.Errorf("%+v, %v", info, err)
	}
}
