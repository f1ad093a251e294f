//go:build stack

package e2e

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lookback/controller/playlist/conform"
)

// TestStack is what a new user gets from "docker compose up", and what becomes
// of it when its processes are killed.
func TestStack(t *testing.T) {
	s := newStack(t)
	s.up(t)
	for _, step := range []struct {
		name string
		test func(*testing.T)
	}{
		{"healthy and confined", s.testConfined},
		{"page", s.testPage},
		{"live", s.testLive},
		{"playlist advances", s.testAdvances},
		{"segment and part play", s.testPlays},
		{"metrics", s.testMetrics},
		{"version", s.testVersion},
		{"kill ffmpeg", func(t *testing.T) { s.testKill(t, "controller", "ffmpeg", 10*time.Second) }},
		{"kill controller", func(t *testing.T) { s.testKill(t, "controller", "controller", 20*time.Second) }},
		{"kill nginx", func(t *testing.T) { s.testKill(t, "nginx", "nginx", 20*time.Second) }},
		{"restart the controller", s.testRestart},
		{"down and up", s.testDownUp},
		{"wrong setting", s.testWrongSetting},
	} {
		if !t.Run(step.name, step.test) {
			return // what follows builds on it
		}
	}
}

func (s *stack) testConfined(t *testing.T) {
	for service, uid := range map[string]string{"controller": "10001", "nginx": "101", "demo": "10001"} {
		info := s.inspect(t, service)
		if health := info.State.Health; service != "demo" && (health == nil || health.Status != "healthy") {
			t.Errorf("%s is not healthy: %+v", service, health)
		}
		if !info.HostConfig.ReadonlyRootfs {
			t.Errorf("%s can write to its image", service)
		}
		if policy := info.HostConfig.RestartPolicy.Name; policy != "unless-stopped" {
			t.Errorf("%s restarts %s", service, policy)
		}
		process := s.compose(t, "exec", "-T", service, "cat", "/proc/self/status")
		for name, want := range map[string]string{
			"Uid": strings.TrimSpace(strings.Repeat(uid+"\t", 4)), "CapEff": "0000000000000000", "CapBnd": "0000000000000000", "NoNewPrivs": "1",
		} {
			if !strings.Contains(process, name+":\t"+want+"\n") {
				t.Errorf("%s: %s is not %s:\n%s", service, name, want, process)
			}
		}
	}
	for service, file := range map[string]string{"controller": "/usr/local/bin/x", "nginx": "/var/lib/lookback/x"} {
		if out := s.try("exec", "-T", service, "touch", file); !strings.Contains(out, "Read-only file system") {
			t.Errorf("%s: touch %s: %s", service, file, out)
		}
	}
}

// testVersion: the image that Compose built tells which commit it was built from.
func (s *stack) testVersion(t *testing.T) {
	want, err := exec.Command("../scripts/version").Output()
	must(t, err)
	version := strings.TrimSpace(string(want))
	if info, err := os.Stat("../.git"); err != nil || !info.IsDir() {
		version = "unknown" // of a linked worktree the build has no repository
	}
	if said := s.compose(t, "exec", "-T", "controller", "controller", "version"); !strings.HasPrefix(said, version+" go") {
		t.Errorf("it is version %q, this tree %q", said, version)
	}
	if _, text := s.fetch(t, s.metrics+"/metrics"); !strings.Contains(string(text), `version="`+version+" go") {
		t.Errorf("no metric tells the version %q", version)
	}
}

func (s *stack) testPage(t *testing.T) {
	header, page := s.fetch(t, "/")
	if !strings.Contains(string(page), "<html") || !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'self'") {
		t.Errorf("the page: %v\n%s", header, page)
	}
	prefix := regexp.MustCompile(`v/[0-9a-f]+/`).FindString(string(page))
	header, library := s.fetch(t, "/"+prefix+"vendor/hls.js")
	if len(library) < 100_000 || !strings.Contains(header.Get("Content-Type"), "javascript") {
		t.Errorf("hls.js: %d bytes, %v", len(library), header)
	}
	header, module := s.fetch(t, "/"+prefix+"play/deck.js")
	if !strings.Contains(string(module), "export class Deck") || !strings.Contains(header.Get("Content-Type"), "javascript") {
		t.Errorf("a module in a folder: %d bytes, %v", len(module), header)
	}
}

