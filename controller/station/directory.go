package station

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/health"
	"lookback/controller/semaphore"
	"lookback/controller/spool"
)

// Options are what the stations of a controller share.
type Options struct {
	MediaDir    string
	Witness     string // see archive.Options
	DiskReserve int64  // bytes of the disk to be left free, 0: none
	Recorders   Recorders
	Log         *slog.Logger
	// Attendants go along with each station. They end with the context, and when
	// the station's life does.
	Attendants []func(context.Context, *Station)
}

// Recorders tell of each camera's recorder.
type Recorders interface {
	Status(camera string) (spool.Status, error)
	// Keeping is what is known of its container, nil where it has none.
	Keeping(camera string) *health.Keeping
}

// shared is what stations have in common. Each would do with one of its own.
type shared struct {
	Options
	reserve  *archive.Reserve
	loads    *semaphore.Semaphore
	begun    time.Time
	stopping <-chan struct{}

	// Seams for tests.
	load        func(context.Context, archive.Options) (*archive.Archive, error)
	readPromise func(mediaDir, camera string) (*spool.Promised, error)
	firstRetry  time.Duration // before an archive that can't be read is tried again
}

// Directory is the set of stations.
type Directory struct {
	*shared
	changed chan struct{} // there are stations that nobody runs

	mu       sync.Mutex
	stations map[string]*Station
	ending   map[string]*Station        // those that are gone and may still run
	waiting  []*Station                 // those that nobody runs yet
	order    map[string]int             // places in the list
	shown    atomic.Pointer[[]*Station] // of stations, in the order of the list, then the ended ones by name
}

// New makes a directory without a station. stopping is closed when the program
// is to end.
func New(o Options, stopping <-chan struct{}) *Directory {
	d := &Directory{changed: make(chan struct{}, 1), stations: map[string]*Station{}, ending: map[string]*Station{}, shared: &shared{Options: o,
		reserve: archive.NewReserve(o.MediaDir, o.DiskReserve), loads: semaphore.New(runtime.GOMAXPROCS(0), loadTurn),
		begun: time.Now(), stopping: stopping, load: archive.Load, readPromise: archive.ReadPromise, firstRetry: firstRetry}}
	d.shown.Store(new([]*Station))
	return d
}

// All are the cameras of now: the named ones in the order of the list, then those
// of which only history is there. Nobody may change the slice.
func (d *Directory) All() []*Station { return *d.shown.Load() }

// Find is the station of a camera, nil when there is none.
func (d *Directory) Find(name string) *Station {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stations[name]
}

// Set names the cameras from now on. Stations of others retire: their history
// stays. demo reports whether the list is the demo camera alone, which is forgotten
// with its files when others come.
func (d *Directory) Set(cameras []config.Camera, demo bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	order := map[string]int{}
	for i, c := range cameras {
		order[c.Name] = i
		s := d.stations[c.Name]
		if s != nil && s.gone() {
			d.remove(s)
			s = nil
		}
		switch {
		case s == nil:
			s = d.add(c.Name)
			s.demo.Store(demo)
		case !demo && s.demo.Swap(false):
			go s.unmark() // it is somebody's own now
		}
		s.call(c)
	}
	for name, s := range d.stations {
		if _, named := order[name]; named {
			continue
		}
		s.retire()
		if s.demo.Load() && len(cameras) > 0 {
			d.remove(s)
		}
	}
	d.show(order)
}

// add makes a station, which Run is to run.
func (d *Directory) add(name string) *Station {
	s := newStation(d.shared, name)
	s.last = d.ending[name]
	d.stations[name] = s
	d.waiting = append(d.waiting, s)
	select {
	case d.changed <- struct{}{}:
	default:
	}
	return s
}

// remove ends a station's life.
func (d *Directory) remove(s *Station) {
	delete(d.stations, s.name)
	d.ending[s.name] = s
	s.end()
}

// show puts the stations into their order.
func (d *Directory) show(order map[string]int) {
	all := make([]*Station, 0, len(d.stations))
	for _, s := range d.stations {
		all = append(all, s)
	}
	place := func(s *Station) int {
		if i, named := order[s.name]; named {
			return i
		}
		return len(order)
	}
	slices.SortFunc(all, func(a, b *Station) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.name, b.name))
	})
	d.order = order
	d.shown.Store(&all)
}

// Run lives the stations' lives until ctx ends, and their archives' until
// archiving does.
func (d *Directory) Run(ctx, archiving context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	go d.findPast()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.changed:
			for _, s := range d.toRun() {
				all.Go(func() { s.run(ctx, archiving) })
			}
		case <-tick.C:
			d.sweep()
		}
	}
}

func (d *Directory) toRun() []*Station {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.waiting
	d.waiting = nil
	return all
}

// sweep removes the ended cameras of which nothing is left, and forgets stations
// that have come to their end.
func (d *Directory) sweep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.stations {
		if s.gone() && s.now.Load().Ended {
			s.log.Info("nothing is left of an ended camera")
			d.remove(s)
			d.show(d.order)
		}
	}
	for name, s := range d.ending {
		select {
		case <-s.over:
			delete(d.ending, name)
		default:
		}
	}
}

// gone reports whether nothing is left of an ended camera.
func (s *Station) gone() bool {
	a := s.archive.Load()
	return a != nil && a.Gone()
}

// hung is the age of an archive's last round at which it is taken to hang.
const hung = time.Minute

// Alive reports whether the program is well: it is not when archives hang and none
// goes on. A single one that hangs, is being loaded or can't be read is that
// camera's own trouble, which starting all cameras anew would not mend.
func (d *Directory) Alive() error {
	var beats []time.Time
	for _, s := range d.All() {
		if a := s.archive.Load(); a != nil && !a.Gone() {
			beats = append(beats, beat(a))
		}
	}
	return alive(beats, time.Now())
}

// alive judges by when the loaded archives went round last, zero: not yet.
func alive(beats []time.Time, now time.Time) error {
	var latest time.Time
	for _, b := range beats {
		if b.IsZero() {
			return nil
		}
		if b.After(latest) {
			latest = b
		}
	}
	if age := now.Sub(latest); len(beats) > 0 && age > hung {
		return fmt.Errorf("no archive has moved for %v", age.Round(time.Second))
	}
	return nil
}
