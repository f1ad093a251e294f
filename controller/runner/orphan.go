package runner

import (
	"os"
	"strings"
	"syscall"
)

// Orphaned reports whether the Engine's socket at address was removed where it came
// from. A socket that is mounted as a file stays what it was when the Engine has
// ended and made another, so that nobody will ever answer on it again: a container
// that is started anew gets the new one.
func Orphaned(address string) bool {
	path, isUnix := strings.CutPrefix(address, "unix://")
	if !isUnix {
		return false
	}
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Nlink == 0
}
