package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"lookback/controller/fmp4"
)

var (
	dayPattern  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	hourPattern = regexp.MustCompile(`^[0-2]\d$`)
)

// load builds the index from the hour playlists and the directory listings. The
// files are the truth: what is there and not listed is read, what is listed and
// not there is a GAP, or has been deleted if it is older than all that is there.
func (c *Camera) load() error {
	var err error
	if c.state, err = readState(c.root); err != nil {
		return err
	}
	records, problems, err := readRecords(c.root)
	if err != nil {
		return err
	}
	for _, p := range problems {
		c.Log.Warn("a run's record can't be read; its segments count to the run before it", "camera", c.Camera, "error", p)
	}
	for _, r := range records {
		c.runs = append(c.runs, r.index())
		c.state.Sequence, c.state.Begun = max(c.state.Sequence, r.Sequence), true
		c.runID = r.ID
	}
	found, err := c.loadHours(records)
	if err != nil {
		return err
	}
	c.index(found)
	c.goOn()
	if err := c.loadRecent(records); err != nil {
		return err
	}
	c.slide(0)
	return c.reserveMSN()
}

// loadHours reads every hour's folder.
func (c *Camera) loadHours(records []runRecord) ([]entry, error) {
	days, err := subfolders(c.root, dayPattern)
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, day := range days {
		hours, err := subfolders(filepath.Join(c.root, day), hourPattern)
		if err != nil {
			return nil, err
		}
		for _, hour := range hours {
			found, err := c.loadHour(filepath.Join(day, hour), records)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	byMSN := func(a, b entry) int { return int(int64(a.msn - b.msn)) }
	if !slices.IsSortedFunc(all, byMSN) { // a clock was set back
		slices.SortStableFunc(all, byMSN)
	}
	return slices.CompactFunc(all, func(a, b entry) bool { return a.msn == b.msn }), nil
}

func subfolders(path string, pattern *regexp.Regexp) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && pattern.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// loadHour reconciles one hour's playlist with what is in its folder, and mends
// the playlist where it is torn or lacks something.
func (c *Camera) loadHour(dir string, records []runRecord) ([]entry, error) {
	listed, err := c.readHour(dir)
	if err != nil {
		return nil, err
	}
	files, err := os.ReadDir(filepath.Join(c.root, dir))
	if err != nil {
		return nil, err
	}
	isListed := make(map[uint64]int, len(listed))
	for i, e := range listed {
		isListed[e.msn] = i
	}
	present := make(map[uint64]bool, len(files))
	mended := false
	for _, f := range files {
		msn, ok := parseMSN(f.Name())
		if !ok {
			if strings.HasPrefix(f.Name(), "."+hourName) { // of an interrupted replacement
				mended = removeIfThere(filepath.Join(c.root, dir, f.Name())) == nil || mended
			}
			continue
		}
		present[msn] = true
		if _, ok := isListed[msn]; ok {
			continue
		}
		e, err := c.readSegment(filepath.Join(c.root, dir, f.Name()), msn, records)
		if err != nil {
			c.Log.Warn("a segment that no playlist lists can't be used", "camera", c.Camera, "file", f.Name(), "error", err)
			present[msn] = false
			continue
		}
		listed, mended = append(listed, e), true
	}
	if !sort.SliceIsSorted(listed, func(i, j int) bool { return listed[i].msn < listed[j].msn }) {
		sort.Slice(listed, func(i, j int) bool { return listed[i].msn < listed[j].msn })
	}
	for i := range listed {
		if e := &listed[i]; !present[e.msn] && e.Flags&Gap == 0 {
			e.Flags |= Gap
			e.Size = 0
			mended = true
		}
	}
	if mended {
		if err := c.writeHour(dir, listed, true); err != nil {
			return nil, err
		}
	}
	return listed, nil
}

// readSegment learns from a segment's fragments what an hour playlist would
// say of it. What a power cut left of a file is cut off behind its last whole
// fragment.
func (c *Camera) readSegment(path string, msn uint64, records []runRecord) (entry, error) {
	i := sort.Search(len(records), func(i int) bool { return records[i].FirstMSN > msn }) - 1
	if i < 0 {
		return entry{}, fmt.Errorf("no init section belongs to MSN %d", msn)
	}
	in := &intake{run: records[i].Run}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return entry{}, err
	}
	defer f.Close()
	parts, start, size, err := scanSegment(f, in)
	if err != nil {
		return entry{}, err
	}
	if len(parts) == 0 {
		return entry{}, fmt.Errorf("it holds no whole fragment")
	}
	if stat, err := f.Stat(); err != nil {
		return entry{}, err
	} else if stat.Size() > size {
		if err := f.Truncate(size); err != nil {
			return entry{}, err
		}
	}
	e := entry{msn: msn, Segment: Segment{Start: start, Size: uint32(size)}}
	for _, p := range parts {
		e.Duration += p.Duration
	}
	c.settle(&e)
	return e, nil
}

// scanSegment reads a segment's fragments and groups them into parts, as far as
// they are whole: start is the first one's program date time, microseconds, and
// size what they take.
func scanSegment(f *os.File, in *intake) (parts []Part, start, size int64, err error) {
	group := grouper{target: in.run.Constants.PartTarget}
	for {
		info, err := nextFragment(f, size)
		var malformed *fmp4.FormatError
		if errors.Is(err, io.EOF) || errors.Is(err, fmp4.ErrIncomplete) || errors.As(err, &malformed) {
			return append(parts, group.flush()...), start, size, nil
		}
		if err != nil {
			return nil, 0, 0, err
		}
		for _, t := range info.Tracks {
			if t.ID != in.run.TrackID {
				continue
			}
			if size == 0 {
				start = in.micros(t.DecodeTime)
				group.reset(start)
			}
			end := in.micros(t.DecodeTime + t.Duration)
			parts = append(parts, group.add(end, info.Offset, info.Size, t.Sync)...)
		}
		size = info.Offset + info.Size
	}
}

// index enters what was found. Lost MSNs between two that were found become
// GAPs; what is missing before the oldest file has been deleted.
func (c *Camera) index(found []entry) {
	first := slices.IndexFunc(found, func(e entry) bool { return e.Flags&Gap == 0 })
	if first < 0 {
		return
	}
	for _, e := range found[first:] {
		if len(c.segs) > 0 {
			c.fillGap(e.msn, e.Start)
		} else {
			c.first = e.msn
			c.segs = make([]Segment, 0, len(found)+len(found)/8+64)
		}
		c.segs = append(c.segs, e.Segment)
		c.bytes.Add(int64(e.Size))
	}
	for i := range c.segs { // gaps that were filled in may begin a run as well
		if c.segs[i].Flags&Gap != 0 {
			e := entry{c.first + uint64(i), c.segs[i]}
			c.settle(&e)
			c.segs[i] = e.Segment
		}
	}
	c.kept.runs = c.segs[0].Run
}

// goOn decides the MSN of the next segment. Normally it follows the newest
// file, but what may have been seen by a player and was lost since (an emptied
// archive, a run whose only segment is gone) is skipped.
func (c *Camera) goOn() {
	next := c.next()
	if c.state.Adopted != nil { // the rest of it lies in the spool, under known MSNs
		next = max(next, c.state.Adopted.First)
	} else if next+reserve < c.state.Reserved || len(c.segs) == 0 || c.lostPower() {
		next = max(next, c.state.Reserved)
	}
	if n := len(c.runs); n > 0 && c.state.Adopted == nil {
		next = max(next, c.runs[n-1].FirstMSN+1)
	}
	if len(c.segs) == 0 {
		c.first = next
	}
	c.skipTo = next
}

// loadRecent finds the parts of the newest segments, so that those who were
// watching before a restart find the parts that they were told of.
func (c *Camera) loadRecent(records []runRecord) error {
	oldest := len(c.segs)
	for length := int64(0); oldest > 0 && length <= 6*c.state.constants().TargetDuration; {
		oldest--
		length += int64(c.segs[oldest].Duration)
	}
	for i := oldest; i < len(c.segs); i++ {
		s, msn := c.segs[i], c.first+uint64(i)
		if s.Flags&Gap != 0 {
			continue
		}
		f, err := os.Open(filepath.Join(c.root, SegmentURI(msn, s.Start)))
		if err != nil {
			return err
		}
		r := slices.IndexFunc(records, func(r runRecord) bool { return r.FirstMSN == c.runs[s.Run].FirstMSN })
		parts, _, _, err := scanSegment(f, &intake{run: records[r].Run})
		f.Close()
		if err != nil {
			return err
		}
		c.keepParts(Parts{msn, parts})
	}
	return nil
}

// bootID changes with each start of the machine.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// lostPower tells that the machine has been started anew since the archive was
// written without having been closed: files that players have seen may be lost.
func (c *Camera) lostPower() bool {
	return !c.state.Closed && c.state.Boot != bootID()
}

func (c *Camera) writeState(closed bool) error {
	c.state.Boot, c.state.Closed = bootID(), closed
	return c.state.write(c.root)
}
