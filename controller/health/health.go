// Package health says what is wrong with a camera, in words: the first link
// that fails between it and the picture. Judging is pure; a [Monitor] gathers
// the facts and remembers since when.
package health

import (
	"time"

	"lookback/controller/archive"
	"lookback/controller/spool"
)

// States of a camera.
const (
	Starting = "starting" // no picture yet since the controller began, or since the camera was added
	Live     = "live"     // the newest part is fresh
	Away     = "away"     // there were pictures, and there are none now
	HasEnded = "ended"    // no longer named: only its history is there
)

const (
	// grace is how much older than three parts a live picture may be: a player
	// that stalls for less than that goes on by itself.
	grace = 2 * time.Second
	// silence is how old a recorder's status may be; it is written once a second.
	silence = 10 * time.Second
	// containerSilence is how old it may be for a recorder whose container is known to stand still.
	containerSilence = 3 * time.Second
)

// Facts are what is known of a camera at an instant.
type Facts struct {
	Now        time.Time
	Begun      time.Time // when this controller began, or the camera was added
	Archiving  Archiving
	Edge       time.Time     // end of the newest part, zero when there is none
	RunStart   time.Time     // start of the newest run, as far as it is listed
	PartTarget time.Duration // of the camera, 0 when unknown
	Status     spool.Status  // what the recorder said last
	StatusErr  error         // why that is unknown
	Keeping    *Keeping      // nil: the recorder is part of this program
}

// Archiving is what is known of an archive, beyond its snapshot.
type Archiving struct {
	Loaded     bool
	Unreadable *archive.UnreadableError // why it can't be loaded, nil while nothing says so
	Beat       time.Time                // when its loop last went round; zero: not yet
	LeftOut    []string                 // paths of what it was loaded without
	Reserve    *archive.ReserveError    // why DISK_RESERVE can't be in force, nil while it can
}

// Keeping is what is known of a recorder in a container, beyond what it says itself.
type Keeping struct {
	Engine   *Reason // why the Docker Engine can't be asked; nil: it answers
	Recorder *Reason // why the container does not record; nil: it may
	Ended    *Ended  // its last end that nobody here asked for
}

// Ended is the end of a recorder's container.
type Ended struct {
	Reason
	At time.Time
}

// Reason is why a camera is not live.
type Reason struct {
	Code   string `json:"code"`   // stable, for machines
	Title  string `json:"title"`  // a sentence
	Advice string `json:"advice"` // what to try, may be empty
}

// Verdict is the state of a camera. Reason is nil when it is live.
type Verdict struct {
	State  string
	Since  time.Time
	Reason *Reason
}

// Judge derives a camera's state. Process alive is not health: only a fresh
// picture makes a camera live.
func Judge(f Facts) Verdict {
	if f.fresh() {
		return Verdict{State: Live, Since: f.liveSince()}
	}
	v := Verdict{State: Away, Since: f.Edge, Reason: explain(f)}
	if f.Edge.Before(f.Begun) {
		v.State, v.Since = Starting, f.Begun
	}
	return v
}

// fresh reports whether the newest part is younger than three part targets and the
// grace. A clock set back puts the edge into the future; then the recorder's
// word decides.
func (f Facts) fresh() bool {
	if f.Edge.IsZero() {
		return false
	}
	age := f.Now.Sub(f.Edge)
	return age < f.limit() && (age > -f.limit() || f.recording())
}

func (f Facts) limit() time.Duration { return 3*f.PartTarget + grace }

func (f Facts) recording() bool {
	return f.StatusErr == nil && f.Status.State == spool.Recording
}

// liveSince prefers the recorder's word: the run's start moves with the window.
func (f Facts) liveSince() time.Time {
	if f.recording() && !f.Status.Since.IsZero() && f.Status.Since.Before(f.Now) {
		return f.Status.Since
	}
	return f.RunStart
}
