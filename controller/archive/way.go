package archive

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
)

// unusableHours are those whose folder, or that of their day, was left out: the path and
// why. What is recorded in such an hour must not get lost among it.
type unusableHours map[int64]badFolder

// moveInto moves a segment's file into an hour's folder, as disk.move does. What
// stands in its way is put aside: a folder that was left out, that belongs to
// somebody else, or that is none.
func (c *Archive) moveInto(from, to string, hour int64) error {
	if bad, ok := c.badHours[hour]; ok {
		c.reopen(bad)
	}
	err := c.disk.move(from, to)
	inTheWay := lasting(err) || errors.Is(err, fs.ErrExist) && isGone(to)
	if inTheWay && c.makeWay(filepath.Dir(to), hour) {
		err = c.disk.move(from, to)
	}
	return err
}

// reopen puts aside a folder that was left out, so that another can be made.
func (c *Archive) reopen(bad badFolder) {
	maps.DeleteFunc(c.badHours, func(hour int64, b badFolder) bool {
		if b.path == bad.path {
			c.remade = append(c.remade, hour)
		}
		return b.path == bad.path
	})
	if !isGone(bad.path) {
		c.replaceFolder(bad.path, bad.err)
	}
}

// makeWay puts aside an hour's folder, or that of its day, if it can't be used.
// done: there is a way now.
func (c *Archive) makeWay(dir string, hour int64) (done bool) {
	for _, dir := range []string{filepath.Dir(dir), dir} {
		err := c.disk.usable(dir)
		if err == nil || isGone(dir) {
			continue
		}
		if !c.replaceFolder(dir, err) {
			return false
		}
		c.remade, done = append(c.remade, hour), true
	}
	return done
}

// replaceFolder puts an hour's or a day's folder aside and makes another. What
// can be listed of the old one is linked from there, so that it still plays.
func (c *Archive) replaceFolder(dir string, why error) (done bool) {
	aside, done := c.putAside(dir, why)
	if !done {
		return false
	}
	entries, _ := c.disk.readDir(aside)
	for _, e := range entries {
		_, isSegment := parseMSN(e.Name())
		_, isHour := dirHour(filepath.Join(filepath.Base(dir), e.Name()))
		if isSegment || isHour {
			c.complain("can't link what was put aside", c.disk.link(filepath.Join("..", filepath.Base(aside), e.Name()), filepath.Join(dir, e.Name())))
		}
	}
	return true
}
