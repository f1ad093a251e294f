package archive

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// Flaw is a time in which the picture was not what the camera saw. The recorder
// says so in an event message once it is over (see [spool.FlawScheme]), hour
// playlists in an EXT-X-DATERANGE (RFC 8216 4.3.2.7).
type Flaw struct {
	MSN        uint64 // of the segment that says so; its time may be that of earlier ones
	Start, End int64  // program date time, microseconds
	Kind       FlawKind
}

// FlawKind is what was wrong.
type FlawKind uint8

const (
	Standstill FlawKind = iota + 1 // [spool.Standstill]
	Late                           // [spool.Late]
	Sparse                         // [spool.Sparse]
)

var flawKinds = map[string]FlawKind{spool.Standstill: Standstill, spool.Late: Late, spool.Sparse: Sparse}

func (k FlawKind) String() string {
	for name, kind := range flawKinds {
		if kind == k {
			return name
		}
	}
	return fmt.Sprintf("flaw %d", k)
}

// events takes the flaws that a fragment tells of.
func (r *reading) events(info fmp4.Info) {
	for _, e := range info.Events {
		kind, known := flawKinds[e.Value]
		if e.Scheme != spool.FlawScheme || !known || e.Timescale != r.run.Timescale || e.Duration == 0 || e.Time > r.tick {
			continue
		}
		r.flaws = append(r.flaws, Flaw{Start: micros(r.run, e.Time), End: micros(r.run, e.Time+uint64(e.Duration)), Kind: kind})
	}
}

// numbered are flaws that the segment with an MSN tells of.
func numbered(flaws []Flaw, msn uint64) []Flaw {
	for i := range flaws {
		flaws[i].MSN = msn
	}
	return flaws
}

// flawsFrom are those that segments from an MSN on tell of.
func flawsFrom(all []Flaw, msn uint64) []Flaw {
	return all[sort.Search(len(all), func(i int) bool { return all[i].MSN >= msn }):len(all):len(all)]
}

// flawsOf are those that one segment tells of, nil for none.
func flawsOf(all []Flaw, msn uint64) []Flaw {
	all = flawsFrom(all, msn)
	n := sort.Search(len(all), func(i int) bool { return all[i].MSN > msn })
	if n == 0 {
		return nil
	}
	return all[:n:n]
}

// forgetFlaws lets go of those of segments that are not on disk any more.
func (c *Archive) forgetFlaws() { c.flaws = slices.Clone(flawsFrom(c.flaws, c.retained.deleted)) }

// What the line of a flaw in an hour playlist consists of. IDs are unique in it:
// of one kind there is one at a time.
const (
	flawID    = `ID="`
	flawClass = `",CLASS="lookback.flaw",START-DATE="`
	flawEnd   = `",DURATION=`
)

// appendFlaw appends its line.
func appendFlaw(b []byte, f Flaw) []byte {
	b = fmt.Appendf(b, "#EXT-X-DATERANGE:%s%s-%d%s", flawID, f.Kind, f.Start, flawClass)
	b = time.UnixMicro(f.Start).UTC().AppendFormat(b, dateForm)
	length := f.End - f.Start
	return fmt.Appendf(b, "%s%d.%06d\n", flawEnd, length/1_000_000, length%1_000_000)
}

// parseFlaw reads the value of such a line. found is false for date ranges that
// are something else, ok for what can't be read.
func parseFlaw(value []byte) (f Flaw, found, ok bool) {
	id, rest, found := bytes.Cut(value, []byte(flawClass))
	if !found {
		return f, false, true
	}
	id, ok1 := bytes.CutPrefix(id, []byte(flawID))
	kind, at, ok2 := bytes.Cut(id, []byte{'-'})
	date, duration, ok3 := bytes.Cut(rest, []byte(flawEnd))
	if !ok1 || !ok2 || !ok3 {
		return f, true, false
	}
	start, ok1 := parseDate(date)
	length, ok2 := parseLength(duration)
	named, ok3 := parseDigits(at)
	f = Flaw{Start: start, End: start + int64(length), Kind: flawKinds[string(kind)]}
	return f, true, ok1 && ok2 && ok3 && length > 0 && f.Kind != 0 && int64(named) == start
}
