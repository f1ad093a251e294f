package archive

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/spool"
)

// badFolder is a day's or an hour's folder that can't be used.
type badFolder struct {
	path  string
	err   error
	hour  int64 // the first that it is for
	hours int64 // how many
}

// blind reports whether segments may lie in it whose MSNs nobody sees.
func (b badFolder) blind() bool { return cause(b.err) != unix.ENOTDIR }

// hourDirs lists the folders that may hold segments, as 2026-11-22/10, in the
// order of time, and what has the name of one and can't be used.
func (d disk) hourDirs(root string) (dirs []string, bad []badFolder, err error) {
	days, err := d.readDir(root)
	if err != nil {
		return nil, nil, err
	}
	for _, day := range days {
		first, ok := dirHour(filepath.Join(day.Name(), "00"))
		if !ok {
			continue
		}
		path := filepath.Join(root, day.Name())
		hours, err := d.readFolder(path, day)
		if err != nil {
			bad = append(bad, badFolder{path, err, first, 24})
		}
		for _, hour := range hours {
			dir := filepath.Join(day.Name(), hour.Name())
			n, ok := dirHour(dir)
			if !ok {
				continue
			}
			if err := folder(filepath.Join(root, dir), hour); err != nil {
				bad = append(bad, badFolder{filepath.Join(root, dir), err, n, 1})
			} else {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs, bad, nil
}

// readFolder lists what a listing says is a folder.
func (d disk) readFolder(path string, e fs.DirEntry) ([]fs.DirEntry, error) {
	if err := folder(path, e); err != nil {
		return nil, err
	}
	return d.readDir(path)
}

func notFolder(path string) error { return &fs.PathError{Op: "open", Path: path, Err: unix.ENOTDIR} }

// hourFiles is what lies in an hour's folder.
type hourFiles struct {
	msns      []uint64 // of its segments, in order
	odd       []string // what has the name of a segment and is no file
	next      uint64   // the MSN after the highest in any of these names
	leftovers []string // names that interrupted replacements of its playlist left
}

// hourFiles lists an hour's folder.
func (d disk) hourFiles(path string) (h hourFiles, err error) {
	entries, err := d.readUnsorted(path)
	if err != nil {
		return h, err
	}
	h.msns = make([]uint64, 0, len(entries))
	for _, e := range entries {
		name := e.Name()
		msn, ok := parseMSN(name)
		switch {
		case ok:
			h.next = max(h.next, msn+1)
			if e.Type().IsRegular() || !isOdd(filepath.Join(path, name)) {
				h.msns = append(h.msns, msn)
			} else {
				h.odd = append(h.odd, name)
			}
		case strings.HasPrefix(name, ".") && isLeftover(name, hourName):
			h.leftovers = append(h.leftovers, name)
		}
	}
	slices.Sort(h.msns)
	return h, nil
}

// segmentMSNs are the MSNs of a folder's segments, in order.
func (d disk) segmentMSNs(path string) ([]uint64, error) {
	h, err := d.hourFiles(path)
	return h.msns, err
}

// asides is what earlier starts put aside of a camera.
func (d disk) asides(mediaDir, camera string) (paths []string) {
	root := filepath.Join(mediaDir, camera)
	folders := []string{root, filepath.Join(root, "init"), spool.CameraDir(mediaDir, camera)}
	days, _ := d.readDir(root)
	for _, day := range days {
		if _, err := time.Parse(time.DateOnly, day.Name()); err == nil {
			folders = append(folders, filepath.Join(root, day.Name()))
		}
	}
	for _, folder := range folders {
		entries, _ := d.readDir(folder)
		for _, e := range entries {
			if isAside(e.Name()) {
				paths = append(paths, filepath.Join(folder, e.Name()))
			}
		}
	}
	return paths
}
