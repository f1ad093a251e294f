package camera

import (
	"os"
	"path/filepath"
	"testing"
)

// TestProbesYield: what only learns what a camera is has a lower priority than what
// records.
func TestProbesYield(t *testing.T) {
	dir := t.TempDir()
	script := func(name, more string) string {
		path := filepath.Join(dir, name)
		// It is we who lower it, so it looks until that has happened.
		text := "#!/bin/sh\nours=$(cut -d' ' -f19 /proc/$PPID/stat)\n" +
			"until n=$(cut -d' ' -f19 /proc/$$/stat); [ $n -gt $ours ] || [ $n = 19 ]; do sleep 0.01; done\n" +
			"echo $n >" + path + ".nice\n" + more
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	probe := script("ffprobe", `echo '{"format":{"format_name":"mpegts"},"streams":[{"codec_type":"video","codec_name":"h264","pix_fmt":"yuv420p","width":320,"height":180}]}'`)
	ffmpeg := script("ffmpeg", "exit 1")
	Probe(t.Context(), Source{URL: "http://127.0.0.1:1/"}, Tools{FFprobe: probe, FFmpeg: ffmpeg})
	for _, path := range []string{probe, ffmpeg} {
		said, err := os.ReadFile(path + ".nice")
		if err != nil || len(said) == 0 {
			t.Errorf("%s does not yield: %v", filepath.Base(path), err)
		}
	}
}
