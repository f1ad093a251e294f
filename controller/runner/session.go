package runner

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"golang.org/x/sync/errgroup"

	"lookback/controller/health"
	"lookback/controller/recorder"
)

const (
	// resync is how often the containers are listed though no event says why.
	resync = 15 * time.Second
	// A container that ends again and again is started after a pause that
	// doubles from minPause to maxPause, and begins anew once it has lived.
	minPause = 500 * time.Millisecond
	maxPause = 30 * time.Second
	lived    = 10 * time.Second
	// together is how many containers are made at the same time.
	together = 4
)

// looks are the pauses after which the containers are listed when something has
// happened: soon, and again, since the Engine tells of an end before its own
// list knows.
var looks = []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, time.Second, 3 * time.Second}

// errStream: the Engine ended its stream of events.
var errStream = errors.New("the Docker Engine ended its stream of events")

// session is one conversation with the Engine; it ends with the first answer
// that fails to come. All of it belongs to one goroutine; make, which may run
// several times at once, only reads.
type session struct {
	*Docker
	template template
	key      []byte
	cameras  map[string]*watched // those of specs
	specs    []spec
	well     bool            // the Engine has answered
	looks    []time.Duration // that are still to come
	adopted  map[string]bool // cameras whose container was found
	pauses   map[string]*attempt
	broken   map[string]string // containers that could not be started, and the error: to be made anew
	hints    map[string]*hint  // of ends that are under way, by container
}

// attempt is the last one to start a camera's container, and how long the next one waits.
type attempt struct {
	tried time.Time
	pause time.Duration
}

// OfProject selects a stack's recorders in lists and events.
func OfProject(project string) filters.Args {
	return filters.NewArgs(filters.Arg("label", LabelProject+"="+project))
}

func (s *session) run(ctx context.Context) error {
	id, err := s.Self()
	if err != nil {
		return err
	}
	self, err := introspect(ctx, s.Engine, id)
	if err != nil {
		return err
	}
	if s.key, err = hashKey(s.MediaDir); err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	s.template = makeTemplate(self, s.MediaDir, s.Hidden)
	s.deriveSpecs()
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	happened, over, err := s.listen(ctx)
	if err != nil {
		return err
	}
	tick := time.NewTicker(resync)
	defer tick.Stop()
	for {
		again, err := s.reconcile(ctx)
		if err != nil {
			return err
		}
		if s.trouble.Swap(nil) != nil {
			s.Log.Info("the Docker Engine answers again")
		}
		s.well = true
		if len(s.looks) > 0 {
			again = min(again, s.looks[0])
		}
		if err := s.await(ctx, happened, over, tick.C, again); err != nil {
			return err
		}
	}
}

// deriveSpecs derives the containers that are to be from the cameras of now.
func (s *session) deriveSpecs() {
	s.mu.Lock()
	cameras := s.desired
	s.cameras = s.watched
	s.mu.Unlock()
	s.specs = nil
	for _, c := range cameras {
		s.specs = append(s.specs, makeSpec(s.template, c, s.MediaDir, s.Version, s.key))
	}
}

// listen opens the stream of events, before anything is listed.
func (s *session) listen(ctx context.Context) (<-chan events.Message, <-chan error, error) {
	// Only the way to the stream is bounded, not the stream.
	ctx, hangUp := context.WithCancelCause(ctx)
	slow := time.AfterFunc(callTime, func() { hangUp(errSlow) })
	f := OfProject(s.template.project)
	f.Add("type", string(events.ContainerEventType))
	o := events.ListOptions{Filters: f}
	if s.last > 0 { // what happened while nobody listened is told as well
		o.Since = fmt.Sprintf("%d.%09d", (s.last+1)/1e9, (s.last+1)%1e9)
	}
	happened, over := s.Engine.Events(ctx, o)
	if !slow.Stop() {
		return nil, nil, errSlow
	}
	select {
	case err := <-over:
		hangUp(nil)
		return nil, nil, err
	default:
		return happened, over, nil
	}
}

// await passes the time until there is something to do, and notes what happened.
func (s *session) await(ctx context.Context, happened <-chan events.Message, over <-chan error, tick <-chan time.Time, again time.Duration) error {
	later := time.NewTimer(again)
	defer later.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-over:
			return errors.Join(errStream, err)
		case <-tick:
			return nil
		case <-s.replan:
			s.deriveSpecs()
			return nil
		case <-later.C:
			s.looks = s.looks[min(1, len(s.looks)):]
			return nil
		case e := <-happened:
			s.last = max(s.last, e.TimeNano)
			if s.note(e) {
				s.looks = looks
				later.Reset(looks[0])
			}
		}
	}
}

