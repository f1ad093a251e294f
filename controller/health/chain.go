package health

import (
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// Severities of a link.
const (
	Lost    = "error"   // without it there is no picture
	Warning = "warning" // there is one, but it may not be worth much
)

// States of a link.
const (
	OK      = "ok"
	Failing = "failing"
	Unknown = "unknown" // a link it depends on fails, or nobody has looked
)

// link is one condition between camera and picture.
type link struct {
	code, title string        // the title says what holds
	severity    string        // Lost or Warning
	patience    time.Duration // how long it must fail before anyone is told
	dependsOn   []string      // codes of links, all of them earlier in the chain
	ofContainer bool          // it is there only where recorders run in containers
	known       func(Facts) bool
	fault       func(Facts) *fault // nil while the link holds
}

// fault is why a link fails.
type fault struct {
	Reason
	since time.Time // zero: since it was first seen
}

// chain is the way of a fragment. A link whose dependence fails is unknown, so
// that a camera that is lost reports itself and not five consequences.
var chain = []link{
	{code: "recorder", title: "The recorder works", severity: Lost, patience: 2 * time.Second, fault: recorderFault},
	{code: "source", title: "The camera can be reached", severity: Lost, patience: 10 * time.Second,
		dependsOn: []string{"recorder"}, fault: sourceFault},
	{code: "ffmpeg", title: "ffmpeg runs", severity: Lost, patience: 10 * time.Second,
		dependsOn: []string{"source"}, fault: ffmpegFault},
	{code: "fragments", title: "Pictures arrive", severity: Lost, patience: 10 * time.Second,
		dependsOn: []string{"ffmpeg"}, fault: fragmentsFault},
	{code: "archive", title: "The archive can be read", severity: Lost, patience: 10 * time.Second, fault: archiveFault},
	{code: "segments", title: "Pictures are recorded whole", severity: Lost, patience: 10 * time.Second,
		dependsOn: []string{"fragments"}, known: followed, fault: segmentsFault},
	{code: "history", title: "All that was recorded can be looked at, and can stay", severity: Warning,
		dependsOn: []string{"archive"}, fault: historyFault},
	{code: "pace", title: "This machine keeps up", severity: Warning, patience: 10 * time.Second,
		dependsOn: []string{"recorder"}, fault: paceFault},
	{code: "content", title: "The picture shows something", severity: Warning, patience: 5 * time.Minute,
		dependsOn: []string{"segments"}, known: looked, fault: contentFault},
	{code: "motion", title: "The picture moves", severity: Warning, patience: 5 * time.Minute,
		dependsOn: []string{"content"}, known: looked, fault: motionFault},
	{code: "clock", title: "The clock is right", severity: Warning,
		dependsOn: []string{"recorder"}, fault: clockFault},
	{code: "stamps", title: "The camera's time stamps are right", severity: Warning,
		dependsOn: []string{"recorder"}, fault: stampsFault},
	{code: "container", title: "The recorder's container goes on", severity: Warning, ofContainer: true, fault: containerFault},
	{code: "engine", title: "The Docker Engine answers", severity: Warning, patience: 10 * time.Second, ofContainer: true, fault: engineFault},
}

func because(code, title, advice string) *fault {
	return &fault{Reason: Reason{code, title, advice}}
}

func recorderFault(f Facts) *fault {
	if k := f.Keeping; k != nil && f.unheard() {
		switch {
		case k.Recorder != nil:
			return &fault{Reason: *k.Recorder}
		case k.Engine != nil:
			return &fault{Reason: *k.Engine}
		}
	}
	switch {
	case f.StatusErr != nil:
		return because("no-recorder", "The recorder has not reported yet",
			"It does so within a few seconds of its start. If this stays, look at the controller's log.")
	case f.Status.State == spool.Stopped:
		return because("stopped", "Recording was stopped", "Start the controller again to go on recording.")
	case f.Now.Sub(f.Status.At) > silence:
		return because("recorder-silent", "The recorder has stopped reporting",
			"Is the disk full or the machine overloaded? Look at the controller's log.")
	}
	return nil
}

// containerPatience is that of the link "recorder" where it runs in a container,
// which takes a second or two to be started.
const containerPatience = 10 * time.Second

// endKept is for how long the end of a container is told.
const endKept = 10 * time.Minute

// unheard reports whether the recorder says nothing, or only that it has ended.
func (f Facts) unheard() bool {
	return f.StatusErr != nil || f.Status.State == spool.Stopped || f.Now.Sub(f.Status.At) > containerSilence
}

func containerFault(f Facts) *fault {
	if e := f.Keeping.Ended; e != nil && f.Now.Sub(e.At) < endKept {
		return &fault{e.Reason, e.At}
	}
	return nil
}

func engineFault(f Facts) *fault {
	if r := f.Keeping.Engine; r != nil {
		return &fault{Reason: *r}
	}
	return nil
}

// said is the recorder's own word where it is about that link (camera/reason.go).
func said(f Facts, link camera.Link) *fault {
	if f.Status.Code == "" || camera.ReasonFor(f.Status.Code).Link != link {
		return nil
	}
	return because(f.Status.Code, or(f.Status.Title, "The camera can't be recorded"), f.Status.Advice)
}

func sourceFault(f Facts) *fault {
	if f.Status.Code == "" && f.Status.State != spool.Recording {
		return because("connecting", "Connecting to the camera", "The first picture usually comes within a few seconds.")
	}
	return said(f, camera.OfSource)
}

func ffmpegFault(f Facts) *fault { return said(f, camera.OfFFmpeg) }

func fragmentsFault(f Facts) *fault {
	if bad := said(f, camera.OfFragments); bad != nil || f.Status.Code != "" {
		return bad
	}
	if f.fresh() || f.Status.Last != nil && f.Now.Sub(*f.Status.Last) < f.limit() {
		return nil
	}
	return because("no-picture", "No picture arrives from the camera", "The connection stands. It is made anew by itself if this lasts.")
}

// followed reports whether one can tell that what is recorded gets into the archive,
// or the recorder itself says that nothing is.
func followed(f Facts) bool { return said(f, camera.OfSegments) != nil || archiveFault(f) == nil }

func segmentsFault(f Facts) *fault {
	if bad := said(f, camera.OfSegments); bad != nil || f.fresh() {
		return bad
	}
	return because("not-published", "Pictures arrive but do not get into the archive",
		"For a few seconds after the start that is normal. If it stays, look at the controller's log.")
}

func paceFault(f Facts) *fault {
	if f.Status.Overload == nil {
		return nil
	}
	r := camera.ReasonFor(camera.Overload)
	return &fault{Reason{r.Code, r.Title, r.Advice}, *f.Status.Overload}
}

func stampsFault(f Facts) *fault {
	s := f.Status.Stamps
	if s == nil {
		return nil
	}
	return &fault{Reason{"untrusted-stamps", s.Why, s.Done + " Recording does not suffer. A frame rate in the camera's settings that it really has, or newer firmware, may help."}, s.Since}
}

func looked(f Facts) bool { return f.Status.Picture != nil }

func contentFault(f Facts) *fault {
	switch p := f.Status.Picture; {
	case p.Dark != nil:
		return &fault{Reason{"black", "The picture is black", "Is it dark there, the lens covered, or the camera's infrared light off?"}, *p.Dark}
	case p.Blank != nil:
		return &fault{Reason{"blank", "The picture shows nothing but one colour", "Is something in front of the lens, or does the camera itself lack a signal?"}, *p.Blank}
	}
	return nil
}

func motionFault(f Facts) *fault {
	if p := f.Status.Picture; p.Frozen != nil {
		return &fault{Reason{"frozen", "The picture is frozen",
			"Even a still scene is never the same twice, since every sensor is noisy. Restart the camera; if it shows a drawing, set PICTURE_CHECKS=off for it."}, *p.Frozen}
	}
	return nil
}

const (
	// stepKept is for how long a step of the clock is told.
	stepKept = 10 * time.Minute
	// ahead is how far pictures may lie in the future.
	ahead = 5 * time.Second
)

// oldest is before the first version of this program: a clock that says less
// has lost the time, as that of a small computer without a battery does.
var oldest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func clockFault(f Facts) *fault {
	if f.Now.Before(oldest) {
		return because("clock-lost", "This machine does not know the time", "Connect it to a network with a time server (NTP), or set its clock.")
	}
	if step := f.Status.Clock; step != nil && f.Now.Sub(step.At).Abs() < stepKept {
		title := "This machine's clock was set " + words(step.By)
		if step.Slept {
			title = "This machine was asleep for " + span(step.By)
		}
		return &fault{Reason{camera.ReasonFor(code(step)).Code, title, camera.ReasonFor(code(step)).Advice}, step.At}
	}
	if f.Edge.Sub(f.Now) > ahead+f.PartTarget { // a picture that has just begun ends then
		return because("clock-behind", "There are pictures from the future", "The clock was set back, or was wrong when they were recorded. They leave the window in time.")
	}
	return nil
}

func code(s *spool.ClockStep) string {
	if s.Slept {
		return camera.Resumed
	}
	return camera.ClockJump
}

func words(seconds float64) string {
	if seconds < 0 {
		return "back by " + span(-seconds)
	}
	return "forward by " + span(seconds)
}

func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d > time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// explain is the reason of the first link that fails of those without which
// there is no picture.
func explain(f Facts) *Reason {
	for _, l := range chain {
		if l.severity != Lost {
			continue
		}
		if bad := l.fault(f); bad != nil {
			return &bad.Reason
		}
	}
	return nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
