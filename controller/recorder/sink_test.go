package recorder

import (
	"reflect"
	"syscall"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// sinking is a sink with a disk that takes nothing while fault is set. Its clocks
// say the same: pictures are dated by their time on the timeline.
type sinking struct {
	*sink
	fault error
	start *beginning
	next  int
}

func newSinking(t *testing.T) *sinking {
	f := h264(320, 180)
	f.picture.Config = []byte{1, 0x64, 0, 0x0d, 0xff, 0xe1, 0, 0, 1, 0, 0}
	k := &sinking{start: &beginning{origin: 1_800_000_000 * time.Second, format: f}}
	r := New(Options{MediaDir: t.TempDir(), Camera: "front"})
	r.bell, r.facts = spool.NewRing(r.MediaDir, r.Camera), &camera.Facts{}
	t.Cleanup(func() { r.bell.Close() })
	r.open = func(path string) (segmentFile, error) {
		if k.fault != nil {
			return nil, k.fault
		}
		return openSegment(path)
	}
	plan := encodedPlan(10)
	plan.Segment = 2 * time.Second
	plan.Constants.TargetDuration, plan.Constants.Independent = 2_000_000, true
	k.sink = &sink{recorder: r, plan: plan, offset: func() time.Duration { return 0 }}
	return k
}

// put gives it the next pictures of that many bytes; those of drop are left out.
func (k *sinking) put(n, size int, change ...func(*placed)) (cause string) {
	for range n {
		u := encodedUnit(k.start.format, 10, k.next, time.Duration(k.next)*100*ms)
		u.data = lengths(string(append([]byte{0x41}, make([]byte, size)...)))
		p := placed{unit: u, start: k.start, decode: uint64(u.dts), length: u.duration}
		for _, c := range change {
			c(&p)
		}
		k.next++
		if got := k.sink.put(p); got != "" {
			cause = got
		}
	}
	return cause
}

func (k *sinking) recorded(t *testing.T) (all []recorded) {
	for _, dir := range runs(t, k.recorder) {
		all = append(all, readRun(t, dir))
	}
	return all
}

// first is the number of the picture with which a run begins.
func (r recorded) first() int { return int((r.Epoch - 1_800_000_000_000_000) / 100_000) }

func (r recorded) frames() (n int) {
	for _, s := range r.segments {
		n += len(s)
	}
	return n
}

// TestSinkQueues: what a disk does not take is written when it takes it again, in
// a run that begins with the first key frame that was not taken.
func TestSinkQueues(t *testing.T) {
	k := newSinking(t)
	k.put(3, 100, func(p *placed) { p.sync = false })
	if k.writing() || len(k.queue) > 0 {
		t.Fatal("a run has begun without a key frame")
	}
	k.next = 0
	k.put(55, 100)
	k.fault = syscall.ENOSPC
	k.put(10, 100) // the next segment's file, behind picture 59, can't be made
	if s := k.recorder.status; s.State != spool.Waiting || s.Code != camera.DiskFull || s.Restarts[camera.DiskFull] != 1 || k.writing() {
		t.Fatalf("%+v", s)
	}
	k.put(30, 100)
	k.fault = nil
	k.put(30, 100)
	if s := k.recorder.status; s.State != spool.Recording || s.Code != "" || len(k.queue) > 0 {
		t.Fatalf("%+v, %d queued", s, len(k.queue))
	}
	k.end("stopped", "")
	all := k.recorded(t)
	if len(all) != 2 || all[0].end.Code != camera.DiskFull || all[1].end.Code != "stopped" {
		t.Fatalf("%d runs, %+v", len(all), all)
	}
	if n := all[0].frames(); n != 60 && n != 59 {
		t.Errorf("the first run has %d frames", n)
	}
	if first, n := all[1].first(), all[1].frames(); first != 60 || n != k.next-60 {
		t.Errorf("the second run has %d frames from %d on, want all from 60 to %d", n, first, k.next)
	}
}

// TestSinkKeepsTheNewest: a disk that takes nothing for long costs what is oldest.
func TestSinkKeepsTheNewest(t *testing.T) {
	k := newSinking(t)
	k.fault = syscall.EIO
	const size = 200_000
	for range 300 {
		if k.put(1, size); k.size > maxKeptBytes+2*size {
			t.Fatalf("%d bytes are kept", k.size)
		}
	}
	k.fault = nil
	k.put(20, size)
	k.end("stopped", "")
	all := k.recorded(t)
	if len(all) != 1 || all[0].first()%20 != 0 || all[0].first()+all[0].frames() != k.next || k.next-all[0].first() < 20 {
		t.Errorf("%d runs, the first of %d frames from %d to %d", len(all), all[0].frames(), all[0].first(), k.next)
	}
}

// TestSinkWantsItsKeyFrame: an encoded segment without one ends the run, and the
// next one begins the next.
func TestSinkWantsItsKeyFrame(t *testing.T) {
	k := newSinking(t)
	k.put(50, 100, func(p *placed) { p.sync = p.sync && p.dts == 0 || p.dts == 35*int64(p.length) })
	k.end("stopped", "")
	all := k.recorded(t)
	if len(all) != 2 || all[0].end.Code != camera.TimestampJump || all[0].frames() != 20 || all[1].first() != 35 || all[1].frames() != 15 {
		t.Errorf("%+v", all)
	}
}

// TestSinkPromisesAnother: a copied camera without key frames goes on in its run,
// under another promise from the segment on that begins without one; not where the
// disk does not take that.
func TestSinkPromisesAnother(t *testing.T) {
	k := newSinking(t)
	k.plan.SegmentFrames, k.plan.Copy = 0, true
	k.recorder.facts = knownH264()
	if cause := k.put(50, 100, func(p *placed) { p.sync = p.dts == 0 }); cause != "" {
		t.Errorf("%q", cause)
	}
	all := k.recorded(t)
	if len(all) != 1 || all[0].frames() != 50 || len(all[0].segments) != 2 {
		t.Fatalf("%+v", all)
	}
	want := spool.Promised{Number: 1, Constants: spool.Constants{PartTarget: 100_000, TargetDuration: 17_000_000}, Requested: &spool.Requested{}}
	if p, err := spool.ReadPromised(all[0].dir, 1); err != nil || !reflect.DeepEqual(p, want) || !reflect.DeepEqual(*k.recorder.held, want) {
		t.Errorf("%+v, held %+v, %v", p, k.recorder.held, err)
	}
	k.end("stopped", "")
	k.put(20, 100)
	if next := k.recorded(t); len(next) != 2 || next[1].Promise != 1 || next[1].Constants != want.Constants {
		t.Errorf("the next run: %+v", next)
	}
}

// TestSinkTakesBack: what is encoded now gets a short target duration again, which a
// copied camera with key frames far apart had lost.
func TestSinkTakesBack(t *testing.T) {
	k := newSinking(t)
	k.plan.Constants.TargetDuration, k.plan.Constants.Independent = 12_000_000, false
	k.recorder.held = &spool.Promised{Number: 3, Constants: k.plan.Constants}
	k.recorder.keys.spell = 3 * time.Second
	k.put(70, 100)
	k.end("stopped", "")
	run := k.recorded(t)[0]
	p, err := spool.ReadPromised(run.dir, 2)
	if want := (spool.Constants{PartTarget: 100_000, TargetDuration: 4_000_000, Independent: true}); err != nil || p.Number != 4 || p.Constants != want || run.frames() != 70 {
		t.Errorf("%+v, %v, %d pictures", p, err, run.frames())
	}
	if _, err := spool.ReadPromised(run.dir, 3); err == nil {
		t.Error("there is yet another one")
	}
}

// TestSinkMovesTime: sound and flaws of a run that begins in the middle of a
// timeline count from its beginning.
func TestSinkMovesTime(t *testing.T) {
	k := newSinking(t)
	aac, err := fmp4.ParseAAC([]byte{0x11, 0x88})
	if err != nil {
		t.Fatal(err)
	}
	k.start.sound = &aac
	k.next = 20             // at 2 s
	const behind = 700 * ms // what the sound of a picture is behind it
	step := uint64(hz / 10)
	k.put(20, 100, func(p *placed) {
		end := time.Duration(p.decode+p.length)*time.Second/hz - behind
		for p.soundAt = uint64((end-100*ms).Seconds()*48000) / 1024 * 1024; p.soundAt+uint64(len(p.sound)+1)*1024 <= uint64(end.Seconds()*48000); {
			p.sound = append(p.sound, aac.Silence())
		}
		if p.dts == 20*int64(step) { // one that began before the run, and one that ended before it
			p.flaws = []flaw{{spool.Late, 19 * step, 21 * step, 0}, {spool.Sparse, 0, 20 * step, 1}}
		}
	})
	k.end("stopped", "")
	run := k.recorded(t)[0]
	first := run.segments[0][0]
	if len(first.Events) != 1 || first.Events[0].Value != spool.Late || first.Events[0].Time != 0 || first.Events[0].Duration != uint32(step) {
		t.Errorf("flaws %+v", first.Events)
	}
	next, any := uint64(0), false
	for _, info := range run.segments[0] {
		s, ok := info.Track(fmp4.SoundTrack)
		if !ok {
			continue
		}
		if any && s.DecodeTime != next || !any && s.DecodeTime > 1024 {
			t.Errorf("sound at %d, want %d", s.DecodeTime, next)
		}
		next, any = s.DecodeTime+s.Duration, true
	}
	if want := uint64((2*time.Second - behind).Seconds() * 48000); next > want || next+3*1024 < want {
		t.Errorf("sound up to %d, want %d", next, want)
	}
}
