package recorder

import (
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/lane"
)

// laneEnd sends what is recorded to those who play it at once.
type laneEnd struct {
	*lane.Sender
	refused string        // why there is no socket, as logged; "": there is
	wall    time.Duration // wall clock less monotonic clock, as the run has it
	ahead   time.Duration // arrival of a picture that was sent before it was recorded, monotonic; 0: none was
	next    int64         // stamp of the picture after the last that was recorded, ticks of its format
}

// sendRun tells of a run. The socket is tried with each.
func (k *sink) sendRun(init []byte, wall time.Duration) {
	r, l := k.recorder, &k.recorder.live
	err := l.Listen()
	switch {
	case err == nil:
		l.refused = ""
	case err.Error() != l.refused:
		l.refused = err.Error()
		r.Log.Warn("no socket can be made for those who play frames at once, who get them a frame later", "error", err)
	}
	run := k.writer.run
	l.wall, l.ahead = wall, 0
	err = l.Begin(lane.Run{ID: run.ID, Promise: run.Promise, Epoch: run.Epoch, Timescale: run.Timescale, Init: init})
	if err != nil {
		r.Log.Error("a run can't be told to those who play it at once", "error", err)
	}
}

// send sends a picture that was recorded, with its sound.
func (k *sink) send(p placed, sound fmp4.Piece) {
	l := &k.recorder.live
	if p.arrival != l.ahead {
		l.Picture(k.picture(p.unit, p.decode-k.zero, p.length, true))
	}
	l.ahead, l.next = 0, p.dts+int64(p.duration)
	heard := lane.Sound{Decode: sound.DecodeTime}
	for _, s := range sound.Samples {
		heard.Frames = append(heard.Frames, s.Data)
	}
	l.Sound(heard)
}

// sendAhead sends a picture that is recorded only when it is known how long it lasts.
// lasts is what is expected.
func (k *sink) sendAhead(u unit, lasts time.Duration) {
	l := &k.recorder.live
	if k.writer == nil || len(k.queue) > 0 || u.format != k.start.format || u.arrival == l.ahead || k.writer.count == 0 {
		return
	}
	if off := u.format.time(u.dts - l.next); off.Abs() > lasts/2 { // something is held back before it
		return
	}
	ticks := uint64(lasts.Seconds() * float64(u.format.timescale))
	l.Picture(k.picture(u, k.writer.end, max(1, ticks), false))
	l.ahead = u.arrival
}

func (k *sink) picture(u unit, decode, length uint64, final bool) lane.Picture {
	return lane.Picture{Decode: decode, Duration: uint32(length), Final: final, Sync: u.sync, Shift: int32(u.pts - u.dts),
		Arrival: (k.recorder.live.wall + u.arrival).Microseconds(), Data: u.data}
}