// reconcile makes what is there what is desired. It returns after how long to
// look again at the latest, and an error when the Engine no longer answers.
func (s *session) reconcile(ctx context.Context) (again time.Duration, err error) {
	there, err := list(ctx, s.Engine, s.template.project)
	if err != nil {
		return 0, err
	}
	again = resync
	var makes []step
	for _, st := range plan(s.specs, there, s.template.image) {
		if st.has != nil && s.broken[st.has.ID] != "" && st.action == start {
			st.action, st.why = replace, s.broken[st.has.ID]
		}
		switch st.action {
		case leave:
			s.leave(st)
		case create:
			makes = append(makes, st)
		case remove:
			s.Log.Info("removing a recorder's container", "container", name(st.has), "why", st.why)
			err = errors.Join(err, s.remove(ctx, st.has))
		default: // one after the other, so that not all cameras stand still together
			err = errors.Join(err, s.attempt(ctx, st, &again, s.renew))
		}
		if err != nil && !refused(err) {
			return 0, err
		}
	}
	return again, s.makeAll(ctx, makes, &again)
}

// makeAll makes several containers side by side.
func (s *session) makeAll(ctx context.Context, makes []step, again *time.Duration) error {
	var due []step
	for _, st := range makes {
		s.adopted[st.spec.Name] = true
		p, wait := s.mayTry(st.spec.Name)
		if wait > 0 {
			*again = min(*again, wait)
			continue
		}
		p.tried = time.Now()
		due = append(due, st)
	}
	results := make([]error, len(due))
	var all errgroup.Group
	all.SetLimit(together)
	for i, st := range due {
		all.Go(func() error { results[i] = s.make(ctx, st); return nil })
	}
	all.Wait()
	var failed error
	for i, err := range results {
		s.outcome(due[i], err, again)
		if err != nil && !refused(err) {
			failed = err
		}
	}
	return failed
}

// attempt does something for one camera unless it is too early.
func (s *session) attempt(ctx context.Context, st step, again *time.Duration, do func(context.Context, step) error) error {
	p, wait := s.mayTry(st.spec.Name)
	if wait > 0 {
		*again = min(*again, wait)
		return nil
	}
	p.tried = time.Now()
	err := do(ctx, st)
	s.outcome(st, err, again)
	return err
}

// mayTry is how long to wait before the next attempt.
func (s *session) mayTry(camera string) (*attempt, time.Duration) {
	p := s.pauses[camera]
	if p == nil {
		p = &attempt{}
		s.pauses[camera] = p
	}
	since := time.Since(p.tried)
	if since > p.pause+lived {
		p.pause = 0
	}
	if since < p.pause {
		return p, p.pause - since
	}
	p.pause = min(max(minPause, 2*p.pause), maxPause)
	return p, 0
}

// outcome tells what became of an attempt.
func (s *session) outcome(st step, err error, again *time.Duration) {
	k := s.cameras[st.spec.Name]
	if err == nil {
		k.recorder.Store(nil)
		return
	}
	*again = min(*again, s.pauses[st.spec.Name].pause)
	if !refused(err) {
		return
	}
	r := reason(err, s.Address)
	if !errors.Is(err, errSpool) {
		r = health.Reason{Code: "container-refused", Title: "The Docker Engine refuses to run the recorder's container: " + oneLine(err),
			Advice: "Look at the devices, limits and groups that are set. It is tried again for ever."}
	}
	k.recorder.Store(&r)
	k.log.Error("a recorder's container can't be run", "container", st.spec.name, "error", err, "next_attempt_in", s.pauses[st.spec.Name].pause)
	if st.has != nil {
		s.broken[st.has.ID] = "it could not be started"
	}
}

