package archive

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// machine is where an archive is loaded: with a witness, which a copy of the archive
// does not take along.
type machine struct {
	t       *testing.T
	witness string
	number  uint64 // what the clock gives as a promise's number
	fault   func(op, path string) error
}

func newMachine(t *testing.T) *machine {
	return &machine{t: t, witness: filepath.Join(t.TempDir(), "witness"), number: 1000}
}

func (m *machine) load(dir string) *Archive {
	m.t.Helper()
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: time.Hour, Witness: m.witness,
		Log: slog.New(slog.DiscardHandler), number: func() uint64 { return m.number }, fault: m.fault})
	if err != nil {
		m.t.Fatal(err)
	}
	m.marked(c)
	return c
}

// marked checks that the one marker is that of the identity, which state.json has too.
func (m *machine) marked(c *Archive) {
	m.t.Helper()
	if m.fault != nil {
		return
	}
	if there, err := c.disk.marks(c.root); err != nil || !slices.Equal(there, []string{c.Snapshot().Identity}) || !isIdentity(there[0]) {
		m.t.Errorf("the identity is %q and the markers are %q, %v", c.Snapshot().Identity, there, err)
	}
	if !Marked(c.MediaDir, "front", c.Snapshot().Identity) {
		m.t.Error("the marker is not found")
	}
}

// copied is what cp -a makes of a folder.
func copied(t *testing.T, from, to string) string {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return to
}

func closed(t *testing.T, c *Archive) {
	t.Helper()
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
}

// newestNumber is that of the promise which the next segment belongs to.
func newestNumber(s *Snapshot) uint64 { return s.Promise().Number }

func TestIdentityStays(t *testing.T) {
	for name, end := range map[string]func(c *Archive){
		"a start after an end":    func(c *Archive) { closed(t, c) },
		"a start after a kill":    func(*Archive) {},
		"state.json can't be had": func(c *Archive) { os.Remove(statePath(c.root)) },
	} {
		t.Run(name, func(t *testing.T) {
			m, dir := newMachine(t), t.TempDir()
			c := m.load(dir)
			identity := c.Snapshot().Identity
			rec := record(t, dir, "front", noon).play(90)
			take(t, c)
			if s := take(t, c); newestNumber(s) != 1000 || len(s.Promises) != 1 {
				t.Errorf("the first promise: %+v", s.Promises)
			}
			end(c)
			rec.play(20)
			m.number = 5000
			again := m.load(dir)
			s := take(t, again)
			if s.Identity != identity || s.Former != "" || newestNumber(s) != 1000 || len(s.Promises) != 1 {
				t.Errorf("%s and %s of before, promises %+v", s.Identity, identity, s.Promises)
			}
			rec.end()
			take(t, again)
			closed(t, again)
			if s := m.load(dir).Snapshot(); s.Identity != identity {
				t.Errorf("at rest: %s and %s of before", s.Identity, identity)
			}
		})
	}
}

