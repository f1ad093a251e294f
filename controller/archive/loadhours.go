package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"lookback/controller/spool"
)

// loader reads the hours one after the other, with memory that it uses again.
type loader struct {
	*Archive
	records []runRecord
	buf     []byte
	list    hourList
	merged  []entry
	late    []entry // out of order, see reorder
	left    int     // hours still to be read
	highest uint64  // MSN after the highest in a file's name, of use or not

	unusable int // segments of the hour that can't be used
}

// hours reads every hour's folder. What can't be used is left out.
func (l *loader) hours(ctx context.Context) error {
	dirs, bad, err := l.disk.hourDirs(l.root)
	if err != nil {
		return err
	}
	for _, b := range bad {
		l.leaveFolder(b)
	}
	var unclosed []int64
	for i, dir := range dirs {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.left = len(dirs) - i
		if hour, _ := dirHour(dir); !l.hour(ctx, dir, hour) {
			unclosed = append(unclosed, hour)
		}
	}
	if ctx.Err() != nil { // the last hour may have been read in part
		return ctx.Err()
	}
	if len(l.late) > 0 {
		l.reorder(l.late)
		for _, s := range l.segs {
			if s.Flags&Gap != 0 {
				l.catalog.dirty[hourOf(s.Start)] = true
			}
		}
	}
	newest := int64(-1 << 62)
	if n := len(l.segs); n > 0 {
		newest = hourOf(l.segs[n-1].Start)
	}
	for _, hour := range unclosed { // the newest is opened again anyway
		if hour != newest {
			l.catalog.dirty[hour] = true
		}
	}
	return nil
}

// leaveFolder leaves out a day or an hour. Nothing is written there and nothing removed.
func (l *loader) leaveFolder(b badFolder) {
	l.leaveOut(b.path, b.err)
	l.blind = l.blind || b.blind()
	for hour := b.hour; hour < b.hour+b.hours; hour++ {
		l.catalog.barred[hour], l.badHours[hour] = true, b
	}
}

// hour reconciles one hour's playlist with what is in its folder. Where they
// differ, the playlist is to be written anew. ended: it has been closed.
func (l *loader) hour(ctx context.Context, dir string, hour int64) (ended bool) {
	path := filepath.Join(l.root, dir)
	h, err := l.disk.hourFiles(path)
	if err != nil {
		l.leaveFolder(badFolder{path, err, hour, 1})
		return true
	}
	for _, name := range h.odd {
		l.leaveOut(filepath.Join(path, name), spool.ErrIrregular)
	}
	l.highest = max(l.highest, h.next)
	valid := l.readList(filepath.Join(path, hourName), hour, len(h.msns) > 0)
	for _, name := range h.leftovers {
		l.complain("can't remove what an interrupted replacement left", l.disk.remove(filepath.Join(path, name)))
	}
	l.unusable = 0
	same := l.merge(ctx, dir, hour, h.msns)
	if !same || !valid || !l.list.fits(l.promises) {
		l.catalog.dirty[hour] = true
	}
	if valid && !l.list.ended && len(l.list.entries) > 0 {
		l.catalog.heads[hour] = l.list.head
	}
	if (!l.list.typed || !l.list.fits(l.promises)) && len(l.list.entries) > 0 {
		l.catalog.trimmed[hour] = true
	}
	l.reserveRoom()
	for _, e := range l.merged {
		l.take(e, hour)
	}
	if len(h.msns) == 0 { // nothing is left in it but perhaps a playlist
		l.catalog.dirty[hour] = true
	}
	if l.unusable > 0 && len(l.merged) == 0 { // what its playlist says may be of use once the rest is mended
		l.catalog.barred[hour] = true
	}
	return l.list.ended
}

// take enters an entry of an hour. GAPs that this makes have to be listed, and
// those before the oldest file are not to be.
func (l *loader) take(e entry, hour int64) {
	next, any := l.next(), len(l.segs) > 0
	var last Segment
	if any {
		last = l.seg(next - 1)
	}
	if !l.enter(e) {
		l.late = append(l.late, e)
		return
	}
	if any && l.seg(next-1) != last {
		l.catalog.dirty[hourOf(last.Start)] = true
	}
	if len(l.segs) == 0 {
		l.catalog.dirty[hour] = true
	}
	for ; any && next < e.msn; next++ {
		l.catalog.dirty[hourOf(l.seg(next).Start)] = true
	}
}

// reserveRoom makes the index as large as it will become when the hours to
// come are like this one.
func (l *loader) reserveRoom() {
	if len(l.segs)+len(l.merged) > cap(l.segs) {
		l.makeRoom(len(l.merged)*(l.left+2) + 1024)
	}
}

