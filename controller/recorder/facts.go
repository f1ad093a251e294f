package recorder

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// maxDoubts is how many attempts in a row may fail without telling whether the
// camera is still what it was, before it is probed anew, which costs one that is
// back two seconds. One that ends each stream at once is asked so often in a minute.
const maxDoubts = 40

// away are the reasons that say nothing against what is known of a camera: it
// was not reached, or did not let us in.
var away = []string{camera.DNS, camera.ConnectionRefused, camera.Unreachable, camera.Unauthorized, camera.Forbidden, camera.NotFound,
	camera.NoPublisher, camera.HTTPError, camera.TLS, camera.NoDevice, camera.DeviceBusy, camera.NoFile, camera.FFmpegMissing}

// doubtful are the reasons that may have to do with it.
var doubtful = []string{camera.Timeout, camera.StreamEnded, camera.Killed, camera.FFmpegCrashed, camera.NoPicture}

// review forgets the facts when an ffmpeg's end speaks against them. Probing
// takes seconds, which a camera that was only away is spared.
func (r *Recorder) review(end outcome) {
	code := end.reason.Code
	defer r.readAgain(end.foreign)
	switch {
	case r.facts != nil && r.facts.Knowledge == camera.Rough:
		r.facts, r.doubts = nil, 0
		if !slices.Contains(away, code) && end.foreign == "" {
			r.least = camera.Known
		}
	case slices.Contains(deliberate, code) && !end.reprobe: // which says nothing of the camera
		r.doubts = 0
	case end.reprobe:
		r.facts, r.doubts, r.keyless = nil, 0, false
	case end.delivered:
		r.doubts = 0
	case slices.Contains(away, code):
	case slices.Contains(doubtful, code):
		r.doubts++
	default:
		r.facts, r.doubts = nil, 0
	}
}

// readAgain has a camera that is no longer known tried without ffmpeg again.
func (r *Recorder) readAgain(foreign string) {
	if r.facts == nil && foreign == "" {
		r.foreign = ""
	}
}

// unproven is called when a camera that was in doubt could not be probed. What
// may say nothing of it, as before, gives the facts another chance: a camera
// that comes back is live sooner with them.
func (r *Recorder) unproven(code string) {
	if r.facts != nil && !slices.Contains(away, code) && !slices.Contains(doubtful, code) {
		r.facts = nil
	}
	r.doubts = 0
	r.readAgain("")
}

// known is the content of facts.json: what the last run has confirmed, so that
// a recorder that is started anew need not probe.
type known struct {
	Format int          `json:"format"`
	Source string       `json:"source"` // SHA-256 of the address and the settings about reading it, in hex
	Facts  camera.Facts `json:"facts"`
	// Stamps are why its time stamps can't be trusted; nil where they can.
	Stamps *spool.Stamps `json:"stamps,omitempty"`
	// Slowest are the lowest rates that it sent at in the last day.
	Slowest slowHours `json:"slowest,omitempty"`
}

// maxAbsence is for how long a recorder may have been away for what it knew to
// be believed; later, somebody may have set the camera to something else.
const maxAbsence = 10 * time.Minute

const factsName = "facts.json"

func factsPath(dir string) string { return filepath.Join(dir, factsName) }

// sourceHash is that of earlier versions where nothing is set that they don't know.
func (r *Recorder) sourceHash() string {
	s := r.Source
	text := fmt.Sprintf("{URL:%s Transport:%s Poll:%v InputFormat:%s InputSize:%s FPS:%v Audio:%s}",
		s.URL, s.Transport, s.Poll, s.InputFormat, s.InputSize, s.FPS, s.Audio)
	if s.Headers != "" || s.TLS != "" {
		text += fmt.Sprintf("%q", []string{s.Headers, s.TLS})
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
}

// recall takes over what the last recorder of this camera knew.
func (r *Recorder) recall() {
	var k known
	data, err := spool.ReadRegular(factsPath(r.dir), spool.SmallFile)
	if err != nil || json.Unmarshal(data, &k) != nil || k.Format != spool.Format || k.Source != r.sourceHash() {
		return
	}
	r.slowest = k.Slowest
	last, err := spool.ReadStatus(r.dir)
	if age := time.Since(last.At); err != nil || age < 0 || age > maxAbsence || r.facts != nil {
		return
	}
	if f := k.Facts; f.Codec == "" || f.Width <= 0 || f.Height <= 0 || f.FrameRate.Num <= 0 || f.FrameRate.Den <= 0 {
		return
	}
	if encodes, _ := camera.Encodes(k.Facts, r.settings()); !encodes && !k.Facts.KeyIntervalKnown && k.Facts.KeyInterval == 0 {
		return // it was encoded, and nobody has looked at its key frames
	}
	r.facts, r.remembered = &k.Facts, k.Facts
	r.keyless = k.Facts.NoKeyFrames
	r.trust, r.status.Stamps = trustOf(k.Stamps), k.Stamps
	r.trusted = r.trust
}

// remember keeps the facts that a run has confirmed. They are not synced: what
// a power cut leaves of them is told from the whole by reading it.
func (r *Recorder) remember() error {
	if *r.facts == r.remembered && r.trust == r.trusted && !r.slowNews || r.facts.Knowledge != camera.Known {
		return nil
	}
	if err := spool.WriteUnsynced(r.dir, factsName, known{spool.Format, r.sourceHash(), *r.facts, r.status.Stamps, r.slowest}, 0o600); err != nil {
		return err
	}
	r.remembered, r.trusted, r.slowNews = *r.facts, r.trust, false
	return nil
}
