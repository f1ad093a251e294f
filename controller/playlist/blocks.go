package playlist

import (
	"sync"

	"lookback/controller/archive"
)

// blockSize is how many segments, aligned by MSN, are rendered as one text.
const blockSize = 256

// Blocks keeps the text of complete segments across the snapshots of one
// camera, so that a refresh of a long playlist copies instead of formatting.
// A block begins with its own MAP and date and so fits behind anything.
// The zero value is ready; it may be used by several goroutines.
type Blocks struct {
	mu      sync.Mutex
	of      string            // the identity that texts name
	texts   map[uint64][]byte // by MSN / blockSize
	lengths map[uint64]int64  // by MSN / blockSize, microseconds of media
}

// back is the same as the function back, at a cost that hardly grows with span:
// whole blocks are added up once.
func (c *Blocks) back(s *archive.Snapshot, end int, span int64) int {
	if c == nil {
		return back(s, end, span)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := end
	for i >= blockSize && (s.First+uint64(i))%blockSize != 0 && span > 0 {
		i--
		span -= int64(s.Segments[i].Duration)
	}
	for i >= blockSize && span > 0 {
		length := c.length(s, i-blockSize)
		if length >= span {
			break
		}
		i, span = i-blockSize, span-length
	}
	return back(s, i, span)
}

// length is the media in the block that begins at position i.
func (c *Blocks) length(s *archive.Snapshot, i int) int64 {
	block := (s.First + uint64(i)) / blockSize
	length, ok := c.lengths[block]
	if !ok {
		for _, segment := range s.Segments[i : i+blockSize] {
			length += int64(segment.Duration)
		}
		c.forget(s.First / blockSize)
		c.lengths[block] = length
	}
	return length
}

// append writes the block that begins at position i and ends at or before
// limit. It returns how many segments that were, 0 when there is no such block.
func (c *Blocks) append(w *writer, i, limit int) int {
	msn := w.s.First + uint64(i)
	if c == nil || w.dense || msn%blockSize != 0 || i+blockSize > limit {
		return 0
	}
	w.b = append(w.b, c.text(w, i, msn/blockSize)...)
	last := w.s.Segments[i+blockSize-1]
	w.fresh, w.run, w.next = false, last.Run, last.End()
	return blockSize
}

// text renders a block once. Two who need it at the same time both do, which
// costs less than one waiting for the other.
func (c *Blocks) text(w *writer, i int, block uint64) []byte {
	c.mu.Lock()
	text, ok := c.texts[block]
	ok = ok && c.of == w.s.Identity
	c.mu.Unlock()
	if ok {
		return text
	}
	own := &writer{b: make([]byte, 0, 64*blockSize), s: w.s, fresh: true}
	for j := range blockSize {
		own.segment(i+j, false)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget(w.s.First / blockSize)
	if c.of != w.s.Identity {
		clear(c.texts)
		c.of = w.s.Identity
	}
	c.texts[block] = own.b
	return own.b
}

// forget drops blocks that have left the archive.
func (c *Blocks) forget(oldest uint64) {
	if c.texts == nil {
		c.texts, c.lengths = map[uint64][]byte{}, map[uint64]int64{}
	}
	for block := range c.texts {
		if block < oldest {
			delete(c.texts, block)
		}
	}
	for block := range c.lengths {
		if block < oldest {
			delete(c.lengths, block)
		}
	}
}
