package web

import (
	"path/filepath"
	"strconv"
	"strings"

	"lookback/controller/playlist"
)

// LeaveLists puts the live playlist of each camera, as it is now, where nginx
// answers with it while the controller is away. A player that finds nothing new in
// a playlist asks again; one that is refused three times gives up (hls.js).
// Call it when the program begins to end, and again when nothing is recorded any
// more. The next life of the controller takes them away.
func (h *Handler) LeaveLists() {
	s := h.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.cameras {
		v := c.view()
		if c.files.dir == "" || v.snap.Empty() {
			continue
		}
		name := leftPrefix + utoa(v.now.snap.Promise().Number) + leftSuffix
		if err := c.files.leave(name, playlist.Live(v.now.snap).Render(false)); err != nil {
			s.Log.Warn("the last playlist can't be left for nginx: players give up while the controller is away", "camera", c.Name(), "error", err)
		}
	}
}

// What is left is called live-<number of the promise>.m3u8.
const leftPrefix, leftSuffix = "live-", ".m3u8"

// leftIn is the highest number of a playlist that was left in a folder.
func leftIn(dir string) (number uint64, ok bool) {
	paths, _ := filepath.Glob(filepath.Join(dir, leftPrefix+"*"+leftSuffix)) // the pattern is a good one
	for _, path := range paths {
		digits := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), leftPrefix), leftSuffix)
		if n, err := strconv.ParseUint(digits, 10, 64); err == nil {
			number, ok = max(number, n), true
		}
	}
	return number, ok
}

// leave puts a file there that stays.
func (f *partFiles) leave(name string, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.write(name, data)
}
