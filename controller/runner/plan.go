package runner

import (
	"fmt"
	"strconv"

	"github.com/docker/docker/api/types/container"

	"lookback/controller/spool"
)

// action is what is to be done with a camera's container.
type action uint8

const (
	leave   action = iota // it records, or the Engine is starting it again
	create                // there is none
	start                 // it has ended
	replace               // it is not what it should be
	remove                // its camera is gone
)

// step is an action with its reason.
type step struct {
	action
	spec spec               // not for remove
	has  *container.Summary // nil for create
	why  string
}

// plan compares what is desired with what is there. It is pure. image is the id
// of the controller's own image. A recorder of another image is left alone as
// long as it records: it writes a spool that this program understands.
func plan(specs []spec, there []container.Summary, image string) (steps []step) {
	found := map[string]*container.Summary{}
	desired := map[string]bool{}
	for _, w := range specs {
		desired[w.Name] = true
	}
	for i := range there {
		c := &there[i]
		name := c.Labels[LabelCamera]
		switch {
		case !desired[name]:
			steps = append(steps, step{action: remove, has: c, why: "its camera is gone"})
		case found[name] != nil:
			steps = append(steps, step{action: remove, has: c, why: "there is another"})
		default:
			found[name] = c
		}
	}
	for _, w := range specs {
		steps = append(steps, compare(w, found[w.Name], image))
	}
	return steps
}

func compare(w spec, c *container.Summary, image string) step {
	s := step{spec: w, has: c}
	if c == nil {
		s.action, s.why = create, "there is none"
		return s
	}
	format, err := strconv.Atoi(c.Labels[LabelFormat])
	ended := c.State == container.StateExited || c.State == container.StateCreated || c.State == container.StateDead
	switch {
	case err != nil || format < spool.OldestFormat || format > spool.Format:
		s.action, s.why = replace, fmt.Sprintf("the format of its spool is %q, and this program understands %d to %d", c.Labels[LabelFormat], spool.OldestFormat, spool.Format)
	case c.Labels[LabelSettings] != w.settings:
		s.action, s.why = replace, "its settings have changed"
	case c.State == container.StateDead:
		s.action, s.why = replace, "the Engine could not remove it"
	case ended && c.ImageID != image:
		s.action, s.why = replace, "it has ended, and there is another image"
	case ended:
		s.action, s.why = start, "it has ended"
	}
	return s
}
