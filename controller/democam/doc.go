// Package democam is a real HTTP MJPEG camera without a lens: a lake at dusk,
// a readable clock and, where asked for, the same instant as blocks for programs.
// It plays when no camera is set, and it is the instrument of the latency
// bench and, through its faults, of the tests.
//
// A frame costs little because a baseline JPEG with restart intervals is a row
// of independently coded byte ranges: only the tiles (restart intervals) that
// changed since the last frame are encoded, all others are copied.
//
//	landscape → canvas (tiles) → scene (boat, glints, clock, blocks) → Server → clients
package democam
