package main

// clockStep is a step of the clock: what it showed, and by how much it was moved, ms.
type clockStep struct{ at, by int64 }

// clockStepsOf are the steps of the clock among faults, in their order. The monotonic
// clock tells how long a step took, and so how far it went.
func clockStepsOf(outcomes []Outcome, stepped func(kind string) bool) (all []clockStep) {
	for _, o := range outcomes {
		if stepped(o.Kind) && o.Failed == "" {
			showed := o.Gone.Round(0).Sub(o.Begun.Round(0))
			all = append(all, clockStep{o.Begun.UnixMilli(), (showed - o.Gone.Sub(o.Begun)).Milliseconds()})
		}
	}
	return all
}

// slack is how far from its clock's own reading a time may be, ms. Steps are far longer.
const slack = 5000

// unstepped reads times that were noted one after the other as if the clock had
// never been moved. It needs them in the order of events, and steps that lead to
// a time of which there is none yet.
type unstepped struct {
	steps []clockStep
	since int64 // what the clock showed after the last one, or at first
	next  int   // the clockStep that comes
	moved int64 // by all so far
}

func (u *unstepped) time(ms int64) int64 {
	since, moved := u.since, u.moved
	for i := u.next; i < len(u.steps); i++ {
		t := u.steps[i]
		if ms >= since-slack && ms <= t.at+slack {
			u.next, u.since, u.moved = i, since, moved
			return ms - moved
		}
		since, moved = t.at+t.by, moved+t.by
	}
	if ms >= since-slack {
		u.next, u.since, u.moved = len(u.steps), since, moved
	}
	return ms - u.moved
}

// unstepTape reads all that the watchers have noted so. What can't be read has no time.
func unstepTape(steps []clockStep, frames []Frame, flaws []Flaw, sent []int64) {
	if len(steps) == 0 || len(frames) == 0 || len(sent) == 0 {
		return
	}
	first := unstepped{steps: steps, since: min(frames[0].At, sent[0])}
	coded, told, camera := first, first, first
	for i, f := range frames {
		if f.Coded == 0 {
			continue
		}
		frames[i].Coded = coded.time(f.Coded)
		frames[i].At += frames[i].Coded - f.Coded // by the same clock, or it is wrong
	}
	for i, f := range flaws {
		flaws[i].From = told.time(f.From)
		flaws[i].To += flaws[i].From - f.From
	}
	for i, ms := range sent {
		sent[i] = camera.time(ms)
	}
}

// unstep reads when faults began so, ms.
func unstep(steps []clockStep, outcomes []Outcome) (begun []int64) {
	u := unstepped{steps: steps}
	for i, o := range outcomes {
		if i == 0 {
			u.since = o.Begun.UnixMilli()
		}
		begun = append(begun, u.time(o.Begun.UnixMilli()))
	}
	return begun
}
