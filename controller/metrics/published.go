package metrics

import (
	"context"
	"sync"

	"lookback/controller/archive"
)

// Run counts what is published until the context ends.
func (m *Metrics) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, c := range m.cameras {
		all.Go(func() { m.follow(ctx, c) })
	}
	all.Wait()
}

func (m *Metrics) follow(ctx context.Context, c Camera) {
	for s := c.Archive.Snapshot(); ; {
		select {
		case <-ctx.Done():
			return
		case <-s.Superseded():
		}
		now := c.Archive.Snapshot()
		n := between(s, now)
		m.segments.WithLabelValues(c.Name).Add(float64(n.segments))
		m.parts.WithLabelValues(c.Name).Add(float64(n.parts))
		m.bytes.WithLabelValues(c.Name).Add(float64(n.bytes))
		s = now
	}
}

// published is how much media came.
type published struct{ segments, parts, bytes uint64 }

// between is what came from one snapshot to a later one.
func between(a, b *archive.Snapshot) (n published) {
	if b.Next() > a.Next() {
		n.segments = b.Next() - a.Next()
	}
	n.add(a, b.Recent)
	if b.Open != nil {
		n.add(a, []archive.Parts{{MSN: b.Open.MSN, Parts: b.Open.Parts}})
	}
	return n
}

// add counts the parts that a had not.
func (n *published) add(a *archive.Snapshot, all []archive.Parts) {
	for _, p := range all {
		if p.MSN < a.Next() {
			continue
		}
		for _, part := range p.Parts[min(len(p.Parts), len(a.PartsOf(p.MSN))):] {
			if !part.Gap {
				n.parts++
				n.bytes += uint64(part.Size)
			}
		}
	}
}