// readList reads an hour's playlist into l.list. valid: it is whole. One that
// can't be read is put aside where another will be needed, and else left alone.
func (l *loader) readList(path string, hour int64, needed bool) (valid bool) {
	var err error
	l.buf, err = l.disk.readInto(l.buf[:0], path)
	if err != nil && !isGone(path) {
		if !needed {
			l.leaveOut(path, err)
		}
		l.catalog.barred[hour] = !needed || !l.cleared(&unreadFile{path, err})
		l.buf = l.buf[:0]
	}
	parseHour(l.buf, &l.list)
	return l.list.valid == len(l.buf)
}

// largestList bounds what is read of an hour playlist, bytes: an hour of segments
// of half a second takes 1 MB.
const largestList = 64 << 20

// readInto reads an hour playlist into a buffer that grows as needed.
func (d disk) readInto(buf []byte, path string) ([]byte, error) {
	f, err := d.open(path)
	if err != nil {
		return buf, err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return buf, err
	}
	if stat.Size() > largestList {
		return buf, &fs.PathError{Op: "read", Path: path, Err: spool.ErrTooLarge}
	}
	if err := d.look("read", path); err != nil {
		return buf, err
	}
	buf = slices.Grow(buf, int(stat.Size()))[:stat.Size()]
	n, err := io.ReadFull(f, buf)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return buf[:n], err
}

// merge joins the entries of the playlist with the files of its folder into
// l.merged, in the order of their MSN. same: they were the same.
func (l *loader) merge(ctx context.Context, dir string, hour int64, files []uint64) (same bool) {
	same = true
	listed, maps := l.list.entries, l.list.maps
	if !slices.IsSortedFunc(listed, func(a, b entry) int { return cmp.Compare(a.msn, b.msn) }) {
		listed, maps, same = nil, nil, false // not one of ours
	}
	l.merged = l.merged[:0]
	for (len(listed) > 0 || len(files) > 0) && ctx.Err() == nil {
		var e entry
		ok := false
		switch {
		case len(files) == 0 || len(listed) > 0 && listed[0].msn < files[0]:
			e, ok = listed[0], true
			same = same && e.Flags&Gap != 0
			e.Flags, e.Size, e.flaws = e.Flags|Gap, 0, nil
			listed, maps = listed[1:], maps[1:]
		case len(listed) > 0 && listed[0].msn == files[0] && l.trusted(listed[0], maps[0], hour):
			e, ok = listed[0], true
			listed, maps, files = listed[1:], maps[1:], files[1:]
		default:
			same = false
			if len(listed) > 0 && listed[0].msn == files[0] {
				listed, maps = listed[1:], maps[1:]
			}
			e, ok = l.unlisted(dir, hour, files[0])
			files = files[1:]
		}
		if n := len(l.merged); ok && settle(l.runs, &e) && (n == 0 || l.merged[n-1].msn < e.msn) {
			if l.records[e.Run].lost && e.Flags&Gap == 0 {
				e.Flags, e.Size, e.flaws, same = e.Flags|Gap, 0, nil, false
			}
			l.merged = append(l.merged, e)
		} else {
			same = false
		}
	}
	return same
}

// trusted reports whether an entry of a playlist can be taken as it is.
func (l *loader) trusted(e entry, mapped uint64, hour int64) bool {
	i := runOf(l.runs, e.msn)
	return i >= 0 && l.runs[i].FirstMSN == mapped && hourOf(e.Start) == hour &&
		e.Flags&Gap == 0 && e.Size > 0
}

// unlisted reads a segment that no playlist lists. What a power cut left of its
// file is cut off behind its last whole fragment.
func (l *loader) unlisted(dir string, hour int64, msn uint64) (entry, bool) {
	path := filepath.Join(l.root, dir, filepath.Base(SegmentURI(msn, 0)))
	e, length, err := l.disk.readSegment(path, msn, l.records)
	if err == nil && hourOf(e.Start) != hour {
		err = errors.New("it lies in the folder of another hour")
	}
	if errors.Is(err, errNothing) {
		l.complain("can't remove a segment that holds nothing", l.disk.remove(path))
		return e, false
	}
	if err != nil {
		l.unusable++
		l.leaveOut(path, fmt.Errorf("a segment that no playlist lists can't be used: %w", err))
		return e, false
	}
	if length > int64(e.Size) {
		l.complain("can't cut off what a crash left at the end of a segment", l.disk.truncate(path, int64(e.Size)))
	}
	return e, true
}
