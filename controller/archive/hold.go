package archive

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lookback/controller/spool"
)

// holdFor is how much media stays in the spool of a camera whose archive is unreadable.
const holdFor = time.Hour

// HoldSpool keeps the spool of a camera whose archive is unreadable within
// bounds until the context ends: its newest hour stays, and it takes its share
// in what the reserve wants, but for the last half minute. It has to have
// returned before the archive is loaded again.
func (r *Reserve) HoldSpool(ctx context.Context, camera string, log *slog.Logger) {
	h := r.spoolOf(camera, log)
	r.join(camera, h)
	defer r.leave(camera, h)
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		if err := h.trim(r); err != nil && !h.reported {
			h.reported = true
			h.log.Error("the spool can't be kept within bounds", "error", err, "next", "trying again")
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// spoolOf is a camera's spool, the same again until its archive can be used, so
// that nothing is logged twice.
func (r *Reserve) spoolOf(camera string, log *slog.Logger) *heldSpool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[camera] == nil {
		r.held[camera] = &heldSpool{dir: spool.CameraDir(r.dir, camera), keep: holdFor, log: log.With("camera", camera), disk: disk{media: r.dir}, begins: map[string]int64{}}
	}
	return r.held[camera]
}

// heldSpool is a spool that nobody archives.
type heldSpool struct {
	dir      string
	keep     time.Duration
	log      *slog.Logger
	disk     disk
	begins   map[string]int64 // program date time of segments that were looked at, by path
	reported bool             // that it can't be trimmed
	warned   bool             // that media is deleted

	mu    sync.Mutex // guards what follows, which other members read
	all   []held     // oldest first
	spare int        // how many of them may be given up
}

// held is a segment in the spool.
type held struct {
	Segment  // only Start, Duration and Size
	path     string
	complete bool
}

// Bytes is what the spool's segments take on disk.
func (h *heldSpool) Bytes() (sum int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.all {
		sum += int64(s.Size)
	}
	return sum
}

func (h *heldSpool) hourly() int64   { return 0 }
func (h *heldSpool) onTheWay() int64 { return 0 }

func (h *heldSpool) spares() (segs []Segment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.all[:h.spare] {
		segs = append(segs, s.Segment)
	}
	return segs
}

// trim deletes what is older than the newest hour, and what the reserve wants.
func (h *heldSpool) trim(r *Reserve) error {
	old, listErr := h.list()
	dropErr := h.drop(old)
	wanted, _, reserveErr := r.shed(h)
	return errors.Join(listErr, dropErr, reserveErr, h.drop(wanted), h.removeEmpty())
}

// list looks at what is there, and returns how many segments are too old.
func (h *heldSpool) list() (old int, err error) {
	runs, err := spool.Runs(h.dir)
	if err != nil {
		return 0, err
	}
	var all []held
	var errs []error
	part := spared(spool.Constants{})
	for _, run := range runs {
		segs, constants, err := h.run(filepath.Join(h.dir, run))
		all, part, errs = append(all, segs...), max(part, spared(constants)), append(errs, err)
	}
	slices.SortStableFunc(all, func(a, b held) int { return cmp.Compare(a.Start, b.Start) })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = all
	h.spare = beyond(all, part)
	return beyond(all, h.keep.Microseconds()), errors.Join(errs...)
}

// beyond is how many of the oldest segments are complete and lie before the
// newest so many microseconds.
func beyond(all []held, newest int64) int {
	i := len(all)
	for ; i > 0 && newest > 0; i-- {
		newest -= int64(all[i-1].Duration)
	}
	if growing := slices.IndexFunc(all[:i], func(s held) bool { return !s.complete }); growing >= 0 {
		return growing
	}
	return i
}

// run lists the segments of a run.
func (h *heldSpool) run(dir string) (segs []held, k spool.Constants, err error) {
	alive, err := spool.Alive(dir)
	if err != nil {
		alive = true // nobody knows
	}
	run, err := spool.ReadRun(dir)
	if err != nil {
		run = spool.Run{}
	}
	seqs, err := spool.Segments(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, k, nil
	}
	for i, seq := range seqs {
		path := spool.SegmentPath(dir, seq)
		stat, err := os.Stat(path)
		if err != nil || !stat.Mode().IsRegular() {
			continue
		}
		last := i == len(seqs)-1
		s := held{Segment{Start: h.begin(path, run, stat.ModTime()), Duration: uint32(run.Segment), Size: uint32(stat.Size())}, path, !last || !alive}
		if n := len(segs); n > 0 {
			segs[n-1].Duration = uint32(min(max(s.Start-segs[n-1].Start, 0), hourLength))
		}
		segs = append(segs, s)
	}
	return segs, run.Constants, err
}

// begin is when a segment begins, by its first fragment or else by the file's time.
func (h *heldSpool) begin(path string, run spool.Run, changed time.Time) int64 {
	if at, ok := h.begins[path]; ok {
		return at
	}
	f, err := h.disk.open(path)
	if err != nil || run.Timescale == 0 {
		return changed.UnixMicro()
	}
	defer f.Close()
	r := &reading{run: run}
	info, err := r.peekFile(f)
	if err != nil {
		return changed.UnixMicro()
	}
	r.add(info)
	h.begins[path] = r.start
	return r.start
}

// drop deletes the n oldest segments.
func (h *heldSpool) drop(n int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n > 0 && !h.warned {
		h.warned = true
		h.log.Warn("the archive can't be used, and what is recorded meanwhile is deleted beyond the newest hour or what DISK_RESERVE leaves")
	}
	var errs []error
	for _, s := range h.all[:n] {
		errs = append(errs, h.disk.remove(s.path)) // one that stays is listed again
		delete(h.begins, s.path)
	}
	h.all, h.spare = h.all[n:], max(h.spare-n, 0)
	return errors.Join(errs...)
}

// removeEmpty removes runs that are over and of which no segment is left.
func (h *heldSpool) removeEmpty() error {
	runs, err := spool.Runs(h.dir)
	for _, run := range runs {
		dir := filepath.Join(h.dir, run)
		alive, lockErr := spool.Alive(dir)
		seqs, listErr := spool.Segments(dir)
		if !alive && lockErr == nil && listErr == nil && len(seqs) == 0 {
			err = errors.Join(err, h.disk.removeAll(dir))
		}
	}
	return err
}