func (s *stack) testLive(t *testing.T) {
	eventually(t, 30*time.Second, "the first picture", func() bool { return !s.edge().IsZero() })
}

// testAdvances follows the live playlist by blocking reloads, as a player does,
// and checks each against the last.
func (s *stack) testAdvances(t *testing.T) {
	last := s.playlist(t, "live.m3u8")
	for range 20 {
		next := s.playlist(t, fmt.Sprintf("live.m3u8?_HLS_msn=%d&_HLS_part=%d", nextMSN(last), len(last.Trailing.Parts)))
		if errs := conform.Check(last, next); len(errs) > 0 {
			t.Fatal(errors.Join(errs...))
		}
		if nextMSN(next) == nextMSN(last) && len(next.Trailing.Parts) == len(last.Trailing.Parts) {
			t.Fatal("a blocking reload brought nothing new")
		}
		last = next
	}
}

// nextMSN is that of the segment that grows.
func nextMSN(list *conform.Parsed) uint64 {
	return list.MediaSequence + uint64(len(list.Segments))
}

func (s *stack) testPlays(t *testing.T) {
	var list *conform.Parsed
	eventually(t, 20*time.Second, "a whole segment with parts", func() bool {
		list = s.playlist(t, "live.m3u8")
		return len(list.Segments) > 0 && len(list.Segments[len(list.Segments)-1].Parts) > 0
	})
	newest := list.Segments[len(list.Segments)-1]
	at := func(uri string) string { return path.Join("/hls/"+camera, uri) }
	header, segment := s.fetch(t, at(newest.URI))
	if header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("%s: %v", newest.URI, header)
	}
	_, init := s.fetch(t, at(newest.Map))
	_, part := s.fetch(t, at(newest.Parts[0].URI))
	if n := frames(t, init, segment); n < 30 {
		t.Errorf("%s has %d frames", newest.URI, n)
	}
	if n := frames(t, init, part); n < 1 {
		t.Errorf("%s has %d frames", newest.Parts[0].URI, n)
	}
}

// frames decodes and counts the pictures.
func frames(t *testing.T, chunks ...[]byte) int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "video.mp4")
	must(t, os.WriteFile(file, slices.Concat(chunks...), 0o644))
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v",
		"-show_entries", "stream=codec_name,width,height,nb_read_frames", "-of", "csv=p=0", file).CombinedOutput()
	text := strings.TrimSpace(string(out))
	count, found := strings.CutPrefix(text, "h264,1280,720,")
	if err != nil || !found {
		t.Fatalf("ffprobe: %v\n%s", err, text)
	}
	n, err := strconv.Atoi(count)
	must(t, err)
	return n
}

func (s *stack) testMetrics(t *testing.T) {
	if _, text := s.fetch(t, s.metrics+"/metrics"); !strings.Contains(string(text), `camera="`+camera+`"`) {
		t.Errorf("the metrics name no camera:\n%s", text)
	}
	if status, _, _, err := s.get("/metrics"); err != nil || status != 404 {
		t.Errorf("the metrics are on the page's port: %d %v", status, err)
	}
}

// testKill kills a process of a service. The picture must come back, with all
// that was there before.
func (s *stack) testKill(t *testing.T, service, command string, deadline time.Duration) {
	before, archive := s.history(t), s.archive(t)
	pid := s.pid(t, service, command)
	s.kill(t, pid) // which takes a second, in which the process goes on
	moment := time.Now()
	s.liveAfter(t, moment, deadline)
	if s.pid(t, service, command) == pid {
		t.Errorf("%s was not killed: it is still process %s", command, pid)
	}
	s.keeps(t, before)
	if now := s.archive(t); now != archive {
		t.Errorf("the archive was %s and is %s", archive, now)
	}
	eventually(t, 30*time.Second, service+" is healthy", func() bool {
		health := s.inspect(t, service).State.Health
		return health != nil && health.Status == "healthy"
	})
}

