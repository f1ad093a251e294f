package health

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/archive"
	"lookback/controller/camera"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// TestChainIsInOrder: links depend on earlier ones only, and say what they are.
func TestChainIsInOrder(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range chain {
		for _, d := range l.dependsOn {
			if !seen[d] {
				t.Errorf("%s depends on %s, which does not come before it", l.code, d)
			}
		}
		if seen[l.code] || l.title == "" || l.severity != Lost && l.severity != Warning || l.fault == nil {
			t.Errorf("%+v", l)
		}
		seen[l.code] = true
	}
}

// TestOneFaultFails: whatever the recorder says, exactly one link without
// which there is no picture fails, the ones before it hold, and those that
// depend on it are unknown.
func TestOneFaultFails(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	recently := now.Add(-time.Second)
	recording := spool.Status{State: spool.Recording, Last: &recently}
	for name, c := range map[string]struct {
		f    Facts
		link string
		code string
	}{
		"no report":       {Facts{StatusErr: errors.New("none")}, "recorder", "no-recorder"},
		"refused":         {Facts{Status: spool.Status{State: spool.Waiting, Code: camera.ConnectionRefused, Title: "x"}}, "source", camera.ConnectionRefused},
		"connecting":      {Facts{Status: spool.Status{State: spool.Starting}}, "source", "connecting"},
		"killed":          {Facts{Status: spool.Status{State: spool.Waiting, Code: camera.Killed}}, "ffmpeg", camera.Killed},
		"unheard of":      {Facts{Status: spool.Status{State: spool.Waiting, Code: "something-new"}}, "ffmpeg", "something-new"},
		"stalled":         {Facts{Status: spool.Status{State: spool.Waiting, Code: camera.Stalled}}, "fragments", camera.Stalled},
		"nothing arrives": {Facts{Status: spool.Status{State: spool.Recording}}, "fragments", "no-picture"},
		"unreadable":      {Facts{Status: recording, Archiving: Archiving{Unreadable: &archive.UnreadableError{Path: "/media/a", Err: errors.New("not a directory")}}}, "archive", "unreadable"},
		"loading":         {Facts{Status: recording}, "archive", "loading"},
		"stuck":           {Facts{Status: recording, Archiving: Archiving{Loaded: true, Beat: now.Add(-time.Minute)}}, "archive", "stuck"},
		"broken":          {Facts{Status: spool.Status{State: spool.Waiting, Code: camera.InvalidData}}, "segments", camera.InvalidData},
		"full":            {Facts{Status: spool.Status{State: spool.Waiting, Code: camera.DiskFull}, Edge: recently}, "segments", camera.DiskFull},
		"not published":   {Facts{Status: spool.Status{State: spool.Recording, Last: &recently}}, "segments", "not-published"},
	} {
		f := c.f
		f.Now, f.Status.At = now, now
		if c.link != "archive" {
			f.Archiving.Loaded = true
		}
		failed := false
		for _, l := range judgeLinks(f) {
			switch {
			case l.Severity == Warning, l.Code == "archive" && l.State == OK:
			case l.Code == c.link:
				failed = true
				if l.State != Failing || l.Reason == nil || l.Reason.Code != c.code || l.Reason.Title == "" {
					t.Errorf("%s: %+v", name, l)
				}
			case failed && l.State != Unknown, !failed && l.State != OK:
				t.Errorf("%s: %s is %s", name, l.Code, l.State)
			}
		}
		if !failed {
			t.Errorf("%s: %s does not fail", name, c.link)
		}
	}
}

