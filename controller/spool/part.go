package spool

// slack absorbs the rounding of frame times to microseconds when a further
// frame is only predicted: three frames of 33,333.3 µs fit a target of 100 ms.
const slack = 50

// PartFull reports whether a part of the given length closes: one more fragment
// like its last would take it over the part target. All in microseconds.
// Recorder and archive have to agree on it, or the doorbell rings at odd times.
func PartFull(length, last, target int64) bool { return length+last > target+slack }