// keeps checks that the archive has everything that it had, unchanged, and
// that the numbers of its segments have no hole.
func (s *stack) keeps(t *testing.T, before map[string]string) {
	t.Helper()
	after := s.history(t)
	for file, hash := range before {
		if after[file] != hash {
			t.Errorf("%s was %s and is %q", file, hash, after[file])
		}
	}
	numbers := segments(t, after)
	if len(numbers) == 0 {
		t.Fatal("there is no segment")
	}
	if first, last := numbers[0], numbers[len(numbers)-1]; last-first+1 != len(numbers) {
		t.Errorf("%d segments from %d to %d", len(numbers), first, last)
	}
	list := s.playlist(t, "window.m3u8")
	if errs := conform.Check(nil, list); len(errs) > 0 {
		t.Error(errors.Join(errs...))
	}
	if int(list.MediaSequence) != numbers[0] {
		t.Errorf("the window begins with %d, the archive with %d", list.MediaSequence, numbers[0])
	}
}

// segments are the media sequence numbers of files, in order.
func segments(t *testing.T, files map[string]string) (numbers []int) {
	t.Helper()
	for _, file := range slices.Collect(maps.Keys(files)) {
		if number, found := strings.CutSuffix(path.Base(file), ".m4s"); found {
			n, err := strconv.Atoi(number)
			must(t, err)
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// archive is the folder of URLs in which all media of the camera are.
func (s *stack) archive(t *testing.T) string {
	t.Helper()
	list := s.playlist(t, "window.m3u8")
	identity, _, found := strings.Cut(list.Segments[0].URI, "/")
	if !found || len(identity) != 16 {
		t.Fatalf("a segment without the archive's identity: %s", list.Segments[0].URI)
	}
	return "/hls/" + camera + "/" + identity + "/"
}

// testRestart: a controller that is started anew on the same machine has the archive
// that it had.
func (s *stack) testRestart(t *testing.T) {
	archive := s.archive(t)
	moment := time.Now()
	s.compose(t, "restart", "controller")
	s.liveAfter(t, moment, 30*time.Second)
	if now := s.archive(t); now != archive {
		t.Errorf("the archive was %s and is %s", archive, now)
	}
}

// testDownUp: what is in memory ends with both containers, so nothing proves any more
// that the archive is the one that it was. Its addresses are others, and nobody may
// keep what the former ones answer.
func (s *stack) testDownUp(t *testing.T) {
	before, archive := s.history(t), s.archive(t)
	first := strings.TrimPrefix(slices.Min(slices.Collect(maps.Keys(before))), "./"+camera+"/")
	s.fetch(t, archive+first)
	begun := time.Now()
	s.compose(t, "down")
	t.Logf("down took %.1f s", time.Since(begun).Seconds())
	s.up(t)
	s.liveAfter(t, begun, 30*time.Second)
	s.keeps(t, before)
	now := s.archive(t)
	if now == archive {
		t.Errorf("the archive is %s, as before", now)
	}
	s.fetch(t, now+first)
	for _, former := range []string{archive, "/hls/" + camera + "/"} {
		if status, header, _, err := s.get(former + first); err != nil || status != 404 || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v %v", former+first, status, header, err)
		}
	}
	had := segments(t, before)
	eventually(t, 20*time.Second, "a new segment", func() bool {
		have := segments(t, s.history(t))
		return have[len(have)-1] > had[len(had)-1]
	})
}

// testWrongSetting: one line that names the setting, its value and what is
// accepted, and an exit status that says that trying again is no use.
func (s *stack) testWrongSetting(t *testing.T) {
	cmd := s.command("run", "--rm", "--no-deps", "--no-TTY", "--env", "WINDOW=banana", "controller")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("exit: %v", err)
	}
	said := stdout.String() + stderr.String()
	if !strings.Contains(said, "WINDOW") || !strings.Contains(said, `"banana"`) || !strings.Contains(said, "duration") {
		t.Errorf("it says %q", said)
	}
}
