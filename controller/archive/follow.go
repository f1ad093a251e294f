package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// syncEvery bounds what a power cut can take: media files are synced, then
	// listed in the hour playlists.
	syncEvery = 5 * time.Second
	// retainEvery is how often what has left the window is deleted.
	retainEvery = 10 * time.Second
	// quietFor is how often the same trouble is logged.
	quietFor = 30 * time.Second
)

// Follow takes in what recorders put into the spool until the context ends. It
// is the only one that changes the archive.
func (c *Camera) Follow(ctx context.Context) {
	poll := time.NewTicker(c.pollInterval())
	defer poll.Stop()
	sync := time.NewTicker(syncEvery)
	defer sync.Stop()
	retain := time.NewTicker(retainEvery)
	defer retain.Stop()
	for {
		c.beat.Store(time.Now().UnixMilli())
		c.complain("can't take in what the recorder wrote", c.takeIn())
		select {
		case <-ctx.Done():
			c.complain("can't take in what the recorder wrote last", c.takeIn())
			c.complain("can't finish the archive", c.close())
			return
		case <-c.wake:
		case <-poll.C:
		case <-sync.C:
			c.complain("can't write the hour playlists", c.list())
		case <-retain.C:
			c.complain("can't delete what has left the window", c.retain())
		}
	}
}

// pollInterval is how often the spool is looked at without a doorbell.
func (c *Camera) pollInterval() time.Duration {
	if k := c.state.constants(); k.PartTarget > 0 {
		return time.Duration(k.PartTarget) * time.Microsecond / 2
	}
	return 50 * time.Millisecond
}

// close lists what is archived. The open segment stays in the spool, where a
// recorder that outlives this process goes on with it.
func (c *Camera) close() error {
	if c.current == nil {
		c.state.Reserved = max(c.next(), c.skipTo)
	}
	return errors.Join(c.list(), c.retain(), c.writeState(true))
}

// list makes the archived media safe on disk and then enters it into the hour
// playlists: one syncfs for all files, since an fsync for each would sit in the
// way of the live edge.
func (c *Camera) list() error {
	if len(c.unlist) == 0 {
		return nil
	}
	if err := syncFileSystem(c.root); err != nil {
		return fmt.Errorf("syncfs: %w", err)
	}
	for len(c.unlist) > 0 {
		if err := c.listOne(c.unlist[0]); err != nil {
			return err
		}
		c.unlist = c.unlist[1:]
	}
	c.unlist = nil
	return nil
}

func syncFileSystem(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}

// listOne appends an entry to its hour's playlist with one write. Where the
// hour changes, the playlist so far is closed.
func (c *Camera) listOne(e entry) error {
	if dir := hourDir(e.Start); dir != c.hour {
		if err := c.changeHour(dir); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(filepath.Join(c.root, c.hour, hourName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return err
	}
	var b []byte
	if stat.Size() == 0 {
		c.hourEnd = nil
		b = c.hourHeader(e, "EVENT")
	}
	b = c.appendEntry(b, e, c.hourEnd)
	if _, err := f.Write(b); err != nil {
		// Half an entry would hide what is appended after it.
		return errors.Join(err, f.Truncate(stat.Size()))
	}
	c.hourEnd = &e
	return nil
}

// changeHour closes the playlist that was appended to and opens another, which
// exists already after a restart or when the clock was set back.
func (c *Camera) changeHour(dir string) error {
	if c.hour != "" {
		if entries, err := c.readHour(c.hour); err != nil {
			return err
		} else if err := c.writeHour(c.hour, entries, true); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(c.root, dir), 0o755); err != nil {
		return err
	}
	entries, err := c.readHour(dir)
	if err != nil {
		return err
	}
	if err := c.writeHour(dir, entries, false); err != nil {
		return err
	}
	c.hour, c.hourEnd = dir, nil
	if n := len(entries); n > 0 {
		c.hourEnd = &entries[n-1]
	}
	return nil
}

// trouble remembers what was complained of, so that a full disk does not fill
// the log as well.
type trouble struct {
	what string
	at   time.Time
}

// complain logs an error at most every quietFor, and once when it is over.
func (c *Camera) complain(what string, err error) {
	switch {
	case err != nil && (c.trouble.what != what || time.Since(c.trouble.at) > quietFor):
		c.Log.Error(what, "camera", c.Camera, "error", err, "next", "trying again")
		c.trouble = trouble{what, time.Now()}
	case err == nil && c.trouble.what == what:
		c.Log.Info("recovered", "camera", c.Camera, "from", what)
		c.trouble = trouble{}
	}
}
