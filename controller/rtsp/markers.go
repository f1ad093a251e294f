package rtsp

// trustAfter is how many pictures must have ended with their markers until
// markers that were wrong are believed again; each time they are wrong it
// doubles, up to trustAtMost.
const (
	trustAfter  = 10
	trustAtMost = 1000
)

// markers judges whether a camera's markers end its pictures. It begins in
// doubt: the first picture waits for the next, since a camera that marks each
// slice would otherwise have its first picture cut.
type markers struct {
	trusted      bool
	right, until int
}

// ended is told of a picture that was waited for: whether it had one marker
// behind a slice, in its last packet.
func (m *markers) ended(right bool) {
	if !right {
		m.right, m.until = 0, max(m.until, trustAfter)
		return
	}
	m.right++
	m.trusted = m.trusted || m.right >= m.until
}

// wrong is told that a picture went on behind the marker that was believed.
func (m *markers) wrong() {
	m.trusted, m.right, m.until = false, 0, min(max(trustAfter, 2*m.until), trustAtMost)
}
