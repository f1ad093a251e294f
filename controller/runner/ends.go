package runner

import (
	"fmt"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/events"

	"lookback/controller/health"
)

// hint is what the Engine has said about an end that is under way.
type hint struct {
	oom    bool
	signal string // by which the Engine was asked to end it
}

// note takes an event. It reports whether something may have to be done.
func (s *session) note(e events.Message) bool {
	id, camera := e.Actor.ID, e.Actor.Attributes[LabelCamera]
	k := s.cameras[camera]
	if k == nil {
		return true
	}
	c := s.hints[id]
	if c == nil {
		c = &hint{}
		s.hints[id] = c
	}
	switch e.Action {
	case events.ActionOOM:
		if !c.oom {
			s.tell(camera, outOfMemory)
		}
		c.oom = true
		return false
	case events.ActionKill:
		c.signal = e.Actor.Attributes["signal"]
		return false
	case events.ActionDie:
		if !s.ours[id] {
			if r := judgeEnd(*c, exitCode(e)); !c.oom { // else it has been told
				s.tell(camera, r)
			}
		}
		delete(s.hints, id)
	case events.ActionStart:
		delete(s.hints, id)
	case events.ActionUnPause:
		k.recorder.Store(nil)
		k.log.Info("the recorder's container goes on", "container", e.Actor.Attributes["name"])
	case events.ActionDestroy:
		delete(s.hints, id)
		delete(s.ours, id)
		delete(s.broken, id)
	}
	return true
}

// tell brings an end that nobody here asked for into health, log and metrics.
func (s *session) tell(camera string, r health.Reason) {
	k := s.cameras[camera]
	k.ended.Store(&health.Ended{Reason: r, At: time.Now()})
	k.log.Warn("a recorder's container ended", "reason", r.Code, "title", r.Title, "advice", r.Advice, "next", "it is started again")
	s.Ended(camera, r.Code)
}

var outOfMemory = health.Reason{Code: "recorder-out-of-memory", Title: "The recorder needed more memory than it may use",
	Advice: "Recording has begun anew. Raise RECORDER_MEMORY, or MEMORY of this camera, or set the camera to a smaller picture."}

// judgeEnd is why a container ended that nobody here asked for.
func judgeEnd(c hint, exit int) health.Reason {
	killed := strconv.Itoa(exit - 128)
	switch {
	case c.oom:
		return outOfMemory
	case c.signal != "":
		return health.Reason{Code: "recorder-stopped", Title: fmt.Sprintf("Somebody ended the recorder's container (signal %s)", c.signal),
			Advice: "It has been started again. To end recording, take the camera out of CAMERAS, or stop everything with docker compose down and \"controller recorders remove\"."}
	case exit == 137 || exit == 143:
		return health.Reason{Code: "recorder-killed", Title: fmt.Sprintf("The recorder was killed from outside of Docker (signal %s)", killed),
			Advice: "It has been started again. Is the whole machine short of memory (dmesg | grep -i oom)?"}
	case exit == 0:
		return health.Reason{Code: "recorder-ended", Title: "The recorder ended by itself",
			Advice: "It has been started again. It does so when no controller has been there for LEASE."}
	}
	return health.Reason{Code: "recorder-crashed", Title: fmt.Sprintf("The recorder ended with status %d", exit),
		Advice: "It has been started again. Its container's log says why (docker logs)."}
}
