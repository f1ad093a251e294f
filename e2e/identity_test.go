package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/playlist/conform"
	"lookback/controller/viewer"
	"lookback/e2e/rig"
)

// lies notes in the page each picture that was taken long before and is shown while the
// page says "live". The last one of before it said so does not count.
const lies = `window.lies = []; window.liveSince = null; setInterval(() => {
	if (lookback.state !== "live") return void (window.liveSince = null);
	window.liveSince ??= Date.now();
	const [at, coded] = [eyes.at.at(-1), eyes.coded.at(-1)];
	if (at > liveSince + 500 && at - coded > 3500 && !lookback.slow) lies.push({ at, coded, liveSince });
}, 50)`

func (v *visit) toldTheTruth(t *testing.T) {
	t.Helper()
	if said := ask[[]map[string]float64](t, v, `lies`); len(said) > 0 {
		t.Errorf("old pictures under LIVE: %v", said)
	}
}

// identity is the one that the playlist of the window names.
func (v *visit) identity(t *testing.T) string {
	t.Helper()
	text, err := v.Get("/hls/" + rig.CameraName + "/window.m3u8")
	if err != nil {
		return ""
	}
	list, err := conform.Parse([]byte(text))
	if err != nil || len(list.Segments) == 0 {
		return ""
	}
	identity, _, _ := strings.Cut(list.Segments[0].URI, "/")
	return identity
}

// stored waits until the window has so many segments, and returns the URL of the first.
func (v *visit) stored(t *testing.T, segments int) (first string) {
	t.Helper()
	eventually(t, soon, "some segments", func() bool {
		text, err := v.Get("/hls/" + rig.CameraName + "/window.m3u8")
		if err != nil {
			return false
		}
		list, err := conform.Parse([]byte(text))
		if err != nil || len(list.Segments) < segments {
			return false
		}
		first = "/hls/" + rig.CameraName + "/" + list.Segments[0].URI
		return true
	})
	return first
}

// shownIn checks that 5 s after an instant a picture was shown that was taken after the start.
func (v *visit) shownIn(t *testing.T, start, since time.Time) {
	t.Helper()
	ms := ask[float64](t, v, fmt.Sprintf(`eyes.first({after: %d, from: %[1]d}).at`, start.UnixMilli()))
	took := ms/1000 - float64(since.UnixMilli())/1000
	if took > 5 {
		t.Errorf("the new picture was shown after %.1f s", took)
	}
	t.Logf("recorded %.1f s after the start, on the page %.1f s later", since.Sub(start).Seconds(), took)
}

// loads waits until the page has loaded an init section of an archive.
func (v *visit) loads(t *testing.T, identity string) {
	t.Helper()
	eventually(t, soon, "an init section of "+identity, func() bool {
		return strings.Contains(v.Nginx.Log(), `"GET /hls/`+rig.CameraName+"/"+identity+"/init/")
	})
}

// TestBrowserWiped: all that was recorded is deleted, as by docker compose down -v, and
// the numbers begin at 0 again. Nobody sees the old recording under LIVE, neither the
// page that looks on nor one that is opened in a browser that has it all in its cache.
func TestBrowserWiped(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "640x360", FPS: "20", Setting: []string{"PART=200ms", "SEGMENT=1s"}})
	v.open(t)
	v.run(t, notes)
	v.run(t, lies)
	v.live(t)
	old := v.stored(t, 8)
	v.run(t, `lookback.seekTo(Date.now() - 6000)`) // so that whole segments are in the cache too
	v.until(t, `lookback.state === "rewound"`)
	v.run(t, `lookback.goLive()`)
	v.live(t)

	v.Controller.Stop()
	for _, pattern := range []string{filepath.Join(v.Media, "*"), filepath.Join(v.Media, ".spool"), filepath.Join(v.Dir, "lookback-witness-*")} {
		paths, err := filepath.Glob(pattern)
		must(t, err)
		for _, path := range paths {
			must(t, os.RemoveAll(path))
		}
	}
	must(t, v.Controller.Start())
	begun := time.Now()
	eventually(t, soon, "a picture is recorded", func() bool {
		text, err := v.Get("/api/cameras/" + rig.CameraName)
		return err == nil && strings.Contains(text, `"state":"live"`)
	})
	recorded := time.Now()
	v.liveAfter(t, begun)
	v.shownIn(t, begun, recorded)
	v.toldTheTruth(t)
	if _, err := v.Get(old); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("%s of the former archive: %v", old, err)
	}

	v.open(t) // the same browser, with what it has in its cache
	v.run(t, notes)
	v.run(t, lies)
	opened := time.Now()
	v.live(t)
	v.shownIn(t, begun, opened)
	v.stored(t, 8)
	v.run(t, `lookback.seekTo(Date.now() - 6000)`)
	v.until(t, `lookback.state === "rewound" && Math.abs(eyes.coded.at(-1) - lookback.position) < 500 && eyes.coded.at(-1) > %d`, begun.UnixMilli())
	v.run(t, `lookback.goLive()`)
	v.live(t)
	v.toldTheTruth(t)
	v.checked(t)
}