// TestRecordingMeanwhile: what is said of an archive tells the truth of recording, and a
// spool that can't be written shows, whatever the archive does.
func TestRecordingMeanwhile(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	last := now.Add(-time.Second)
	recording := spool.Status{At: now, State: spool.Recording, Last: &last}
	failing := spool.Status{At: now, State: spool.Waiting, Code: camera.DiskError, Title: "The media directory cannot be written"}
	connecting := spool.Status{At: now, State: spool.Starting}
	ofArchive := &archive.UnreadableError{Path: "/media/a", Err: errors.New("not a directory")}
	ofSpool := &archive.UnreadableError{Path: "/media/.spool/a", Err: errors.New("not a directory"), Spool: true}
	for name, c := range map[string]struct {
		status    spool.Status
		archiving Archiving
		says      string
		segments  string
	}{
		"unreadable, and it records":   {recording, Archiving{Unreadable: ofArchive}, "only the newest hour of it is kept", Unknown},
		"unreadable, and the disk bad": {failing, Archiving{Unreadable: ofArchive}, "Nothing is recorded at the moment: The media directory cannot be written.", Failing},
		"unreadable, and no camera":    {connecting, Archiving{Unreadable: ofArchive}, "Nothing is recorded at the moment.", Unknown},
		"the spool":                    {failing, Archiving{Unreadable: ofSpool}, "/media/.spool/a can't be used: not a directory", Failing},
		"the spool, nothing tried":     {connecting, Archiving{Unreadable: ofSpool}, "Nothing is recorded.", Unknown},
		"loading, and it records":      {recording, Archiving{}, "Recording goes on meanwhile.", Unknown},
		"loading, and it does not":     {connecting, Archiving{}, "Nothing is recorded at the moment.", Unknown},
		"stuck, and the disk bad":      {failing, Archiving{Loaded: true, Beat: now.Add(-time.Minute)}, "The disk of MEDIA_DIR does not answer.", Failing},
	} {
		for _, l := range judgeLinks(Facts{Now: now, Status: c.status, Archiving: c.archiving}) {
			goesOn := l.Reason != nil && strings.Contains(l.Reason.Advice, "Recording goes on")
			switch {
			case l.Code == "archive" && (!strings.Contains(l.Reason.Advice, c.says) || goesOn != (c.status.State == spool.Recording)):
				t.Errorf("%s: %q", name, l.Reason.Advice)
			case l.Code == "segments" && (l.State != c.segments || l.State == Failing && l.Reason.Code != camera.DiskError):
				t.Errorf("%s: segments is %s, %+v", name, l.State, l.Reason)
			}
		}
	}
}

// TestLeftOut: what an archive was loaded without is a warning that names it.
func TestLeftOut(t *testing.T) {
	for _, c := range []struct {
		out  []string
		want string
	}{
		{nil, ""},
		{[]string{"/media/a/x"}, "/media/a/x can't be read and is left out"},
		{[]string{"/media/a/x", "y", "z"}, "/media/a/x and 2 more can't be read and are left out"},
		{[]string{"/media/a/2026-11-22/18.left-out-2"}, "/media/a/2026-11-22/18.left-out-2 can't be read and is left out"},
	} {
		got := ""
		for _, l := range judgeLinks(Facts{Archiving: Archiving{Loaded: true, LeftOut: c.out}}) {
			if l.Code == "history" && l.Reason != nil && l.Severity == Warning {
				got = l.Reason.Title
				back := strings.Contains(l.Reason.Advice, "move its content back to /media/a/2026-11-22/18, ")
				if back != strings.Contains(got, ".left-out") {
					t.Errorf("%s: %q", got, l.Reason.Advice)
				}
			}
		}
		if got != c.want {
			t.Errorf("%v: %q", c.out, got)
		}
	}
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	step := func(ago time.Duration, by float64, slept bool) *spool.ClockStep {
		return &spool.ClockStep{At: now.Add(-ago), By: by, Slept: slept}
	}
	for _, c := range []struct {
		f     Facts
		title string // "": it is right
	}{
		{Facts{Now: now}, ""},
		{Facts{Now: time.Unix(100, 0)}, "This machine does not know the time"},
		{Facts{Now: now, Edge: now.Add(time.Hour)}, "There are pictures from the future"},
		{Facts{Now: now, Edge: now.Add(time.Second)}, ""},
		{Facts{Now: now, Status: spool.Status{Clock: step(time.Minute, 3600, false)}}, "This machine's clock was set forward by 1h0m0s"},
		{Facts{Now: now, Status: spool.Status{Clock: step(time.Minute, -0.75, false)}}, "This machine's clock was set back by 750ms"},
		{Facts{Now: now, Status: spool.Status{Clock: step(time.Minute, 90, true)}}, "This machine was asleep for 1m30s"},
		{Facts{Now: now, Status: spool.Status{Clock: step(time.Hour, -5, false)}}, ""},
	} {
		title := ""
		if bad := clockFault(c.f); bad != nil {
			title = bad.Title
		}
		if title != c.title {
			t.Errorf("%+v: %q, want %q", c.f, title, c.title)
		}
	}
}

