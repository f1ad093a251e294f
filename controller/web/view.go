package web

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"lookback/controller/archive"
	"lookback/controller/lane"
	"lookback/controller/playlist"
)

// gzipLevel is where a smaller playlist stops being worth its time: see
// BenchmarkLiveDelta.
const gzipLevel = 5

// camera is a camera with what was rendered of it.
type camera struct {
	Camera
	blocks playlist.Blocks
	edge   edge
	files  *partFiles
	lane   *lane.Hub

	mu     sync.Mutex
	now    *view
	before uint64    // number of the promise that was served before
	passed time.Time // since when it is not; zero: there was none
}

// newCamera is one that is first served now. Where an earlier life of the program left
// a playlist, players follow that.
func newCamera(of Camera, files *partFiles) *camera {
	c := &camera{Camera: of, files: files}
	if files.earlier {
		c.before, c.passed = files.earlierNumber, time.Now()
	}
	return c
}

// view is one snapshot and its playlists.
type view struct {
	snap   *archive.Snapshot
	served int   // position in snap.Promises of the one that viewers are sent to
	lasts  int   // of an earlier one whose playlists are not ended yet; -1: there is none
	now    scope // of the one that is served

	mu     sync.Mutex
	others map[int]*scope // by position in snap.Promises

	asked    atomic.Int32 // how many asked for its playlists
	expected int32        // how many are likely to
	filed    sync.Once    // its newest part
}

// variant numbers the playlists of a scope.
type variant int

const (
	liveFull variant = iota
	liveDelta
	windowFull
	windowDelta
)

// view is that of the newest snapshot. The lock is never held while rendering.
func (c *camera) view() *view {
	c.mu.Lock()
	defer c.mu.Unlock()
	over := time.Since(c.passed) >= handover
	if s := c.Snapshot(); c.now == nil || c.now.snap != s || c.now.lasts >= 0 && over {
		next := &view{snap: s, served: s.Served(), lasts: -1}
		next.now.snap = s.Under(next.served)
		if c.now != nil && !c.now.snap.Empty() && c.now.number() < next.number() {
			c.before, c.passed, over = c.now.number(), time.Now(), false
		}
		if i, ok := s.Numbered(c.before); ok && i < next.served && !over {
			next.lasts = i
		}
		if c.now != nil {
			// Half of what was expected, since a snapshot that comes right after
			// another is seen by few.
			next.expected = max(c.now.asked.Load(), c.now.expected/2)
		}
		c.now = next
	}
	return c.now
}

// number is that of the promise that is served.
func (v *view) number() uint64 { return v.now.snap.Promise().Number }

// handover is for how long the playlists that players follow don't end after a later
// promise has a segment. A player may ask for a part of a run that is over. That this
// does not come it has to learn while its list is live, or it gives up: Shaka Player
// asks twice, 1.5 s apart, and nginx tries 2 s to reach a controller that is away.
const handover = 5 * time.Second

// text is a playlist, plain and compressed.
type text struct {
	plainOnce, gzipOnce sync.Once
	plain, gzip         []byte
}

// body is the text as one client wants it. All share it; nobody may change it.
func (t *text) body(render func() []byte, compressed bool) []byte {
	t.plainOnce.Do(func() { t.plain = render() })
	if !compressed {
		return t.plain
	}
	t.gzipOnce.Do(func() { t.gzip = compress(t.plain) })
	return t.gzip
}

var compressors = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzipLevel)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}}

func compress(plain []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, 256+len(plain)/8))
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(out)
	z.Write(plain) // a bytes.Buffer takes everything
	z.Close()
	return out.Bytes()
}
