package web

import (
	"bytes"
	stdlib "compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"

	"lookback/controller/playlist"
	"lookback/controller/playlist/life"
)

func played(parts int) *life.Simulation {
	cam := life.Usual()
	cam.Run(0)
	cam.Parts(parts)
	return cam
}

// BenchmarkGzip is how gzipLevel was chosen. The time is per playlist, that is
// ten times a second while anyone watches.
func BenchmarkGzip(b *testing.B) {
	snap := played(2015).Snapshot()
	type writer interface {
		io.WriteCloser
		Reset(io.Writer)
	}
	for _, kind := range []struct {
		name string
		text []byte
	}{{"delta", playlist.Live(snap).Render(true)}, {"full", playlist.Live(snap).Render(false)}} {
		for level := 1; level <= 9; level += 2 {
			ours, _ := gzip.NewWriterLevel(nil, level)
			theirs, _ := stdlib.NewWriterLevel(nil, level)
			for name, z := range map[string]writer{"klauspost": ours, "stdlib": theirs} {
				b.Run(fmt.Sprintf("%s/%s/%d", kind.name, name, level), func(b *testing.B) {
					var out bytes.Buffer
					for b.Loop() {
						out.Reset()
						z.Reset(&out)
						z.Write(kind.text)
						z.Close()
					}
					b.ReportMetric(float64(out.Len()), "bytes")
				})
			}
		}
	}
}

// BenchmarkLiveDelta is what one part costs when anyone watches: its delta
// update rendered and compressed.
func BenchmarkLiveDelta(b *testing.B) {
	snap := played(2015).Snapshot()
	b.ReportAllocs()
	for b.Loop() {
		compress(playlist.Live(snap).Render(true))
	}
}

// discard is a response that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkThousandWaiters publishes a part that a thousand viewers wait for
// and takes the time until all are answered.
func BenchmarkThousandWaiters(b *testing.B) {
	const viewers = 1000
	cam := played(2000)
	c := &camera{Camera: newShown("front", cam, nil), files: newPartFiles("", "front", slog.New(slog.DiscardHandler))}
	s := &server{Options: Options{Log: slog.New(slog.DiscardHandler), Metrics: noMetrics{}}}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		snap := cam.Snapshot()
		query := fmt.Sprintf("/?_HLS_skip=YES&_HLS_msn=%d&_HLS_part=%d", snap.Next(), len(snap.PartsOf(snap.Next())))
		var all, waiting sync.WaitGroup
		waiting.Add(viewers)
		for range viewers {
			all.Go(func() {
				r := httptest.NewRequest(http.MethodGet, query, nil)
				r.Header.Set("Accept-Encoding", "gzip")
				waiting.Done()
				s.live(&discard{http.Header{}}, r, c)
			})
		}
		waiting.Wait()
		b.StartTimer()
		cam.Parts(1)
		all.Wait()
	}
}