// leave is for a container that is as it should be.
func (s *session) leave(st step) {
	k := s.cameras[st.spec.Name]
	switch st.has.State {
	case container.StatePaused:
		r := health.Reason{Code: "recorder-paused", Title: "The recorder's container is paused", Advice: "docker unpause " + name(st.has)}
		if k.recorder.Swap(&r) == nil {
			k.log.Warn("the recorder's container is paused", "container", name(st.has), "advice", r.Advice)
		}
	case container.StateRunning:
		k.recorder.Store(nil)
		if !s.adopted[st.spec.Name] {
			s.adopted[st.spec.Name] = true
			if err := s.assign(st.spec); err != nil { // it has them; only after a restart of its own it would not
				k.log.Warn("the recorder's settings are not as they should be", "error", err)
			}
			k.log.Info("going on with a recorder that runs", "container", name(st.has), "version", st.has.Labels[LabelVersion], "status", st.has.Status)
		}
	case container.StateRestarting:
		k.recorder.CompareAndSwap(nil, &health.Reason{Code: "recorder-restarting", Title: "The recorder's container ends again and again",
			Advice: "docker logs " + name(st.has) + " says why. The Docker Engine starts it again, more and more seldom."})
	}
}

// assign puts what the recorder is to know into the spool.
func (s *session) assign(w spec) error {
	if was, err := recorder.ReadAssignment(s.MediaDir, w.Name); err == nil {
		if was.Format = w.Format; was == w.Assignment {
			return nil
		}
	}
	if err := w.Write(s.MediaDir, w.Name); err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	return nil
}

// renew starts a container, or puts another in its place.
func (s *session) renew(ctx context.Context, st step) error {
	k := s.cameras[st.spec.Name]
	s.adopted[st.spec.Name] = true
	if err := s.assign(st.spec); err != nil {
		return err
	}
	if st.action == start {
		k.log.Info("starting a recorder's container", "container", name(st.has), "why", st.why)
		return s.start(ctx, st.has.ID)
	}
	k.log.Info("replacing a recorder's container", "container", name(st.has), "why", st.why)
	if err := s.remove(ctx, st.has); err != nil {
		return err
	}
	return s.make(ctx, st)
}

// make creates and starts a container.
func (s *session) make(ctx context.Context, st step) error {
	w := st.spec
	if err := s.assign(w); err != nil {
		return err
	}
	var made container.CreateResponse
	err := call(ctx, callTime, func(ctx context.Context) (err error) {
		made, err = s.Engine.ContainerCreate(ctx, w.config, w.host, nil, nil, w.name)
		return err
	})
	for _, n := range w.networks[min(1, len(w.networks)):] {
		if err == nil {
			err = call(ctx, callTime, func(ctx context.Context) error {
				return s.Engine.NetworkConnect(ctx, n, made.ID, &network.EndpointSettings{})
			})
		}
	}
	if err == nil {
		err = s.start(ctx, made.ID)
	}
	if err != nil {
		if made.ID != "" && refused(err) {
			err = errors.Join(err, discard(ctx, s.Engine, made.ID))
		}
		return err
	}
	s.cameras[w.Name].log.Info("a recorder's container runs", "container", w.name, "why", st.why)
	return nil
}

func (s *session) start(ctx context.Context, id string) error {
	return call(ctx, 2*callTime, func(ctx context.Context) error {
		return s.Engine.ContainerStart(ctx, id, container.StartOptions{})
	})
}

// remove ends a recorder in an orderly way and removes its container.
func (s *session) remove(ctx context.Context, c *container.Summary) error {
	s.ours[c.ID] = true
	return end(ctx, s.Engine, c)
}

// end stops a container that runs, and removes it.
func end(ctx context.Context, e Engine, c *container.Summary) error {
	if c.State == container.StateRunning || c.State == container.StateRestarting {
		err := gone(call(ctx, StopSeconds*time.Second+callTime, func(ctx context.Context) error {
			return e.ContainerStop(ctx, c.ID, container.StopOptions{})
		}))
		if err != nil {
			return err
		}
	}
	return discard(ctx, e, c.ID)
}

// discard removes a container, by force where it is paused or has just begun.
func discard(ctx context.Context, e Engine, id string) error {
	return gone(call(ctx, 2*callTime, func(ctx context.Context) error {
		return e.ContainerRemove(ctx, id, container.RemoveOptions{Force: true})
	}))
}

// gone makes it no error that a container is not there, or is being removed.
func gone(err error) error {
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) {
		return nil
	}
	return err
}

func exitCode(e events.Message) int {
	code, err := strconv.Atoi(e.Actor.Attributes["exitCode"])
	if err != nil {
		return -1
	}
	return code
}
