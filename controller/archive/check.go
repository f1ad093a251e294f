package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// CheckOptions say what is checked.
type CheckOptions struct {
	MediaDir string
	Camera   string
	Running  bool // a controller writes the archive: what it is about to do is no finding

	misread func(op, path string) error // see disk; tests only
}

// Finding is something that is not as the invariants say.
type Finding struct {
	Where string // a path below MEDIA_DIR
	What  string
	Lost  string // what can't be had any more, "" for nothing
	Mend  string // what mending does about it, "" for nothing
}

// String is one line.
func (f Finding) String() string {
	lost, mend := f.Lost, f.Mend
	if lost == "" {
		lost = "nothing"
	}
	if mend == "" {
		mend = "leaves it alone"
	}
	return fmt.Sprintf("%s: %s; lost: %s; mending %s", f.Where, f.What, lost, mend)
}

// CheckCameras are the cameras of which a media directory holds anything. The error
// is that of listing it.
func CheckCameras(mediaDir string) ([]string, error) {
	entries, err := os.ReadDir(mediaDir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || isGone(filepath.Join(mediaDir, e.Name(), "init")) {
			continue
		}
		names = append(names, e.Name())
	}
	return names, nil
}

// Check verifies the invariants of one camera's archive, down to the fragments
// of every segment, and changes nothing. What can't be read is a finding: the error
// is always nil.
func Check(o CheckOptions) ([]Finding, error) {
	k := &checker{CheckOptions: o, root: filepath.Join(o.MediaDir, o.Camera), disk: disk{reads: o.misread, media: o.MediaDir}}
	for _, step := range []func() error{k.state, k.records, k.hours, k.numbers, k.spool} {
		err := step()
		var newer *newerError
		if errors.As(err, &newer) { // and nobody knows what else is other than it was
			k.find(newer.path, "", "", "it is of format %d, newer than this program understands (%d)", newer.format, newer.known)
			break
		}
		if err != nil {
			k.find(k.root, "what can't be read", "", "%v", err)
			break
		}
	}
	return k.found, nil
}

// checker collects findings.
type checker struct {
	CheckOptions
	root     string
	disk     disk
	numbersS state
	stateOK  bool
	runs     []runRecord
	index    []Run
	promises []Promise
	segments []entry
	found    []Finding
}

func (k *checker) find(path, lost, mend, what string, args ...any) {
	where, err := filepath.Rel(k.MediaDir, path)
	if err != nil {
		where = path
	}
	k.found = append(k.found, Finding{where, fmt.Sprintf(what, args...), lost, mend})
}

// stateMended is what mending does about either copy of the state.
const stateMended = "makes it anew from the other copy and from what is there"

// state looks at state.json and its copy, and at what was left behind.
func (k *checker) state() error {
	main, copied := statePath(k.root), stateCopyPath(k.MediaDir, k.Camera)
	for _, dir := range []string{k.root, filepath.Join(k.root, "init"), filepath.Dir(copied)} {
		if err := errors.Join(noLink(dir), k.disk.usable(dir)); err != nil && !isGone(dir) {
			k.find(dir, "", "", "user %d can't use it: %v", os.Geteuid(), cause(err))
		}
	}
	s, ok, err := k.stateFile(main, "it is")
	if err != nil {
		return err
	}
	k.numbersS, k.stateOK = s, ok
	c, copyOK, err := k.stateFile(copied, "the copy of state.json is")
	if err != nil {
		return err
	}
	if ok && copyOK && c.Reserved != s.Reserved && !k.Running {
		k.find(copied, "", "makes it anew", "the copy reserves MSNs up to %d, state.json up to %d", c.Reserved, s.Reserved)
	}
	if ok {
		k.marker(s)
	}
	for _, path := range leftoversIn(k.root) {
		if !k.young(path) {
			k.find(path, "", "removes it", "it was left behind by an interrupted replacement")
		}
	}
	for _, path := range k.disk.asides(k.MediaDir, k.Camera) {
		k.find(path, "", "", "%v", errAside)
	}
	return nil
}

// marker looks whether the folder has the marker of the archive's identity, and no other.
func (k *checker) marker(s state) {
	if s.Identity == "" || s.Gone {
		return
	}
	there, err := k.disk.marks(k.root)
	if err != nil {
		return // which is a finding already
	}
	if !slices.Equal(there, []string{s.Identity}) || isOdd(markPath(k.root, s.Identity)) {
		k.find(markPath(k.root, s.Identity), "", "makes it the only one", "the marker of the archive's identity is missing or not the only one: %q", there)
	}
}

// stateFile looks at one of the copies; subject begins what is said of it.
func (k *checker) stateFile(path, subject string) (s state, ok bool, err error) {
	s, damage, err := k.disk.readStateFile(path)
	var unread *unreadFile
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k.find(path, "", stateMended, "%s not there", subject)
	case err != nil:
		return s, false, err
	case errors.As(damage, &unread):
		k.find(path, "", "puts it aside and "+stateMended, "%s of no use: %v", subject, cause(unread.err))
	case damage != nil:
		k.find(path, "", stateMended, "%s damaged", subject)
	default:
		return s, true, nil
	}
	return s, false, nil
}

