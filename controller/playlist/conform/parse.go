// Package conform checks media playlists against RFC 8216bis
// (draft-pantos-hls-rfc8216bis-22) as an independent client would: it shares
// no code with what writes them. It is for tests.
package conform

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parsed is a media playlist.
type Parsed struct {
	Version               int
	Independent           bool
	TargetDuration        int64 // seconds
	MediaSequence         uint64
	DiscontinuitySequence uint64
	PartTarget            float64 // seconds, 0 when absent
	CanBlock              bool
	CanSkipUntil          float64 // seconds from the end, 0 when absent
	HoldBack              float64 // seconds, 0 when absent
	PartHoldBack          float64 // seconds, 0 when absent
	Skipped               int     // segments that EXT-X-SKIP stands for, 0 when absent
	Segments              []Segment
	DateRanges            []DateRange
	Trailing              Segment // what stands behind the last URI: tags and parts of the growing segment
	HintPart, HintMap     string
	EndList               bool
	EndsInURI             bool // the last line is a segment's URI
	Skips                 bool // EXT-X-SKIP was there
}

// Segment is a media segment.
type Segment struct {
	URI           string
	Duration      float64 // seconds
	Map           string  // in force
	MapSaid       bool
	Date          *time.Time
	Discontinuity bool
	Gap           bool
	Parts         []Part
	LateTags      []string // tags that came after the first part and may not
}

// DateRange is an EXT-X-DATERANGE.
type DateRange struct {
	ID, Class string
	Start     time.Time
	Duration  float64 // seconds
}

// Part is a partial segment.
type Part struct {
	URI              string
	Duration         float64 // seconds
	Independent, Gap bool
}

// total is the duration of a segment's parts, seconds.
func (s Segment) total() (d float64) {
	for _, p := range s.Parts {
		d += p.Duration
	}
	return d
}

// parser holds what lines before a URI have said.
type parser struct {
	p    *Parsed
	next Segment
	seen map[string]bool
}

// Parse reads a media playlist. What a client could not read is an error.
func Parse(text []byte) (*Parsed, error) {
	lines := strings.Split(string(text), "\n")
	if lines[0] != "#EXTM3U" {
		return nil, fmt.Errorf("the first line is %q, not #EXTM3U (4.1)", lines[0])
	}
	if lines[len(lines)-1] != "" {
		return nil, fmt.Errorf("the last line %q does not end", lines[len(lines)-1])
	}
	x := &parser{p: &Parsed{}, seen: map[string]bool{}}
	for n, line := range lines[1 : len(lines)-1] {
		if err := x.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n+2, line, err)
		}
	}
	x.p.Trailing = x.next
	return x.p, nil
}

func (x *parser) line(line string) error {
	x.p.EndsInURI = false
	if !strings.HasPrefix(line, "#") {
		if line == "" || x.next.Duration == 0 {
			return fmt.Errorf("a URI without EXTINF")
		}
		x.next.URI = line
		x.p.Segments = append(x.p.Segments, x.next)
		x.next = Segment{Map: x.next.Map}
		x.p.EndsInURI = true
		return nil
	}
	tag, value, _ := strings.Cut(line[1:], ":")
	if once[tag] && x.seen[tag] {
		return fmt.Errorf("for the second time")
	}
	x.seen[tag] = true
	if len(x.next.Parts) > 0 && beforeParts[tag] {
		x.next.LateTags = append(x.next.LateTags, tag)
	}
	return x.tag(tag, value)
}

var once = map[string]bool{"EXT-X-VERSION": true, "EXT-X-TARGETDURATION": true, "EXT-X-MEDIA-SEQUENCE": true,
	"EXT-X-DISCONTINUITY-SEQUENCE": true, "EXT-X-SERVER-CONTROL": true, "EXT-X-PART-INF": true, "EXT-X-SKIP": true,
	"EXT-X-ENDLIST": true, "EXT-X-INDEPENDENT-SEGMENTS": true}

var beforeParts = map[string]bool{"EXT-X-DISCONTINUITY": true, "EXT-X-MAP": true, "EXT-X-PROGRAM-DATE-TIME": true, "EXT-X-GAP": true}