// TestIdentityChanges: whatever makes the same numbers mean other bytes makes another
// identity, of which the marker is the only one, and the next segment begins another
// promise.
func TestIdentityChanges(t *testing.T) {
	for name, move := range map[string]func(m *machine, dir string, yesterday string) (*machine, string){
		"rsync to a second machine": func(m *machine, dir, _ string) (*machine, string) {
			return newMachine(t), copied(t, dir, filepath.Join(t.TempDir(), "copy"))
		},
		"the machine's next start": func(m *machine, dir, _ string) (*machine, string) {
			rewrite(t, filepath.Join(m.witness, "front.json"), func(said *testimony) { said.Boot = "another boot" })
			return m, dir
		},
		"a restore of yesterday": func(m *machine, dir, yesterday string) (*machine, string) {
			os.RemoveAll(dir)
			return m, copied(t, yesterday, dir)
		},
		"a restore of the folder alone": func(m *machine, dir, yesterday string) (*machine, string) {
			os.RemoveAll(filepath.Join(dir, "front"))
			copied(t, filepath.Join(yesterday, "front"), filepath.Join(dir, "front"))
			return m, dir
		},
		"a copy into another archive": func(m *machine, dir, _ string) (*machine, string) {
			other, theirs := newMachine(t), t.TempDir()
			c := other.load(theirs)
			record(t, theirs, "front", noon).play(90).end()
			take(t, c)
			closed(t, c)
			os.RemoveAll(filepath.Join(theirs, "front"))
			copied(t, filepath.Join(dir, "front"), filepath.Join(theirs, "front"))
			return other, theirs
		},
		"all of it deleted": func(m *machine, dir, _ string) (*machine, string) {
			os.RemoveAll(dir)
			return m, dir
		},
		"an archive of before": func(m *machine, dir, _ string) (*machine, string) {
			for _, path := range []string{statePath(filepath.Join(dir, "front")), stateCopyPath(dir, "front")} {
				rewrite(t, path, func(s *state) { s.Identity, s.Least = "", 0 })
			}
			return m, dir
		},
		"a witness that is damaged": func(m *machine, dir, _ string) (*machine, string) {
			os.WriteFile(filepath.Join(m.witness, "front.json"), []byte(`{"identity":`), 0o644)
			return m, dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, dir := newMachine(t), filepath.Join(t.TempDir(), "media")
			c := m.load(dir)
			identity := c.Snapshot().Identity
			record(t, dir, "front", noon).play(90).end()
			take(t, c)
			closed(t, c)
			yesterday := copied(t, dir, filepath.Join(t.TempDir(), "yesterday"))
			c = m.load(dir)
			record(t, dir, "front", noon.Add(time.Minute)).play(290).end()
			take(t, c)
			closed(t, c)

			m, dir = move(m, dir, yesterday)
			m.number = 2000
			c = m.load(dir)
			now := c.Snapshot().Identity
			if now == identity {
				t.Fatal("the identity is the same")
			}
			last := newestNumber(c.Snapshot())
			if c.Snapshot().Empty() {
				last = 0
			}
			rec := record(t, dir, "front", noon.Add(time.Hour)).play(90)
			s := take(t, c)
			if newestNumber(s) != 2000 || last >= 2000 {
				t.Errorf("the promise was %d and is %d", last, newestNumber(s))
			}
			if first := s.Promise().FirstMSN; len(s.Promises) > 1 && first != s.Next()-4 {
				t.Errorf("it begins with %d, and the next segment is %d", first, s.Next())
			}
			rec.end()
			take(t, c)
			closed(t, c)
			m.number = 3000
			if s := m.load(dir).Snapshot(); s.Identity != now || newestNumber(s) != 2000 {
				t.Errorf("a start later it is %s and promise %d", s.Identity, newestNumber(s))
			}
		})
	}
}

// TestRestoreOfAMomentAgo: state.json reserves as many numbers as it did, and those
// that were used since are told of by the witness.
func TestRestoreOfAMomentAgo(t *testing.T) {
	m, dir := newMachine(t), filepath.Join(t.TempDir(), "media")
	c := m.load(dir)
	rec := record(t, dir, "front", noon).play(50)
	take(t, c)
	moment := copied(t, dir, filepath.Join(t.TempDir(), "moment"))
	reserved := c.saved
	rec.play(60)
	identity := take(t, c).Identity
	if c.saved != reserved {
		t.Fatal("the reservation has grown: this is the other case")
	}
	rec.die()
	os.RemoveAll(dir)
	copied(t, moment, dir)
	if now := m.load(dir).Snapshot().Identity; now == identity {
		t.Error("numbers that were used mean other bytes under the same identity")
	}
}

// rewrite changes a file of JSON.
func rewrite[T any](t *testing.T, path string, change func(*T)) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	change(&v)
	if data, err = json.Marshal(v); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMarkers: whatever is in the folder at the start, one marker is left, and what is
