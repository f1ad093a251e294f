package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

// hours looks at every hour's playlist and files.
func (k *checker) hours() error {
	dirs, bad, err := k.disk.hourDirs(k.root)
	if err != nil {
		return err
	}
	for _, b := range bad {
		k.unlisted(b.path, b.err)
	}
	for i, dir := range dirs {
		h := &hourChecker{checker: k, dir: dir, newest: i == len(dirs)-1}
		h.check()
	}
	return nil
}

// unlisted finds that nobody knows what lies in a folder.
func (k *checker) unlisted(path string, err error) {
	k.find(path, "what lies in it", "", "it can't be listed: %v", cause(err))
}

// hourChecker looks at one hour. Findings of one kind are put together.
type hourChecker struct {
	*checker
	dir    string // 2026-11-22/10
	newest bool
	list   hourList
	files  []uint64
}

func (h *hourChecker) path(name string) string { return filepath.Join(h.root, h.dir, name) }

func (h *hourChecker) check() {
	data, unread := h.disk.readInto(nil, h.path(hourName))
	missing := unread != nil && isGone(h.path(hourName))
	parseHour(data, &h.list)
	files, err := h.disk.hourFiles(h.path(""))
	if errors.Is(err, fs.ErrNotExist) && h.Running {
		return // it has just been deleted
	} else if err != nil {
		h.unlisted(h.path(""), err)
		return
	}
	h.files = files.msns
	for _, name := range files.odd {
		h.find(h.path(name), "the segment", "makes a gap of it", "it is no file")
	}
	if unread != nil && !missing {
		h.find(h.path(hourName), "", "puts it aside and makes it anew from the segments, if there are any", "it can't be read: %v", cause(unread))
		missing = true
	}
	for _, name := range files.leftovers {
		if !h.young(h.path(name)) {
			h.find(h.path(name), "", "removes it", "it was left behind when %s was replaced", hourName)
		}
	}
	h.playlist(missing, len(data))
	h.merge()
}

// playlist looks at the playlist as a whole.
func (h *hourChecker) playlist(missing bool, length int) {
	path := h.path(hourName)
	entries := h.list.entries
	switch {
	case missing && len(h.files) > 0 && !h.young(h.path("")) && isGone(path):
		h.find(path, "", "makes it anew from the segments", "the hour's playlist is not there")
	case missing:
	case h.list.valid < length:
		h.find(path, "", "makes it anew from the segments", "of %d bytes only %d are well-formed", length, h.list.valid)
	case !h.list.fits(h.promises):
		h.find(path, "", "makes it anew from the segments", "it promises more than its segments keep: a target duration of %d s, independent segments %v", h.list.head.TargetDuration/1_000_000, h.list.head.Independent)
	case !h.list.ended && !h.newest && !h.young(path):
		h.find(path, "", "closes it", "the hour is over and its playlist not closed")
	}
	for i := 1; i < len(entries); i++ {
		if entries[i].msn <= entries[i-1].msn {
			h.find(path, "", "makes it anew from the segments", "MSN %d is listed after %d", entries[i].msn, entries[i-1].msn)
			h.list.entries, h.list.maps = nil, nil
			return
		}
	}
}

// trait is one kind of finding about segments of the hour.
type trait struct {
	what, lost, mend string
	msns             []uint64
	seconds          float64
}

// merge compares every segment with its entry.
func (h *hourChecker) merge() {
	traits := map[string]*trait{}
	note := func(key string, t trait, msn uint64, e entry) {
		if traits[key] == nil {
			traits[key] = &t
		}
		traits[key].msns = append(traits[key].msns, msn)
		traits[key].seconds += float64(e.Duration) / 1e6
	}
	for i, e := range h.list.entries {
		if !settle(h.index, &e) || h.index[e.Run].FirstMSN != h.list.maps[i] {
			note("run", trait{what: "listed with an init section of another run", mend: "makes the playlist anew"}, e.msn, e)
			continue
		}
		if _, ok := slices.BinarySearch(h.files, e.msn); !ok {
			if e.Flags&Gap == 0 && !(h.Running && isGone(h.path(hourName))) {
				note("gone", trait{what: "listed and not there", lost: "the segments", mend: "makes gaps of them"}, e.msn, e)
			}
			e.Flags |= Gap
			h.segments = append(h.segments, e)
		}
	}
	for _, msn := range h.files {
		h.file(msn, note)
	}
	for _, key := range []string{"run", "gone", "unlisted", "empty", "unusable", "cut", "tail", "other", "place"} {
		if t := traits[key]; t != nil {
			lost := t.lost
			if lost != "" && t.seconds > 0 {
				lost = fmt.Sprintf("%.1f s of video", t.seconds)
			}
			h.find(h.path(""), lost, t.mend, "%s: %s", namesOf(t.msns), t.what)
		}
	}
}

func namesOf(msns []uint64) string {
	if len(msns) == 1 {
		return fmt.Sprintf("%09d.m4s", msns[0])
	}
	return fmt.Sprintf("%09d.m4s to %09d.m4s (%d segments)", msns[0], msns[len(msns)-1], len(msns))
}

// file compares one segment with its entry.
func (h *hourChecker) file(msn uint64, note func(key string, t trait, msn uint64, e entry)) {
	path := h.path(filepath.Base(SegmentURI(msn, 0)))
	var listed entry
	var asGap bool
	at, isListed := slices.BinarySearchFunc(h.list.entries, msn, func(e entry, msn uint64) int { return int(int64(e.msn - msn)) })
	if isListed {
		listed = h.list.entries[at]
		asGap = listed.Flags&Gap != 0
		isListed = !asGap
	}
	e, length, err := h.disk.readSegment(path, msn, h.runs)
	if errors.Is(err, fs.ErrNotExist) {
		return // deleted meanwhile
	}
	hour, _ := dirHour(h.dir)
	switch {
	case errors.Is(err, errNothing):
		note("empty", trait{what: "no picture in it", lost: "the segments", mend: "removes them, which leaves gaps"}, msn, listed)
		return
	case err != nil:
		note("unusable", trait{what: "can't be used: " + err.Error(), lost: "the segments", mend: "leaves them alone"}, msn, listed)
		if asGap && settle(h.index, &listed) {
			h.segments = append(h.segments, listed)
		}
		return
	case hourOf(e.Start) != hour:
		note("place", trait{what: "in the folder of another hour", lost: "the segments"}, msn, listed)
		return
	case !isListed:
		if !h.young(path) {
			note("unlisted", trait{what: "not listed", mend: "lists them"}, msn, e)
		}
	case listed.Start != e.Start || listed.Duration < e.Duration || e.Size == listed.Size && !slices.Equal(listed.flaws, e.flaws):
		note("other", trait{what: "not what the playlist says", mend: "makes the playlist anew"}, msn, e)
	case e.Size < listed.Size:
		missing := e
		missing.Duration = listed.Duration - e.Duration
		note("cut", trait{what: "shorter than the playlist says", lost: "their ends", mend: "makes the playlist anew"}, msn, missing)
	case e.Size > listed.Size:
		note("other", trait{what: "not what the playlist says", mend: "makes the playlist anew"}, msn, e)
	}
	if length > int64(e.Size) {
		note("tail", trait{what: "more after the last whole fragment", mend: "cuts them off"}, msn, e)
	}
	if isListed {
		e.Duration = listed.Duration // stretched to the next one where a power cut took the end
	}
	if settle(h.index, &e) {
		h.segments = append(h.segments, e)
	}
}
