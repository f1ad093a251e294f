package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lookback/controller/playlist/conform"
)

// Mark is what playlists say of a media sequence number.
type Mark struct {
	URI           string
	Discontinuity bool
	Gap           bool
	Date          time.Time // zero when not said
	Duration      float64   // seconds
}

// lists reads playlists again and again and judges each version as the
// successor of the one before.
type lists struct {
	origin, camera string
	client         http.Client

	mu         sync.Mutex
	previous   map[string]*conform.Parsed
	epochs     map[string]string // the number in each one's address
	marks      map[uint64]Mark
	Versions   int
	Violations []string // against RFC 8216bis
	Numbers    []string // MSN and discontinuity sequence: gone back, or with two meanings
}

func newLists(origin, camera string) *lists {
	return &lists{origin: origin, camera: camera, client: http.Client{Timeout: 10 * time.Second},
		previous: map[string]*conform.Parsed{}, epochs: map[string]string{}, marks: map[uint64]Mark{}}
}

// run reads live.m3u8 every half second and window.m3u8 every ten.
func (l *lists) run(ctx context.Context) {
	for n := 0; wait(ctx, 500*time.Millisecond) == nil; n++ {
		l.read(ctx, "live.m3u8")
		if n%20 == 10 {
			l.read(ctx, "window.m3u8")
		}
	}
}

// read judges one served playlist; that none is served is not its business.
func (l *lists) read(ctx context.Context, name string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.origin+"/hls/"+l.camera+"/"+name, nil)
	if err != nil {
		return err
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %w", name, answer.Status, err)
	}
	l.judge(name, answer.Request.URL.Query().Get("epoch"), text)
	return nil
}

// judge takes in a version of a playlist, to which one was sent under a number.
func (l *lists) judge(name, epoch string, text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Versions++
	list, err := conform.Parse(text)
	if err != nil {
		l.Violations = append(l.Violations, fmt.Sprintf("%s: %v", name, err))
		return
	}
	before := l.previous[name]
	errs := conform.Check(before, list)
	if before != nil && l.epochs[name] != epoch { // what it promises has changed: it is another playlist
		errs = append(conform.Check(nil, list), conform.Handover(before, list)...)
	}
	l.epochs[name] = epoch
	for _, err := range errs {
		l.Violations = append(l.Violations, fmt.Sprintf("%s %s: %v", time.Now().Format("15:04:05"), name, err))
	}
	if before != nil && (list.MediaSequence < before.MediaSequence || last(list) < last(before) ||
		list.DiscontinuitySequence < before.DiscontinuitySequence) {
		l.Numbers = append(l.Numbers, fmt.Sprintf("%s: MSN %d to %d and discontinuity sequence %d after %d to %d and %d", name,
			list.MediaSequence, last(list), list.DiscontinuitySequence, before.MediaSequence, last(before), before.DiscontinuitySequence))
	}
	l.previous[name] = list
	l.note(name, list)
}

// last is the number behind the last segment.
func last(p *conform.Parsed) uint64 { return p.MediaSequence + uint64(len(p.Segments)) }

// note remembers what a playlist says of each segment; all must say the same.
func (l *lists) note(name string, list *conform.Parsed) {
	for i, s := range list.Segments {
		msn := list.MediaSequence + uint64(i)
		mark := Mark{URI: onDisk(s.URI), Discontinuity: s.Discontinuity, Gap: s.Gap, Duration: s.Duration}
		if s.Date != nil {
			mark.Date = *s.Date
		}
		old, known := l.marks[msn]
		if !known {
			l.marks[msn] = mark
			continue
		}
		if msg := contradiction(old, mark); msg != "" {
			l.Numbers = append(l.Numbers, fmt.Sprintf("%s: MSN %d: %s", name, msn, msg))
		}
		if old.Date.IsZero() {
			old.Date = mark.Date
		}
		old.Discontinuity = old.Discontinuity || mark.Discontinuity
		l.marks[msn] = old
	}
}

// onDisk is the path of a segment below its camera's folder. Playlists that are served
// have the archive's identity before it, those of an hour do not.
func onDisk(uri string) string {
	if first, rest, _ := strings.Cut(uri, "/"); identity.MatchString(first) {
		return rest
	}
	return uri
}

var identity = regexp.MustCompile("^[0-9a-f]{16}$")

// contradiction tells how two playlists disagree about a number. The first
// segment of a playlist may lack its discontinuity, and a date may be left out.
func contradiction(a, b Mark) string {
	switch {
	case a.URI != b.URI:
		return fmt.Sprintf("%s and %s", a.URI, b.URI)
	case a.Gap != b.Gap:
		return fmt.Sprintf("gap %v and %v", a.Gap, b.Gap)
	case a.Duration-b.Duration > 1e-6 || b.Duration-a.Duration > 1e-6:
		return fmt.Sprintf("%v s and %v s", a.Duration, b.Duration)
	case !a.Date.IsZero() && !b.Date.IsZero() && !a.Date.Equal(b.Date):
		return fmt.Sprintf("%v and %v", a.Date, b.Date)
	}
	return ""
}

// Marks are what all playlists together have said.
func (l *lists) Marks() map[uint64]Mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[uint64]Mark, len(l.marks))
	for msn, m := range l.marks {
		all[msn] = m
	}
	return all
}

// readHours takes in the hour playlists below a camera's folder, as any player
// would find them, and checks that their numbers follow each other.
func (l *lists) readHours(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "????-??-??", "??", "index.m3u8"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	l.mu.Lock()
	defer l.mu.Unlock()
	listed := map[uint64]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, filepath.Dir(name))
		list, err := conform.Parse(plain(text))
		if err != nil {
			l.Violations = append(l.Violations, fmt.Sprintf("%s: %v", rel, err))
			continue
		}
		l.noteHour(rel, list, listed)
	}
	l.contiguous(listed)
	return nil
}

// noteHour takes numbers from file names: where the clock was set back, an
// hour has been gone through twice, and its numbers have a hole.
func (l *lists) noteHour(hour string, list *conform.Parsed, listed map[uint64]string) {
	for i, s := range list.Segments {
		s.URI = path.Join(hour, s.URI)
		msn, err := strconv.ParseUint(strings.TrimSuffix(path.Base(s.URI), ".m4s"), 10, 64)
		if err != nil {
			l.Numbers = append(l.Numbers, fmt.Sprintf("%s lists %s", hour, s.URI))
			continue
		}
		if other, twice := listed[msn]; twice {
			l.Numbers = append(l.Numbers, fmt.Sprintf("MSN %d is listed in %s and %s", msn, other, hour))
		}
		listed[msn] = hour
		if i > 0 { // the first one has lost its discontinuity
			l.note(hour, &conform.Parsed{MediaSequence: msn, Segments: []conform.Segment{s}})
		}
	}
}

func (l *lists) contiguous(listed map[uint64]string) {
	numbers := make([]uint64, 0, len(listed))
	for msn := range listed {
		numbers = append(numbers, msn)
	}
	slices.Sort(numbers)
	for i := 1; i < len(numbers); i++ {
		if numbers[i] != numbers[i-1]+1 {
			l.Numbers = append(l.Numbers, fmt.Sprintf("hour playlists: MSN %d follows %d", numbers[i], numbers[i-1]))
		}
	}
}

// plain leaves out what only files have: comments and the kind of playlist.
func plain(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("#")) && !bytes.HasPrefix(line, []byte("#EXT")) || bytes.HasPrefix(line, []byte("#EXT-X-PLAYLIST-TYPE")) {
			continue
		}
		out.Write(line)
	}
	return out.Bytes()
}