// TestBrowserMarker: somebody deletes the marker while the page looks. Media go on, and
// the archive gets another identity, without a word on the page.
func TestBrowserMarker(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "320x180", FPS: "10", Setting: []string{"PART=200ms", "SEGMENT=1s"}})
	must(t, v.page.Before(rig.NoFrames))
	v.open(t)
	v.run(t, notes)
	v.run(t, lies)
	v.live(t)
	old := v.stored(t, 3)
	before := v.identity(t)
	v.run(t, `states.length = 0`)
	folder := filepath.Join(v.Media, rig.CameraName)
	must(t, os.Remove(filepath.Join(folder, "id-"+before)))
	if _, err := v.Get(old); err != nil {
		t.Errorf("while there is no marker: %v", err)
	}
	eventually(t, soon, "another identity", func() bool {
		now := v.identity(t)
		_, err := os.Stat(filepath.Join(folder, "id-"+now))
		return now != "" && now != before && err == nil
	})
	if markers, _ := filepath.Glob(filepath.Join(folder, "id-*")); len(markers) != 1 {
		t.Errorf("the markers are %v", markers)
	}
	v.liveAfter(t, time.Now().Add(2*time.Second))
	v.loads(t, v.identity(t))
	// Another promise has begun, which takes a segment.
	if seen := ask[[]string](t, v, `states.filter((s) => !["live", "behind", "stalled"].includes(s))`); len(seen) > 0 {
		t.Errorf("the page said %v", seen)
	}
	v.toldTheTruth(t)
	v.checked(t)
}

// without is the last version whose addresses of media name no archive.
const without = "c14f999dd143c5d3bd1ea93c6209afa0a5ccffd5"

// TestBrowserUpgrade: a page of the version before looks while this one is installed.
// Its addresses are gone, and it goes on by itself with those of now.
func TestBrowserUpgrade(t *testing.T) {
	dir := t.TempDir()
	for _, command := range [][]string{
		{"sh", "-c", "git -C .. archive --format=tar " + without + " | tar -x -C " + dir},
		{"cp", "-r", "../viewer/vendor", filepath.Join(dir, "viewer")},
	} {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("the version before, which is in the repository's history: %v\n%s", err, out)
		}
	}
	v := startVisit(t, rig.Options{Root: dir, Size: "320x180", FPS: "10", Setting: []string{"PART=200ms", "SEGMENT=1s"}})
	v.open(t)
	v.run(t, notes)
	v.run(t, lies)
	v.live(t)
	old := v.stored(t, 3)

	v.Controller.Stop()
	v.Nginx.Stop()
	binary, err := rig.Controller(t.Context(), "..", t.TempDir(), 0)
	must(t, err)
	v.Controller.Path = binary.Path
	must(t, viewer.Lay("../viewer", filepath.Join(v.Dir, "page")))
	must(t, v.RenderNginx(".."))
	must(t, v.Controller.Start())
	must(t, v.StartNginx(t.Context()))
	must(t, v.Ready(t.Context()))
	moment := time.Now()
	v.liveAfter(t, moment)
	if _, err := v.Get(old); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("%s of the version before: %v", old, err)
	}
	v.loads(t, v.identity(t))
	v.toldTheTruth(t)
	v.checked(t)
}

// TestBrowserDecodeError: what a browser has in its cache is damaged, and what the server
// has is not. The page loads it anew before it says anything of an error.
func TestBrowserDecodeError(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "320x180", FPS: "10", Setting: []string{"PART=200ms", "SEGMENT=1s"}})
	must(t, v.page.Before(rig.NoFrames)) // frames that come one by one are in no cache
	v.open(t)
	v.live(t)
	v.stored(t, 2)
	init := "hls/" + rig.CameraName + "/" + v.identity(t) + "/init/000000000.mp4"
	file := filepath.Join(v.Media, rig.CameraName, "init", "000000000.mp4")
	good, err := os.ReadFile(file)
	must(t, err)
	bad := bytes.Clone(good)
	at := bytes.Index(bad, []byte("avcC"))
	copy(bad[at+10:], []byte{0xff, 0xff}) // how long its parameters are: no browser takes that
	must(t, os.WriteFile(file, bad, 0o644))
	v.run(t, `fetch("%s", { cache: "reload" }).then((r) => r.arrayBuffer()).then((b) => { window.kept = b.byteLength; })`, init)
	v.until(t, `window.kept === %d`, len(bad))
	must(t, os.WriteFile(file, good, 0o644))
	asked := strings.Count(v.Nginx.Log(), `"GET /`+init)

	v.open(t)
	v.run(t, notes)
	v.live(t)
	if states := ask[[]string](t, v, `states`); slices.Contains(states, "error") {
		t.Errorf("the page said %v", states)
	}
	eventually(t, soon, "the init section is asked for anew", func() bool { return strings.Count(v.Nginx.Log(), `"GET /`+init) > asked })
}
