package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"slices"
	"testing"
	"time"

	"lookback/controller/democam"
	"lookback/e2e/rig"
)

func TestPlannerIsSeeded(t *testing.T) {
	kinds := []Kind{{Name: "often", Weight: 3, Shortest: time.Second, Longest: 9 * time.Second}, {Name: "seldom", Weight: 1}}
	draw := func(seed uint64) (all []Step) {
		p := newPlanner(kinds, seed, time.Second)
		for range 40 {
			all = append(all, p.Next())
		}
		return all
	}
	one := draw(1)
	if !reflect.DeepEqual(one, draw(1)) || reflect.DeepEqual(one, draw(2)) {
		t.Error("a seed draws its own faults, always the same")
	}
	count := map[string]int{}
	for _, s := range one {
		count[s.Kind]++
		if s.Kind == "often" && (s.Lasts < time.Second || s.Lasts > 9*time.Second) || s.Rest < time.Second/2 || s.Rest > 3*time.Second/2 {
			t.Errorf("%+v", s)
		}
	}
	if count["often"] != 30 || count["seldom"] != 10 {
		t.Errorf("by weight 3 to 1: %v", count)
	}
}

// pictures come every 100 ms from the first to the last instant, each so old.
func pictures(from, to, old int64) (all []Shown) {
	for t := from; t < to; t += 100 {
		all = append(all, Shown{At: t, Coded: t - old})
	}
	return all
}

func TestRecovered(t *testing.T) {
	const gone = 10_000
	for _, test := range []struct {
		name  string
		shown []Shown
		want  int64 // 0: not recovered
	}{
		{"nothing new", pictures(5000, 10_200, 300), 0},
		{"goes on without a break", pictures(5000, 14_000, 300), 10_400},
		{"after a break", slices.Concat(pictures(5000, 8000, 300), pictures(13_000, 16_000, 300)), 13_000},
		{"too short to tell", slices.Concat(pictures(5000, 8000, 300), pictures(13_000, 14_500, 300)), 0},
		{"breaks again", slices.Concat(pictures(11_000, 12_500, 300), pictures(15_000, 18_000, 300)), 15_000},
		{"history", pictures(10_000, 20_000, 9000), 0},
		{"the clock was set back", slices.Concat(pictures(90_000, 91_000, 300), pictures(10_500, 13_500, 300)), 10_500},
		{"late at first", slices.Concat(pictures(15_000, 16_000, 4900), pictures(16_000, 19_000, 400)), 16_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			if at, ok := recovered(test.shown, gone); ok != (test.want != 0) || ok && at != test.want {
				t.Errorf("%d %v, want %d", at, ok, test.want)
			}
		})
	}
}

func TestReloadIsSeen(t *testing.T) {
	var one tab
	one.take(glance{Mark: true, State: "live", Now: 1000})
	one.take(glance{Mark: false, State: "connecting", Now: 1250})
	if one.reloads != 1 || one.live != 0 {
		t.Errorf("%d reloads, live since %d", one.reloads, one.live)
	}
}

func TestTrends(t *testing.T) {
	row := func(value func(i int) float64) (all []Sample) {
		for i := range 100 {
			all = append(all, Sample{time.Unix(int64(60*i), 0), value(i)})
		}
		return all
	}
	for _, test := range []struct {
		name  string
		value func(int) float64
		grows bool
	}{
		{"x rss_bytes", func(i int) float64 { return 50e6 + 4e6*float64(i%5) }, false},
		{"x rss_bytes", func(i int) float64 { return 50e6 + 1e6*float64(i) }, true},
		{"x descriptors", func(i int) float64 { return 20 + float64(i%7) }, false},
		{"x descriptors", func(i int) float64 { return 20 + float64(i)/3 }, true},
		{"x cpu_seconds", func(i int) float64 { return float64(i) }, false},
	} {
		if got := trendOf(test.name, row(test.value)); got.Grows != test.grows {
			t.Errorf("%+v", got)
		}
	}
}

// TestWitness: a real camera's whole pictures count, cut ones and garbage don't.
func TestWitness(t *testing.T) {
	camera := democam.New(democam.Options{Width: 320, Height: 180, FPS: 50})
	server := httptest.NewServer(camera)
	defer func() { camera.Close(); server.Close() }()
	w := &witness{demo: func() string { return server.URL }}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.run(ctx); close(ended) }()
	more := func(what string) {
		t.Helper()
		n := len(w.Sent())
		if err := rig.Until(ctx, 20*time.Second, what, func() bool { return len(w.Sent()) > n+5 }); err != nil {
			t.Fatal(err)
		}
	}
	more("pictures")
	camera.Drop()
	more("pictures after a drop")
	camera.Truncate(2, 0)
	drawn, seen := camera.Stats().Frames, len(w.Sent())
	if err := rig.Until(ctx, 20*time.Second, "pictures", func() bool { return camera.Stats().Frames > drawn+40 }); err != nil {
		t.Fatal(err)
	}
	if got := len(w.Sent()) - seen; got < 10 || got > 30 {
		t.Errorf("%d whole pictures where every other one of some 40 was cut", got)
	}
	stop()
	<-ended
	if sent := w.Sent(); !slices.IsSorted(sent) || time.Since(time.UnixMilli(sent[0])) > time.Minute {
		t.Errorf("%d instants from %v on", len(sent), time.UnixMilli(sent[0]))
	}
}

// The block code, drawn here independently of controller/democam.
const (
	timeBits  = 48
	checkSeed = 0xa5
)

// TestDecodeBlocks: a code comes back from a picture that ffmpeg has encoded,
// and a damaged one doesn't.
func TestDecodeBlocks(t *testing.T) {
	const width, height, edge = 640, 360, 12
	want := []int64{1_795_345_190_123, 1_795_345_190_156, 0, 1_795_345_190_223}
	var pictures []byte
	for _, ms := range want {
		pixels := bytes.Repeat([]byte{90}, width*height)
		code := uint64(ms)<<8 | uint64(checkOf(ms))
		for i := range timeBits + 8 {
			white := code>>(timeBits+7-i)&1 == 1 && ms != 0
			for y := range edge {
				for x := range edge {
					pixels[(i/timeBits*edge+y)*width+i%timeBits*edge+x] = map[bool]byte{true: 235, false: 16}[white]
				}
			}
		}
		pictures = append(pictures, pixels...)
	}
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", fmt.Sprintf("%dx%d", width, height), "-r", "30",
		"-i", "pipe:0", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+frag_keyframe+empty_moov", "-f", "mp4", "pipe:1")
	cmd.Stdin = bytes.NewReader(pictures)
	film, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := rig.DecodeBlocks(film); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	if _, err := rig.DecodeBlocks(film[:len(film)-400]); err == nil {
		t.Error("a torn film decodes without a complaint")
	}
}

func checkOf(ms int64) byte {
	sum := byte(checkSeed)
	for shift := 0; shift < timeBits; shift += 8 {
		sum ^= byte(ms >> shift)
	}
	return sum
}
