package spool

// FlawScheme names the event messages (ISO/IEC 23009-1 5.10.3.3) in which a
// recorder reports whether for a while the picture was not what the camera saw. Their
// time is output decode time. A flaw is known once it is over, so they stand
// before a fragment at its end or after it. Their value is one of the kinds below.
const FlawScheme = "urn:lookback:flaw"

// Kinds of flaws.
const (
	// Standstill: no picture came, and the last one is repeated.
	Standstill = "standstill"
	// Late: pictures had piled up on the way, so that those which are shown are
	// older than their time says, and some are left out.
	Late = "late"
	// Sparse: few pictures came, each is repeated until the next, and may have been
	// under way for long.
	Sparse = "sparse"
)

// FlawKinds are all of them.
var FlawKinds = []string{Standstill, Late, Sparse}