// not ours is left alone.
func TestMarkers(t *testing.T) {
	for name, there := range map[string][]string{
		"none":              {},
		"another":           {"id-fedcba9876543210"},
		"two":               {"id-fedcba9876543210", "id-0000000000000000"},
		"its own and two":   {"own", "id-fedcba9876543210", "id-0000000000000000"},
		"what is no marker": {"own", "id-", "id-FEDCBA9876543210", "id-fedcba98765432100", "id-x", "id"},
	} {
		t.Run(name, func(t *testing.T) {
			m, dir := newMachine(t), t.TempDir()
			c := m.load(dir)
			own := markPath(c.root, c.Snapshot().Identity)
			closed(t, c)
			os.Remove(own)
			for _, name := range there {
				path := filepath.Join(c.root, name)
				if name == "own" {
					path = own
				}
				if err := os.WriteFile(path, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if m.load(dir); isGone(own) {
				t.Error("its own is not there")
			}
			for _, name := range there {
				if identity, _ := strings.CutPrefix(name, "id-"); !isIdentity(identity) && name != "own" && isGone(filepath.Join(c.root, name)) {
					t.Errorf("%s is gone", name)
				}
			}
		})
	}
}

// TestOddMarker: what lies in the marker's place and is no file is put aside, at the
// start, while the archive is followed, and by mending.
func TestOddMarker(t *testing.T) {
	for name, lay := range map[string]func(path string) error{
		"a folder": func(path string) error { return os.Mkdir(path, 0o755) },
		"a folder of things": func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "x"), nil, 0o644))
		},
		"a link": func(path string) error { return os.Symlink("/etc/passwd", path) },
		"a FIFO": func(path string) error { return unix.Mkfifo(path, 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			m, dir := newMachine(t), t.TempDir()
			c := m.load(dir)
			record(t, dir, "front", noon).play(50)
			take(t, c)
			before := c.Snapshot().Identity
			own := markPath(c.root, before)
			for _, how := range []func(){
				func() {
					if err := c.run(c.remarking()); err != nil {
						t.Error(err)
					}
				},
				func() { c = m.load(dir) },
			} {
				if err := errors.Join(os.Remove(own), lay(own)); err != nil {
					t.Fatal(err)
				}
				how()
				m.marked(c)
				if c.Snapshot().Identity != before {
					t.Error("the archive gets another identity")
				}
			}
			if aside, _ := filepath.Glob(own + asideName + "*"); len(aside) != 2 {
				t.Errorf("put aside are %q", aside)
			}
		})
	}
}

// TestMarkerRemoved: somebody removes the marker while the archive is followed. It is
// made anew for another identity. Who follows a playlist goes on under the former
// one until another promise has a segment.
func TestMarkerRemoved(t *testing.T) {
	m, dir := newMachine(t), t.TempDir()
	c := m.load(dir)
	rec := record(t, dir, "front", noon).play(50)
	before := take(t, c)
	look := func() {
		t.Helper()
		if err := c.run(c.remarking()); err != nil {
			t.Fatal(err)
		}
		m.marked(c)
	}
	if look(); c.Snapshot().Identity != before.Identity {
		t.Fatal("it changes although nothing has happened")
	}
	os.WriteFile(markPath(c.root, "fedcba9876543210"), nil, 0o644)
	if look(); c.Snapshot().Identity != before.Identity {
		t.Fatal("another marker beside its own takes its place")
	}
	os.Remove(markPath(c.root, before.Identity))
	m.number = 900 // the clock was set back
	look()
	s := c.Snapshot()
	if s.Identity == before.Identity || s.Former != before.Identity || s.Least != 1001 {
		t.Fatalf("%+v", s)
	}
	if under := s.Under(s.Served()); under.Identity != before.Identity {
		t.Error("playlists that players follow change what they say")
	}
	rec.play(40)
	s = take(t, c)
	if newest := s.Under(len(s.Promises) - 1); newest.Identity != s.Identity || newestNumber(newest) != 1001 || len(s.Promises) != 2 {
		t.Errorf("the next segment belongs to %+v of %s", newest.Promise(), newest.Identity)
	}
	if old := s.Under(0); old.Identity != before.Identity || !old.Over {
		t.Errorf("the former playlist: %+v", old)
	}
	rec.end()
	take(t, c)
	c.forgetFormer(time.Now())
	if c.Snapshot().Former == "" {
		t.Error("the former identity is forgotten while its playlists are asked for")
	}
	if c.forgetFormer(time.Now().Add(time.Hour)); c.Snapshot().Former != "" {
		t.Error("the former identity is never forgotten")
	}
	closed(t, c)
	if now := m.load(dir).Snapshot(); now.Identity != s.Identity || now.Former != "" {
		t.Errorf("a start later: %+v", now)
	}
}

