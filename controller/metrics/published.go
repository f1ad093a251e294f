package metrics

import (
	"context"

	"lookback/controller/archive"
)

// Follow counts what a camera publishes. It ends with the context, and then
// nothing that was counted of the camera is told any more.
func (m *Metrics) Follow(ctx context.Context, c Camera) {
	m.gone.Delete(c.Name())
	defer m.forget(c.Name())
	for s := c.Snapshot(); ; {
		now := c.Snapshot()
		n := between(s, now)
		m.count(m.segments, float64(n.segments), c.Name())
		m.count(m.parts, float64(n.parts), c.Name())
		m.count(m.bytes, float64(n.bytes), c.Name())
		s = now
		select {
		case <-ctx.Done():
			return
		case <-s.Superseded():
		}
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
