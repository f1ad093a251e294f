package main

import (
	"fmt"
	"math"
	"slices"
)

// FileVerdict is what became of archived files.
type FileVerdict struct {
	Archived int      `json:"archived"`
	Trimmed  int      `json:"trimmed"` // gone from the old end, as the disk asks for
	Lost     []string `json:"lost"`
	Changed  []string `json:"changed"`
	Twice    []string `json:"twice"` // one MSN under two names
}

// checkFiles compares the segments as they were first seen with what is there
// at the end. Only the oldest may be gone, and those only when something asked
// for it.
func checkFiles(seen, now map[string]File, mayTrim bool) (v FileVerdict) {
	oldest := uint64(math.MaxUint64)
	for _, f := range now {
		if !f.Init {
			oldest = min(oldest, f.MSN)
		}
	}
	byMSN := map[uint64]string{}
	for _, path := range sortedPaths(seen) {
		f := seen[path]
		if !f.Init {
			v.Archived++
			if other, twice := byMSN[f.MSN]; twice {
				v.Twice = append(v.Twice, fmt.Sprintf("%s and %s", other, path))
			}
			byMSN[f.MSN] = path
		}
		is, there := now[path]
		switch {
		case there && (is.Hash != f.Hash || is.Size != f.Size):
			v.Changed = append(v.Changed, path)
		case !there && mayTrim && f.MSN < oldest && !f.Init:
			v.Trimmed++
		case !there && !(mayTrim && f.Init && f.MSN < oldest):
			v.Lost = append(v.Lost, path)
		}
	}
	return v
}

func sortedPaths(files map[string]File) []string {
	paths := make([]string, 0, len(files))
	for path := range files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}
