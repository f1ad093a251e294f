package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lookback/e2e/rig"
)

// givesUp is how long a page may take to recover before it counts as lost and
// another one takes its place.
const givesUp = 45 * time.Second

// Outcome is what became of a fault.
type Outcome struct {
	Step
	Begun    time.Time `json:"begun"`
	Gone     time.Time `json:"gone"`
	Process  bool      `json:"process"`
	Recovery []Back    `json:"recovery"` // of each page
	Failed   string    `json:"failed"`   // the fault could not be made
	Stuck    []string  `json:"stuck"`    // pages that did not come back
}

// session is one run of the harness.
type session struct {
	system   System
	dir      string
	out      io.Writer
	faults   int           // 0: as many as fit into duration
	duration time.Duration // 0: as long as the faults take

	planner   *Planner
	kinds     map[string]Kind
	browser   *rig.Browser
	tabs      []*tab
	archivist *archivist
	lists     *lists
	witness   *witness
	film      *film
	usage     *usage
	outcomes  []Outcome
	stuck     int
	begun     time.Time
}

func newSession(system System, dir string, out io.Writer) *session {
	archive := filepath.Join(system.Media(), system.Camera())
	s := &session{
		system: system, dir: dir, out: out, kinds: map[string]Kind{},
		archivist: newArchivist(archive, filepath.Join(dir, "copies")),
		lists:     newLists(system.Origin(), system.Camera()),
		witness:   &witness{demo: system.Demo},
		usage:     &usage{system: system, every: 5 * time.Second, series: map[string][]Sample{}},
	}
	s.film = &film{archivist: s.archivist}
	return s
}

// plan says what is to happen; only these kinds.
func (s *session) plan(kinds []Kind, seed uint64, faults int, duration, rest time.Duration) {
	s.faults, s.duration, s.planner = faults, duration, newPlanner(kinds, seed, rest)
	for _, k := range kinds {
		s.kinds[k.Name] = k
	}
}

// run starts everything, breaks it and lets all watchers finish.
func (s *session) run(ctx context.Context, pages int) error {
	if err := os.MkdirAll(s.archivist.copies, 0o755); err != nil {
		return err
	}
	if err := s.system.Start(ctx); err != nil {
		return err
	}
	var err error
	if s.browser, err = rig.OpenBrowser(ctx); err != nil {
		return err
	}
	defer s.browser.Close()
	watching, stop := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	for _, watch := range []func(context.Context){s.archivist.run, s.lists.run, s.witness.run, s.film.run, s.usage.run} {
		watchers.Go(func() { watch(watching) })
	}
	err = s.openTabs(watching, &watchers, pages)
	if err == nil {
		s.begun = time.Now()
		err = s.breakThings(watching, &watchers)
	}
	stop()
	watchers.Wait()
	s.archivist.look()
	return err
}

func (s *session) openTabs(ctx context.Context, watchers *sync.WaitGroup, pages int) error {
	for range pages {
		if err := s.openTab(ctx, watchers); err != nil {
			return err
		}
	}
	begun := time.Now()
	for _, t := range s.tabs {
		if err := rig.Until(ctx, time.Minute, "the page is live", func() bool { _, ok := t.recovery(begun); return ok }); err != nil {
			return fmt.Errorf("%w: %s", err, t.describe())
		}
	}
	return nil
}

func (s *session) openTab(ctx context.Context, watchers *sync.WaitGroup) error {
	t, err := openTab(s.browser, s.system.Origin()+"/#"+s.system.Camera())
	if err != nil {
		return err
	}
	s.tabs = append(s.tabs, t)
	watchers.Go(func() { t.run(ctx) })
	return nil
}

// breakThings goes through the plan.
func (s *session) breakThings(ctx context.Context, watchers *sync.WaitGroup) error {
	for n := 0; s.faults == 0 || n < s.faults; n++ {
		if s.duration > 0 && time.Since(s.begun) >= s.duration {
			return nil
		}
		o := s.strike(ctx, s.planner.Next())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.outcomes = append(s.outcomes, o)
		fmt.Fprintf(s.out, "%s %3d %s\n", o.Begun.Format("15:04:05"), n+1, o)
		if err := s.replaceStuck(ctx, watchers); err != nil {
			return err
		}
		if err := wait(ctx, o.Rest); err != nil {
			return err
		}
	}
	return nil
}

// strike makes a fault and waits until every page is live again.
func (s *session) strike(ctx context.Context, step Step) (o Outcome) {
	kind := s.kinds[step.Kind]
	o = Outcome{Step: step, Begun: time.Now(), Process: kind.Process}
	var err error
	if o.Gone, err = kind.Strike(ctx, step.Lasts, rand.New(rand.NewPCG(step.Dice, 0))); err != nil {
		o.Failed = err.Error()
		return o
	}
	if kind.Steps {
		for _, t := range s.tabs {
			t.clockSet(o.Gone)
		}
	}
	for _, t := range s.tabs {
		var b Back
		err := rig.Until(ctx, time.Until(o.Gone.Add(givesUp)), "the page is live", func() (ok bool) {
			b, ok = t.recovery(o.Gone)
			return ok
		})
		if err != nil {
			o.Stuck = append(o.Stuck, t.describe())
			continue
		}
		o.Recovery = append(o.Recovery, b)
	}
	return o
}

// replaceStuck opens a new page for each that did not come back: somebody
// would have had to reload it.
func (s *session) replaceStuck(ctx context.Context, watchers *sync.WaitGroup) error {
	stuck := len(s.outcomes[len(s.outcomes)-1].Stuck)
	s.stuck += stuck
	for range stuck {
		if err := s.openTab(ctx, watchers); err != nil {
			return err
		}
	}
	if stuck > 0 {
		s.tabs = s.tabs[stuck:]
	}
	return nil
}

// String is a fault in one line.
func (o Outcome) String() string {
	text := fmt.Sprintf("%-22s %5.1f s ", o.Kind, o.Lasts.Seconds())
	switch {
	case o.Failed != "":
		return text + "COULD NOT BE DONE: " + o.Failed
	case len(o.Stuck) > 0:
		return text + fmt.Sprintf("NOT BACK within %v: %v", givesUp, o.Stuck)
	}
	for _, r := range o.Recovery {
		text += fmt.Sprintf(" live after %.2f s", r.Live.Seconds())
		if r.Live-r.Picture > time.Second/2 {
			text += fmt.Sprintf(" (new pictures after %.2f s)", r.Picture.Seconds())
		}
	}
	return text
}