func (x *parser) tag(tag, value string) (err error) {
	p := x.p
	switch tag {
	case "EXT-X-VERSION":
		p.Version, err = strconv.Atoi(value)
	case "EXT-X-INDEPENDENT-SEGMENTS":
		p.Independent = true
	case "EXT-X-TARGETDURATION":
		p.TargetDuration, err = strconv.ParseInt(value, 10, 64)
	case "EXT-X-MEDIA-SEQUENCE":
		p.MediaSequence, err = x.before(value)
	case "EXT-X-DISCONTINUITY-SEQUENCE":
		p.DiscontinuitySequence, err = x.before(value)
	case "EXT-X-ENDLIST":
		p.EndList = true
	case "EXT-X-DISCONTINUITY":
		x.next.Discontinuity = true
	case "EXT-X-GAP":
		x.next.Gap = true
	case "EXTINF":
		x.next.Duration, err = strconv.ParseFloat(strings.TrimSuffix(value, ","), 64)
	case "EXT-X-PROGRAM-DATE-TIME":
		var t time.Time
		t, err = time.Parse(time.RFC3339Nano, value)
		x.next.Date = &t
	default:
		return x.attributes(tag, value)
	}
	return err
}

// before reads a number that must come before the first segment.
func (x *parser) before(value string) (uint64, error) {
	if len(x.p.Segments) > 0 {
		return 0, fmt.Errorf("after the first segment")
	}
	return strconv.ParseUint(value, 10, 64)
}

func (x *parser) attributes(tag, value string) error {
	p, a := x.p, parseAttributes(value)
	var err error
	switch tag {
	case "EXT-X-SERVER-CONTROL":
		p.CanBlock = a.m["CAN-BLOCK-RELOAD"] == "YES"
		p.CanSkipUntil, p.HoldBack, p.PartHoldBack = a.float("CAN-SKIP-UNTIL"), a.float("HOLD-BACK"), a.float("PART-HOLD-BACK")
	case "EXT-X-PART-INF":
		p.PartTarget = a.float("PART-TARGET")
	case "EXT-X-SKIP":
		p.Skips = true
		p.Skipped, err = strconv.Atoi(a.m["SKIPPED-SEGMENTS"])
	case "EXT-X-MAP":
		x.next.Map, x.next.MapSaid = a.m["URI"], true
	case "EXT-X-PART":
		x.next.Parts = append(x.next.Parts, Part{URI: a.m["URI"], Duration: a.float("DURATION"),
			Independent: a.m["INDEPENDENT"] == "YES", Gap: a.m["GAP"] == "YES"})
	case "EXT-X-DATERANGE":
		err = x.dateRange(a)
	case "EXT-X-PRELOAD-HINT":
		err = x.hint(a.m["TYPE"], a.m["URI"])
	default:
		return fmt.Errorf("an unknown tag")
	}
	if err == nil {
		err = a.err
	}
	return err
}

// dateRange reads a date range that is over (4.4.5.1).
func (x *parser) dateRange(a *attributes) error {
	start, err := time.Parse(time.RFC3339Nano, a.m["START-DATE"])
	d := DateRange{ID: a.m["ID"], Class: a.m["CLASS"], Start: start, Duration: a.float("DURATION")}
	switch {
	case err != nil:
		return err
	case d.ID == "" || d.Duration < 0 || slices.ContainsFunc(x.p.DateRanges, func(o DateRange) bool { return o.ID == d.ID }):
		return fmt.Errorf("a date range without an ID of its own, or of negative length")
	}
	x.p.DateRanges = append(x.p.DateRanges, d)
	return nil
}

func (x *parser) hint(kind, uri string) error {
	switch {
	case kind == "PART" && x.p.HintPart == "" && uri != "":
		x.p.HintPart = uri
	case kind == "MAP" && x.p.HintMap == "" && uri != "":
		x.p.HintMap = uri
	default:
		return fmt.Errorf("a hint of an unknown type, of one given twice, or without URI")
	}
	return nil
}

// attributes is an attribute list (4.2), without its quotes.
type attributes struct {
	m   map[string]string
	err error
}

func parseAttributes(s string) *attributes {
	a := &attributes{m: map[string]string{}}
	for s != "" {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			a.err = fmt.Errorf("an attribute without value: %q", s)
			return a
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			value, rest, ok = strings.Cut(rest[1:], `"`)
			if !ok {
				a.err = fmt.Errorf("a quote that does not end: %q", s)
			}
			rest = strings.TrimPrefix(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		if _, twice := a.m[name]; twice {
			a.err = fmt.Errorf("the attribute %s twice", name)
		}
		a.m[name], s = value, rest
	}
	return a
}

func (a *attributes) float(name string) float64 {
	value, ok := a.m[name]
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f < 0 {
		a.err = fmt.Errorf("%s is no decimal: %q", name, value)
	}
	return f
}
