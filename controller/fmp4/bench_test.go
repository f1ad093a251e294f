package fmp4

import (
	"bytes"
	"io"
	"testing"
)

// stream repeats a recording's fragments as the recorder writes them.
func stream(b *testing.B, n int) (init []byte, data []byte) {
	i, fragments := mustScan(b, sample(b, "h264"))
	for k := range n {
		data = AppendPRFT(data, 1, when, uint64(k))
		data = append(data, fragments[k%len(fragments)].Raw...)
	}
	return i.Raw, data
}

func BenchmarkScanner(b *testing.B) {
	b.ReportAllocs()
	init, data := stream(b, 1000)
	left := 0
	var s *Scanner
	for b.Loop() {
		if left == 0 {
			s, left = NewScanner(io.MultiReader(bytes.NewReader(init), bytes.NewReader(data)), Limits{}), 1000
			if _, err := s.Init(); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := s.Next(); err != nil {
			b.Fatal(err)
		}
		left--
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "fragments/s")
}

func BenchmarkNext(b *testing.B) {
	b.ReportAllocs()
	_, data := stream(b, 1000)
	r, size, off := bytes.NewReader(data), int64(len(data)), int64(0)
	for b.Loop() {
		i, err := Next(r, off%size, size)
		if err != nil {
			b.Fatal(err)
		}
		off = i.Offset + i.Size
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "fragments/s")
}
