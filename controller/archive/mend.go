package archive

import (
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Mend mends of an archive what can be mended safely: no segment that holds a
// picture is removed, and none is changed but for what follows its last whole
// fragment. No controller may be running: the caller holds its lock. The errors are
// those of [Load], and of the disk where it takes no change; then some is left as
// it was.
func Mend(ctx context.Context, mediaDir, camera string, found []Finding, log *slog.Logger) error {
	d := disk{media: mediaDir}
	for _, f := range found {
		path := filepath.Join(mediaDir, f.Where)
		name := filepath.Base(path)
		switch {
		case strings.HasPrefix(name, ".") && !isAside(name): // what interrupted replacements left behind
			if err := d.remove(path); err != nil {
				return err
			}
		case strings.HasPrefix(f.Where, camera+string(filepath.Separator)):
			if err := d.distrust(path); err != nil {
				return err
			}
		}
	}
	c, err := Load(ctx, Options{MediaDir: mediaDir, Camera: camera, Window: math.MaxInt64, Log: log})
	if err != nil {
		return err
	}
	if err := c.run(c.listing()); err != nil {
		return err
	}
	if c.state.Identity != "" && !c.state.Gone { // whether it is still the one the next start finds out
		if err := c.disk.mark(c.root, c.state.Identity); err != nil {
			return err
		}
	}
	return c.saveState()
}

// distrust removes an hour's playlist, which Load then makes anew from the segments.
func (d disk) distrust(path string) error {
	dir := path
	if stat, err := os.Stat(path); err != nil || !stat.IsDir() {
		dir = filepath.Dir(path)
	}
	if _, ok := dirHour(filepath.Join(filepath.Base(filepath.Dir(dir)), filepath.Base(dir))); !ok {
		return nil
	}
	list := filepath.Join(dir, hourName)
	if isOdd(list) {
		return nil
	}
	if err := d.remove(list); !lasting(err) {
		return err
	}
	return nil
}