// young reports whether a running controller may not have come to a file yet.
func (k *checker) young(path string) bool {
	stat, err := os.Stat(path)
	return k.Running && (err != nil || time.Since(stat.ModTime()) < time.Minute)
}

// records looks at the runs: each has a record and an init section, and their
// discontinuity sequence numbers go up with their MSNs.
func (k *checker) records() error {
	all, err := k.disk.initMSNs(k.root)
	if err != nil {
		return err
	}
	for _, msn := range all {
		r, err := k.disk.readRecord(k.root, msn)
		var newer *newerError
		var unread *unreadFile
		switch {
		case errors.As(err, &newer):
			return err
		case errors.As(err, &unread):
			k.find(unread.path, "", "puts it aside and makes it anew from the init section and a segment", "the run's record can't be read: %v", cause(unread.err))
			r = runRecord{FirstMSN: msn, lost: true}
		case err != nil:
			k.find(recordPath(k.root, msn), "", "makes it anew from the init section and a segment", "the run's record is missing or damaged")
			r = runRecord{FirstMSN: msn, lost: true}
		default:
			r.lost = !k.init(msn)
		}
		if n := len(k.runs); n > 0 && !r.lost && r.Sequence <= k.runs[n-1].Sequence && !k.runs[n-1].lost {
			k.find(recordPath(k.root, msn), "", "", "discontinuity sequence %d does not go up from %d", r.Sequence, k.runs[n-1].Sequence)
		}
		if k.stateOK && r.Sequence > k.numbersS.Sequence && !k.Running && !r.lost {
			k.find(statePath(k.root), "", "writes it anew", "discontinuity sequence %d is lower than the %d of run %d", k.numbersS.Sequence, r.Sequence, msn)
		}
		k.runs, k.index = append(k.runs, r), append(k.index, r.index())
	}
	k.promises = promises(k.runs, k.numbersS)
	k.promised()
	return nil
}

// promised looks at the numbers of promises: they go up with the MSN, and
// state.json knows the newest.
func (k *checker) promised() {
	for _, r := range k.runs {
		for _, p := range r.Promises {
			if known := promiseOf(k.promises, max(p.FirstMSN, r.FirstMSN)); known.Number != p.Number {
				k.find(recordPath(k.root, r.FirstMSN), "", "", "promise %d of MSN %d does not go up from %d", p.Number, p.FirstMSN, known.Number)
			}
		}
	}
	if n := len(k.promises); n > 0 && k.stateOK && k.numbersS.Promise != nil && k.numbersS.Promise.Number < k.promises[n-1].Number && !k.Running {
		k.find(statePath(k.root), "", "writes it anew", "it names promise %d, and %d has begun", k.numbersS.Promise.Number, k.promises[n-1].Number)
	}
}

func (k *checker) init(msn uint64) bool {
	path := filepath.Join(k.root, InitURI(msn))
	raw, err := k.disk.read(path)
	if err == nil {
		_, err = fmp4.ParseInit(raw)
	}
	if err != nil {
		k.find(path, "what was recorded in this run, unless the run is still in the spool", "makes gaps of its segments", "the init section can't be used: %v", err)
	}
	return err == nil
}

// numbers looks at all segments in the order of their MSN: none is missing, none
// occurs twice, and inside a run one begins where the one before it ends.
func (k *checker) numbers() error {
	slices.SortStableFunc(k.segments, func(a, b entry) int { return int(int64(a.msn - b.msn)) })
	for i := 1; i < len(k.segments); i++ {
		a, b := k.segments[i-1], k.segments[i]
		path := filepath.Join(k.root, SegmentURI(b.msn, b.Start))
		switch {
		case a.msn == b.msn:
			k.find(path, "", "", "MSN %d is also in %s", b.msn, hourDir(a.Start))
		case a.msn+1 != b.msn:
			k.find(path, "", "lists gaps", "MSNs %d to %d before it are missing and not listed as gaps", a.msn+1, b.msn-1)
		case a.Run == b.Run && a.Flags&Gap == 0 && b.Flags&Gap == 0 && a.End() != b.Start:
			k.find(path, "", "", "it begins at %d µs, the one before it in the same run ends at %d µs", b.Start, a.End())
		}
	}
	if n := len(k.segments); n > 0 && k.stateOK && k.segments[n-1].msn >= k.numbersS.Reserved {
		k.find(statePath(k.root), "", "writes it anew", "it reserves MSNs up to %d, and %d is used", k.numbersS.Reserved, k.segments[n-1].msn)
	}
	return nil
}

// spool looks at what has not been archived yet.
func (k *checker) spool() error {
	dir := spool.CameraDir(k.MediaDir, k.Camera)
	names, err := spool.Runs(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := spool.ReadRun(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			k.find(filepath.Join(dir, name, "run.json"), "what of the run is not archived", "", "it can't be read: %v", err)
		}
	}
	return nil
}
