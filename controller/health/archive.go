package health

import (
	"fmt"
	"time"
)

// stuck is how old the last round of an archive's loop may be.
const stuck = 10 * time.Second

// archiveFault is about one camera's own archive. Its recorder goes on meanwhile,
// and what it records is taken in when this is over.
func archiveFault(f Facts) *fault {
	a := f.Archiving
	switch {
	case a.Unreadable != nil:
		return because("unreadable", "The archive of this camera can't be read",
			fmt.Sprintf("%v. Recording goes on, but only the newest hour of it is kept. The archive is tried again by itself.", a.Unreadable))
	case !a.Loaded:
		return because("loading", "The archive is being read",
			"Recording goes on meanwhile. A week takes a few seconds; if this stays, the disk of MEDIA_DIR does not answer.")
	case !a.Beat.IsZero() && f.Now.Sub(a.Beat) > stuck:
		return because("stuck", "The archive waits for the disk", "The disk of MEDIA_DIR does not answer. It goes on by itself when that is over.")
	}
	return nil
}

func historyFault(f Facts) *fault {
	out := f.Archiving.LeftOut
	if len(out) == 0 {
		return nil
	}
	title := fmt.Sprintf("%s can't be read and is left out", out[0])
	if more := len(out) - 1; more > 0 {
		title = fmt.Sprintf("%s and %d more can't be read and are left out", out[0], more)
	}
	return because("left-out", title, "Nothing of it is deleted. Mend or move it, then start the controller anew; its log names all of them.")
}
