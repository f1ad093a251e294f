package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/spool"
)

// PastCamera is a camera of which MEDIA_DIR holds an archive.
type PastCamera struct {
	Name        string
	Title       string        // its name when nothing else is known
	Window      time.Duration // 0 when not known
	WindowBytes int64         // 0 for no limit
}

var cameraName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// Past lists the cameras of which a media directory holds an archive, whether
// they are still named or not. It leaves out those that are gone (see
// Archive.Gone), and those of which nothing can be read. The error is that of
// listing the media directory.
func Past(mediaDir string) ([]PastCamera, error) {
	if _, err := os.ReadDir(mediaDir); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, dir := range []string{mediaDir, spool.Root(mediaDir)} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if cameraName.MatchString(e.Name()) && folder(filepath.Join(dir, e.Name()), e) == nil {
				names[e.Name()] = true
			}
		}
	}
	var past []PastCamera
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if p, ok := pastCamera(mediaDir, name); ok {
			past = append(past, p)
		}
	}
	return past, nil
}

func pastCamera(mediaDir, name string) (p PastCamera, ok bool) {
	s, lost, _, err := disk{media: mediaDir}.readState(mediaDir, name)
	if err != nil || s.Gone {
		return p, false
	}
	root := filepath.Join(mediaDir, name)
	if lost && isGone(statePath(root)) && isGone(stateCopyPath(mediaDir, name)) && isGone(filepath.Join(root, "init")) {
		if runs, _ := spool.Runs(spool.CameraDir(mediaDir, name)); len(runs) == 0 {
			return p, false
		}
	}
	return PastCamera{name, cmp.Or(s.Title, name), time.Duration(s.Window) * time.Microsecond, s.WindowBytes}, true
}

// Forget deletes a camera's archive and its spool. What is left is a state.json
// that says which MSNs were used, since their URLs may be in a cache. The camera's
// recorder must have ended, and nobody may follow its archive. Nothing is deleted
// where a recorder lives, the name is no camera's, or state.json can't be read or is
// of a newer program. After any error, also the disk's, it can be called again.
func Forget(mediaDir, camera string) error {
	if !cameraName.MatchString(camera) {
		return fmt.Errorf("forgetting %q: accepted as a camera's name are 1 to 32 of a-z, 0-9 and -", camera)
	}
	root := filepath.Join(mediaDir, camera)
	s, _, _, err := disk{media: mediaDir}.readState(mediaDir, camera)
	if err = errors.Join(noLink(root), noLink(spool.CameraDir(mediaDir, camera)), err); err != nil {
		return fmt.Errorf("forgetting camera %q: %w", camera, err)
	}
	lock, err := lockEnded(mediaDir, camera)
	if err != nil {
		return fmt.Errorf("forgetting camera %q: %w", camera, err)
	}
	defer lock.Close()
	if isGone(root) && isGone(stateCopyPath(mediaDir, camera)) {
		return os.RemoveAll(spool.CameraDir(mediaDir, camera))
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return fmt.Errorf("forgetting camera %q: %w", camera, err)
	}
	if err := removeCamera(root, spool.CameraDir(mediaDir, camera), s); err != nil {
		return fmt.Errorf("forgetting camera %q: %w", camera, err)
	}
	return nil
}

// Vacant reports whether of a camera nothing is there but what tells of its numbers: a
// state.json, markers, and a spool without a run. Then another may have the name.
func Vacant(mediaDir, camera string) bool {
	root, dir := filepath.Join(mediaDir, camera), spool.CameraDir(mediaDir, camera)
	if isLink(root) || isLink(dir) {
		return false
	}
	return holdsOnly(root, func(path, name string) bool {
		identity, marker := strings.CutPrefix(name, markPrefix)
		return name == filepath.Base(statePath(root)) || isLeftover(name, filepath.Base(statePath(root))) ||
			marker && isIdentity(identity) || name == "init" && !isLink(path) && holdsOnly(path, nothing)
	}) && holdsOnly(dir, func(path, name string) bool {
		stat, err := os.Lstat(path)
		if err != nil {
			return false
		}
		kind := stat.Mode().Type() // a run is a folder, and a recorder has a socket
		return (kind == 0 || kind == fs.ModeSocket) && !isAside(name)
	})
}

func nothing(string, string) bool { return false }

// holdsOnly reports whether all that is in a folder is known, or there is none.
func holdsOnly(dir string, known func(path, name string) bool) bool {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if !known(filepath.Join(dir, e.Name()), e.Name()) {
			return false
		}
	}
	return err == nil || errors.Is(err, fs.ErrNotExist)
}

// removeCamera removes an archive and a spool, but for a state.json that is
// there all the time.
func removeCamera(root, spoolDir string, s state) error {
	s.Format = Format
	if err := (disk{}).replace(statePath(root), s.marshal()); err != nil {
		return err
	}
	entries, err := os.ReadDir(root)
	for _, e := range entries {
		if e.Name() != filepath.Base(statePath(root)) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(root, e.Name())))
		}
	}
	if err = errors.Join(err, os.RemoveAll(spoolDir)); err != nil {
		return err
	}
	return disk{}.replace(statePath(root), s.gone().marshal())
}

// lockEnded makes sure that a camera has no recorder, until the file returned
// is closed.
func lockEnded(mediaDir, camera string) (*os.File, error) {
	lock, err := spool.LockCamera(spool.CameraDir(mediaDir, camera))
	if errors.Is(err, unix.EAGAIN) {
		err = errRecorded
	}
	return lock, err
}

// errRecorded says that a camera's recorder still lives.
var errRecorded = errors.New("its recorder has not ended yet")