// TestUntrustedStamps: what is wrong with a camera's time stamps is a warning, and
// says since when and what is done.
func TestUntrustedStamps(t *testing.T) {
	since := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, s := range []*spool.Stamps{nil, {Since: since, Why: "They pass too fast.", Done: "They are corrected.", Pace: 1.25}} {
		now := since.Add(time.Hour)
		for _, l := range judgeLinks(Facts{Now: now, Begun: since, Edge: now, Status: spool.Status{State: spool.Recording, At: now, Stamps: s}}) {
			if l.Code != "stamps" {
				continue
			}
			if bad := l.Reason != nil; l.Severity != Warning || bad != (s != nil) {
				t.Errorf("%+v", l)
			} else if bad && (l.Reason.Code != "untrusted-stamps" || l.Reason.Title != s.Why || !strings.HasPrefix(l.Reason.Advice, s.Done) || !stampsFault(Facts{Status: spool.Status{Stamps: s}}).since.Equal(since)) {
				t.Errorf("%+v", l)
			}
		}
	}
}

// watched is a camera whose archive is loaded.
type watched struct {
	*life.Simulation
	says func() spool.Status
}

func (w watched) Status() (spool.Status, error) { return w.says(), nil }
func (watched) Archiving() Archiving            { return Archiving{Loaded: true} }
func (watched) Keeping() *Keeping               { return nil }

// TestMonitorRemembers since when, tells after the patience, and says each
// once in the log.
func TestMonitorRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam := life.Usual()
		var status atomic.Pointer[spool.Status]
		say := func(s spool.Status) { status.Store(&s) }
		say(spool.Status{State: spool.Waiting, Code: "timeout", Title: "No answer"})
		begun := time.Now()
		m := NewMonitor(watched{cam, func() spool.Status {
			s := *status.Load()
			s.At = time.Now()
			return s
		}}, begun)
		var text bytes.Buffer
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { Log(ctx, m.Report, slog.New(slog.NewTextHandler(&text, nil))); close(ended) }()
		after := func(d time.Duration) Link {
			<-time.After(d)
			synctest.Wait()
			return m.Report(time.Now()).Links[1]
		}
		if l := after(9 * time.Second); l.State != Failing || l.Reported || !l.Since.Equal(begun) {
			t.Errorf("%+v", l)
		}
		if l := after(2 * time.Second); !l.Reported || !l.Since.Equal(begun) {
			t.Errorf("%+v", l)
		}
		say(spool.Status{State: spool.Recording})
		if l := after(time.Second); l.State != OK || l.Reported || l.Since.Before(begun.Add(11*time.Second)) {
			t.Errorf("%+v", l)
		}
		after(time.Minute)
		stop()
		<-ended
		if n := strings.Count(text.String(), "health: failing\" link=source reason=timeout"); n != 1 {
			t.Errorf("told %d times:\n%s", n, &text)
		}
		if n := strings.Count(text.String(), "health: well again\" link=source"); n != 1 {
			t.Errorf("well %d times:\n%s", n, &text)
		}
	})
}

// TestLeftOutIsNamedAnew: the log names what is left out where it lies now, once.
func TestLeftOutIsNamedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		begun := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		Log(ctx, func(now time.Time) Report {
			path := "/media/a/18"
			if now.Sub(begun) > 3*time.Second {
				path += ".left-out"
			}
			return Report{Links: []Link{{Code: "history", State: Failing, Reported: true, Reason: &Reason{Title: path + " is left out"}}}}
		}, slog.New(slog.NewTextHandler(&lines, nil)))
		if got := lines.String(); strings.Count(got, "health: failing") != 2 || strings.Count(got, "18 is") != 1 || strings.Count(got, "18.left-out is") != 1 {
			t.Errorf("it logs %s", got)
		}
	})
}

func TestReserveLargerThanTheDiskIsTold(t *testing.T) {
	facts := Facts{Archiving: Archiving{Loaded: true, Reserve: &archive.ReserveError{Wanted: 5e9, Disk: 4e9, Kept: 4e8}}}
	for _, l := range judgeLinks(facts) {
		if l.Code != "history" {
			continue
		}
		if l.State != Failing || l.Reason == nil || l.Reason.Code != "reserve-too-large" || !strings.Contains(l.Reason.Advice, `DISK_RESERVE="5.0 GB": accepted is less than`) || !strings.Contains(l.Reason.Advice, "400 MB are kept free") {
			t.Errorf("%+v", l)
		}
		return
	}
	t.Error("there is no link history")
}
