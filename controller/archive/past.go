package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
// they are still named or not.
func Past(mediaDir string) ([]PastCamera, error) {
	entries, err := os.ReadDir(mediaDir)
	if err != nil {
		return nil, err
	}
	var past []PastCamera
	for _, e := range entries {
		if e.IsDir() && cameraName.MatchString(e.Name()) && !isGone(filepath.Join(mediaDir, e.Name(), "init")) {
			past = append(past, PastCamera{Name: e.Name(), Title: e.Name()})
		}
	}
	return past, nil
}

// Gone tells that of an ended camera nothing is left that could be looked at.
func (c *Camera) Gone() bool { return false }

// Forget removes a camera's archive and spool. Its recorder must have ended, and
// nobody may follow its archive.
func Forget(mediaDir, camera string) error {
	if !cameraName.MatchString(camera) {
		return fmt.Errorf("forgetting %q: a camera's name is 1 to 32 of a-z, 0-9 and -", camera)
	}
	dir := spool.CameraDir(mediaDir, camera)
	lock, err := spool.ClaimCamera(dir)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("forgetting camera %q: its recorder has not ended: %w", camera, err)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forgetting camera %q: %w", camera, err)
	}
	defer lock.Close()
	return errors.Join(os.RemoveAll(filepath.Join(mediaDir, camera)), os.RemoveAll(dir))
}
