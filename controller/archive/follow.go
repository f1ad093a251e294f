package archive

import (
	"context"
	"errors"
	"time"
)

const (
	// listEvery bounds what a power cut can take: media files are synced, then
	// listed in the hour playlists.
	listEvery = 5 * time.Second
	// lookEvery is how often free space and the presence of files are looked at.
	lookEvery = 10 * time.Second
	// emptyEvery is lookEvery for an ended camera of which nothing is shown any more.
	emptyEvery = 2 * time.Second
	// removeEvery is how often what has left the window is deleted: it writes
	// the playlist of an hour anew.
	removeEvery = time.Minute
	// askEvery is how often the recorder's lock is looked at: its end may be
	// noticed that much later, its fragments never are.
	askEvery = 200 * time.Millisecond
	// rungFor is how long a ring of the doorbell does for looking.
	rungFor = 250 * time.Millisecond
	// quietFor is how often the same trouble is logged.
	quietFor = 30 * time.Second
)

// Follow takes in what recorders put into the spool until the context ends. It
// is the only one that changes the archive. Of a camera that has ended it returns
// when that is gone.
func (c *Archive) Follow(ctx context.Context) {
	poll := time.NewTimer(c.pollInterval())
	defer poll.Stop()
	defer c.Reserve.leave(c.Camera, c)
	plan := newAgenda(c)
	c.moment = askEvery
	var running chan func() // the job under way, nil when there is none
	for {
		c.beat.Store(time.Now().UnixMilli())
		c.complain("can't take in what the recorder wrote", c.takeIn())
		c.adjust()
		if running == nil {
			running = c.start(plan.next())
		}
		select {
		case <-ctx.Done():
			if running != nil {
				(<-running)()
			}
			c.moment = 0
			c.complain("can't take in what the recorder wrote last", c.takeIn())
			c.complain("can't finish the archive", c.close())
			return
		case finish := <-running:
			finish()
			running = nil
			if c.Gone() {
				return
			}
		case <-c.wake:
			poll.Reset(rungFor)
			continue
		case <-poll.C:
		}
		poll.Reset(c.pollInterval())
	}
}

// pollInterval is how often the spool is looked at without a doorbell.
func (c *Archive) pollInterval() time.Duration {
	if c.Ended && c.current == nil {
		return time.Second
	}
	if k := c.constants(); k.PartTarget > 0 {
		return time.Duration(k.PartTarget) * time.Microsecond / 2
	}
	return 50 * time.Millisecond
}

// start runs a job beside Follow, so that a slow disk does not hold up the
// live edge. The channel brings what is to be done when it is over.
func (c *Archive) start(j *job) chan func() {
	if j == nil {
		return nil
	}
	over := make(chan func(), 1)
	go func() {
		err := j.do()
		over <- func() {
			j.done(err)
			c.complain(j.what, err)
		}
	}()
	return over
}

// agenda knows which job is due.
type agenda struct {
	*Archive
	list, look, remove, save time.Time // when it comes next
	hold                     time.Time // nothing is deleted before
	grace                    time.Duration
	census                   bool // is to come after looking
	marker                   bool // is to be looked at after the census
	vanish                   bool // is to come after the census
	forecast                 bool // was logged
}

func newAgenda(c *Archive) *agenda {
	now := time.Now()
	return &agenda{Archive: c, list: now.Add(listEvery), look: now, remove: now.Add(removeEvery), grace: Grace}
}

// due reports whether a time has come, and sets the next.
func due(at *time.Time, every time.Duration) bool {
	now := time.Now()
	if now.Before(*at) {
		return false
	}
	*at = now.Add(every)
	return true
}

// next is the job that is due, nil when there is none.
func (a *agenda) next() *job {
	if due(&a.look, lookEvery) {
		a.complain("can't tell how much of the disk is free", a.spareDisk())
		a.grace = Grace
		if a.Reserve.urgent() {
			a.grace = urgentGrace
		}
		a.measure()
		a.age(time.Now())
		a.forgetFormer(time.Now())
		if a.empty() {
			a.grace, a.look = urgentGrace, time.Now().Add(emptyEvery)
		}
		a.forecast = a.forecast || a.logForecast()
		a.census = true
	}
	var j job
	switch {
	case a.stateDue() && due(&a.save, time.Second):
		j = a.saving()
	case due(&a.list, listEvery):
		j = a.listing()
	case a.removalDue(a.grace):
		j = a.deletion(a.grace)
	case a.census:
		a.census, a.vanish, a.marker = false, a.over(), a.state.Identity != ""
		j = a.counting()
	case a.vanish:
		a.vanish = false
		j = a.vanishing()
	case a.marker:
		a.marker = false
		j = a.remarking()
	default:
		return nil
	}
	return &j
}

// removalDue reports whether to delete: once a minute, at once while the disk is
// nearly full, and hour after hour when much has to go.
func (a *agenda) removalDue(grace time.Duration) bool {
	to := a.removable(grace)
	switch {
	case time.Now().Before(a.hold):
		return false
	case to <= a.retained.deleted:
		return len(a.catalog.stuck) > 0 && due(&a.remove, removeEvery)
	case grace < Grace, hourOf(a.seg(a.retained.deleted).Start) != hourOf(a.seg(to-1).Start):
		return true
	}
	return due(&a.remove, removeEvery)
}

// deletion is removing, and leaves a disk that refuses alone for a while.
func (a *agenda) deletion(grace time.Duration) job {
	j := a.removing(grace)
	done := j.done
	j.done = func(err error) {
		if done(err); err != nil {
			a.hold = time.Now().Add(lookEvery)
		}
	}
	return j
}

// close lists what is archived, and says which MSNs were used. The open segment
// stays in the spool, where a recorder that outlives this process goes on with it.
func (c *Archive) close() error {
	listed := c.run(c.listing())
	s := c.nextState()
	s.Reserved, s.Closed = c.used(), true // nobody is told of more
	return errors.Join(listed, c.writeState(s))
}

// troubles remembers what was complained of and when, so that a full disk does
// not fill the log as well.
type troubles map[string]time.Time

// complain logs an error at most every quietFor, and once when it is over.
func (c *Archive) complain(what string, err error) {
	said, known := c.trouble[what]
	switch {
	case err != nil && (!known || time.Since(said) > quietFor):
		if c.trouble == nil {
			c.trouble = troubles{}
		}
		c.trouble[what] = time.Now()
		c.Log.Error(what, "camera", c.Camera, "error", err, "next", "trying again")
	case err == nil && known:
		delete(c.trouble, what)
		c.Log.Info("recovered", "camera", c.Camera, "from", what)
	}
}
