package health

import (
	"fmt"
	"time"

	"lookback/controller/archive"
	"lookback/controller/camera"
)

// stuck is how old the last round of an archive's loop may be.
const stuck = 10 * time.Second

// archiveFault is about one camera's own archive. Its recorder goes on meanwhile
// if it can, and what it records is taken in when this is over.
func archiveFault(f Facts) *fault {
	a := f.Archiving
	switch {
	case a.Unreadable != nil && a.Unreadable.Spool:
		return because("unreadable", "The spool of this camera can't be written",
			fmt.Sprintf("%v. Nothing is recorded. It is tried again by itself.", a.Unreadable))
	case a.Unreadable != nil:
		return because("unreadable", "The archive of this camera can't be read",
			fmt.Sprintf("%v. %s The archive is tried again by itself.", a.Unreadable, meanwhile(f, "Recording goes on, but only the newest hour of it is kept.")))
	case !a.Loaded:
		return because("loading", "The archive is being read",
			meanwhile(f, "Recording goes on meanwhile.")+" A week takes a few seconds; if this stays, the disk of MEDIA_DIR does not answer.")
	case !a.Beat.IsZero() && f.Now.Sub(a.Beat) > stuck:
		return because("stuck", "The archive waits for the disk", "The disk of MEDIA_DIR does not answer. It goes on by itself when that is over.")
	}
	return nil
}

// meanwhile is what the recorder does: goesOn says that it records.
func meanwhile(f Facts, goesOn string) string {
	switch {
	case f.recording():
		return goesOn
	case said(f, camera.OfSegments) != nil:
		return fmt.Sprintf("Nothing is recorded at the moment: %s.", f.Status.Title)
	}
	return "Nothing is recorded at the moment."
}

func historyFault(f Facts) *fault {
	out := f.Archiving.LeftOut
	if e := f.Archiving.Reserve; e != nil && len(out) == 0 {
		return because("reserve-too-large", "DISK_RESERVE is larger than the disk", fmt.Sprintf("%v. %s", e, e.Meanwhile()))
	}
	if len(out) == 0 {
		return nil
	}
	title := fmt.Sprintf("%s can't be read and is left out", out[0])
	if more := len(out) - 1; more > 0 {
		title = fmt.Sprintf("%s and %d more can't be read and are left out", out[0], more)
	}
	advice := "Mend it"
	if from, aside := archive.PutAsideFrom(out[0]); aside {
		advice = fmt.Sprintf("Mend it and move its content back to %s", from)
	}
	return because("left-out", title, fmt.Sprintf("Nothing of it is deleted. %s, or remove it; then start the controller anew. Its log names all of them.", advice))
}
