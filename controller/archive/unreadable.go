package archive

import (
	"fmt"
	"os"
)

// UnreadableError says that a camera's archive can't be used at all: its folder
// can't be made, read or written, or a newer program wrote it.
type UnreadableError struct {
	Path string // what is the matter with
	Err  error
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%s: %v; below MEDIA_DIR accepted is a folder that user %d may read and write, and that no newer Lookback wrote", e.Path, e.Err, os.Geteuid())
}

func (e *UnreadableError) Unwrap() error { return e.Err }

// LeftOut are the paths of what the archive was loaded without, since it can't
// be read or stood in the way. Nothing of it is deleted.
func (c *Camera) LeftOut() []string { return nil }