// TestMarkerCantBeWritten: the archive has its identity all the same, so that the
// controller answers; and it is marked as soon as that can be done.
func TestMarkerCantBeWritten(t *testing.T) {
	m, dir := newMachine(t), t.TempDir()
	refuses := true
	m.fault = func(op, path string) error {
		if refuses && strings.HasPrefix(filepath.Base(path), markPrefix) {
			return unix.EROFS
		}
		return nil
	}
	c := m.load(dir)
	s := c.Snapshot()
	if !isIdentity(s.Identity) || Marked(dir, "front", s.Identity) {
		t.Fatalf("%q, and the marker is there: %v", s.Identity, Marked(dir, "front", s.Identity))
	}
	record(t, dir, "front", noon).play(50)
	if s = take(t, c); len(s.Segments) == 0 {
		t.Fatal("nothing is archived")
	}
	if f, err := c.OpenMedia(s.First); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
	if err := c.run(c.remarking()); !errors.Is(err, unix.EROFS) || c.Snapshot().Identity != s.Identity {
		t.Errorf("%v, and the identity was %s and is %s", err, s.Identity, c.Snapshot().Identity)
	}
	refuses = false
	if err := c.run(c.remarking()); err != nil || !Marked(dir, "front", c.Snapshot().Identity) {
		t.Errorf("%v, and the marker is not there", err)
	}
}

// TestWitnessCantBeWritten: what can't be told of the newest proves nothing. The
// archive goes on, and each start makes another identity.
func TestWitnessCantBeWritten(t *testing.T) {
	m, dir := newMachine(t), t.TempDir()
	c := m.load(dir)
	identity := c.Snapshot().Identity
	m.fault = func(op, path string) error {
		if strings.HasPrefix(path, m.witness) {
			return unix.ENOSPC
		}
		return nil
	}
	c.witness.disk = disk{before: m.fault}
	record(t, dir, "front", noon).play(50).end()
	if s := take(t, c); len(s.Segments) == 0 || s.Identity != identity {
		t.Fatalf("%+v", s)
	}
	closed(t, c)
	for range 2 {
		now := m.load(dir).Snapshot().Identity
		if now == identity || !isIdentity(now) {
			t.Errorf("the identity was %s and is %s", identity, now)
		}
		identity = now
	}
}

// TestMarkerOfAnEndedCamera: of one of which nothing is left no marker is.
func TestMarkerOfAnEndedCamera(t *testing.T) {
	m, dir := newMachine(t), t.TempDir()
	c := m.load(dir)
	identity := c.Snapshot().Identity
	c.Ended = true
	if err := c.run(c.vanishing()); err != nil {
		t.Fatal(err)
	}
	if there, err := c.disk.marks(c.root); err != nil || len(there) > 0 || !c.Gone() {
		t.Errorf("%v, %v, gone: %v", there, err, c.Gone())
	}
	if s := m.load(dir).Snapshot(); s.Identity != identity {
		t.Errorf("when its name comes back it is %s and was %s", s.Identity, identity)
	}
}

// TestCheckMarker: a marker that is missing, or not alone, is found and mended, and the
// archive keeps its identity.
func TestCheckMarker(t *testing.T) {
	m, dir := newMachine(t), t.TempDir()
	c := m.load(dir)
	record(t, dir, "front", noon).play(50).end()
	identity := take(t, c).Identity
	closed(t, c)
	check := func() []Finding {
		t.Helper()
		found, err := Check(CheckOptions{MediaDir: dir, Camera: "front"})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := check(); len(found) > 0 {
		t.Fatalf("%v", found)
	}
	for name, spoil := range map[string]func() error{
		"missing":   func() error { return os.Remove(markPath(c.root, identity)) },
		"not alone": func() error { return os.WriteFile(markPath(c.root, "fedcba9876543210"), nil, 0o644) },
		"another": func() error {
			return os.Rename(markPath(c.root, identity), markPath(c.root, "fedcba9876543210"))
		},
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		found := check()
		if len(found) != 1 || !strings.Contains(found[0].What, "marker") {
			t.Errorf("%s: %v", name, found)
		}
		if err := Mend(t.Context(), dir, "front", found, slog.New(slog.DiscardHandler)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left := check(); len(left) > 0 {
			t.Errorf("%s: left are %v", name, left)
		}
	}
	if s := m.load(dir).Snapshot(); s.Identity != identity {
		t.Errorf("the identity was %s and is %s", identity, s.Identity)
	}
}
