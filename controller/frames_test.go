package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/archive"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// recorded is how many segments of runs that go on lie in a camera's spool.
func recorded(t *testing.T, media, camera string) (n int) {
	dir := spool.CameraDir(media, camera)
	runs, err := spool.Runs(dir)
	if err != nil {
		return 0
	}
	for _, run := range runs {
		if alive, _ := spool.Alive(filepath.Join(dir, run)); alive {
			all, _ := spool.Segments(filepath.Join(dir, run))
			n += len(all)
		}
	}
	return n
}

var date = regexp.MustCompile(`#EXT-X-PROGRAM-DATE-TIME:(\S+)`)

// dateOf is the first date of a playlist, zero when it has none.
func dateOf(list string) time.Time {
	if found := date.FindStringSubmatch(list); found != nil {
		if at, err := time.Parse(time.RFC3339, found[1]); err == nil {
			return at
		}
	}
	return time.Time{}
}

// frames is what the archive of a camera holds, walked fragment by fragment.
type frames struct {
	runs   int      // how many init sections
	count  int      // frames
	holes  []string // where a decode time is not its predecessor's end
	lowest string   // name of the first segment
}

// framesOf reads an archive that nobody writes. With several runs only holes
// inside of each count.
func framesOf(t *testing.T, media, camera string) (f frames) {
	t.Helper()
	inits, err := filepath.Glob(filepath.Join(media, camera, "init", "*.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(media, camera, "*-*-*", "*", "*.m4s"))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(segments, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
	f.runs = len(inits)
	begins := map[string]bool{}
	for _, path := range inits {
		begins[stem(path)] = true
	}
	next := uint64(0)
	for i, path := range segments {
		if i == 0 {
			f.lowest = filepath.Base(path)
		}
		fresh := i == 0 || begins[stem(path)]
		for _, info := range fragmentsOf(t, path) {
			track := info.Tracks[0]
			if !fresh && track.DecodeTime != next {
				f.holes = append(f.holes, path)
			}
			fresh, next = false, track.DecodeTime+track.Duration
			f.count++
		}
	}
	return f
}

func stem(path string) string {
	base := filepath.Base(path)
	return base[:len(base)-len(filepath.Ext(base))]
}

func fragmentsOf(t *testing.T, path string) (all []fmp4.Info) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for off := int64(0); ; {
		info, err := fmp4.Next(file, off, stat.Size())
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, info)
		off += info.Size
	}
}

// sound fails unless check finds nothing wrong with any camera.
func sound(t *testing.T, media string) {
	t.Helper()
	names, err := archive.CheckCameras(media)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		found, err := archive.Check(archive.CheckOptions{MediaDir: media, Camera: name})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("check finds: %v", f)
		}
	}
}
