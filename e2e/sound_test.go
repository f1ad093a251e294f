package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// soundClip is a file for a camera that has sound.
func soundClip(t *testing.T) string {
	t.Helper()
	clip := filepath.Join(t.TempDir(), "tone.mp4")
	out, err := exec.Command("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=10:duration=10", "-f", "lavfi", "-i", "sine=sample_rate=48000:duration=10",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p", "-c:a", "aac", clip).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return clip
}

// testSound: a camera that has sound has a button for it, by which the browser
// plays it, live and of the past. At first it is muted.
func (v *visit) testSound(t *testing.T) {
	v.until(t, `lookback.state === "live" && document.getElementById("mute").checkVisibility()`)
	if !ask[bool](t, v, `lookback.video.muted && document.getElementById("mute").getAttribute("aria-label") === "Turn the sound on"`) {
		t.Error("it is heard before anybody asked for it")
	}
	v.press(t, "mute")
	// What was decoded of the sound, Chromium tells; and it goes on.
	const heard = `!lookback.video.muted && lookback.video.volume === 1 && !lookback.video.paused &&
		document.getElementById("mute").getAttribute("aria-label") === "Turn the sound off" &&
		await new Promise((resolve) => {
			const {video} = lookback, before = [video.webkitAudioDecodedByteCount, video.currentTime];
			setTimeout(() => resolve(video.webkitAudioDecodedByteCount > before[0] && video.currentTime > before[1]), 500);
		})`
	v.until(t, `lookback.state === "live" && `+heard)
	v.lookAll(t, "sound")
	v.window(t, 8)
	v.run(t, `document.activeElement.blur(), lookback.seekTo(Date.now() - 6000)`)
	v.until(t, `lookback.state === "rewound" && `+heard) // another video, and as loud
	v.do(t, chromedp.KeyEvent("m"))
	v.until(t, `lookback.video.muted && document.getElementById("volume").value === "0"`)
}
