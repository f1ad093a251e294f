// Package logged is a log that a test reads while others write to it.
package logged

import (
	"bytes"
	"sync"
)

// Text is what was logged. Its zero value is an empty log.
type Text struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write adds to it.
func (t *Text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.Write(p)
}

// String is all so far.
func (t *Text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.String()
}
