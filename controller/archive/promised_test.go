package archive

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"lookback/controller/spool"
)

var requested = &spool.Requested{Part: 200_000, Segment: 2_000_000}

// constantsOf are testConstants with another target duration, seconds.
func constantsOf(target int64, independent bool) spool.Constants {
	k := testConstants
	k.TargetDuration, k.Independent = target*1_000_000, independent
	return k
}

func list(t *testing.T, c *Archive) {
	t.Helper()
	if err := c.run(c.listing()); err != nil {
		t.Fatal(err)
	}
}

// changing is an archive with three promises: two in one run, the third in another.
func changing(t *testing.T, dir string) *Archive {
	t.Helper()
	c := load(t, dir, time.Hour)
	r := recordUnder(t, dir, "front", noon, spool.Promised{Number: 4, Constants: testConstants, Requested: requested}).play(45) // 0 to 2
	take(t, c)
	list(t, c)
	r.promise(spool.Promised{Number: 5, Constants: constantsOf(12, false), Requested: requested}).play(50) // on from 3 to 4
	take(t, c)
	list(t, c)
	r.end()
	take(t, c)
	recordUnder(t, dir, "front", noon.Add(time.Minute), spool.Promised{Number: 6, Constants: constantsOf(3, true), Requested: requested}).play(45).end() // 5 to 7
	take(t, c)
	return c
}

// numbers are the promises of a snapshot as 4@0 5@3.
func numbers(all []Promise) string {
	var b bytes.Buffer
	for _, p := range all {
		json.NewEncoder(&b).Encode([]any{p.Number, p.FirstMSN, p.Constants.TargetDuration / 1e6, p.Window.TargetDuration / 1e6, p.Window.Independent})
	}
	return strings.ReplaceAll(strings.TrimSpace(b.String()), "\n", " ")
}

const threePromises = "[4,0,2,2,true] [5,3,12,12,false] [6,5,3,12,false]"

func TestPromisesSurviveAnything(t *testing.T) {
	dir := t.TempDir()
	c := changing(t, dir)
	if got := numbers(c.Snapshot().Promises); got != threePromises {
		t.Fatalf("promises %s, want %s", got, threePromises)
	}
	s := c.Snapshot()
	if o := s.Segments[3]; o.Flags&Discontinuity != 0 || s.Segments[5].Flags&Discontinuity == 0 {
		t.Errorf("a discontinuity inside the run, or none where another begins: %+v", s.Segments)
	}
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "front")
	remove := func(path string) func() {
		return func() {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, x := range []struct {
		name   string
		damage func()
		want   string
	}{
		{"nothing", func() {}, threePromises},
		{"without state.json", remove(statePath(root)), threePromises},
		{"without its copy", remove(stateCopyPath(dir, "front")), threePromises},
		{"without the newest record", remove(recordPath(root, 5)), threePromises},
		{"without the oldest record", remove(recordPath(root, 0)), ""},
	} {
		x.damage()
		if p, err := ReadPromise(dir, "front"); err != nil || p == nil || p.Number != 6 || p.Constants != constantsOf(3, true) || *p.Requested != *requested {
			t.Errorf("%s: a recorder reads %+v, %v", x.name, p, err)
		}
		got := load(t, dir, time.Hour).Snapshot().Promises
		if numbers(got) != x.want && x.want != "" || got[len(got)-1].Number != 6 {
			t.Errorf("%s: %s, want %s", x.name, numbers(got), x.want)
		}
	}
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if got := load(t, dir, time.Hour).Promise(); got == nil || got.Number != 6 {
		t.Errorf("after the archive was emptied: %+v", got)
	}
}

// state.json names the newest promise's constants where earlier versions look.
func TestStateNamesTheNewestPromise(t *testing.T) {
	dir := t.TempDir()
	changing(t, dir)
	data, err := os.ReadFile(statePath(filepath.Join(dir, "front")))
	if err != nil {
		t.Fatal(err)
	}
	var before struct {
		Format    int
		Constants spool.Constants
	}
	if err := json.Unmarshal(data, &before); err != nil || before.Format != 1 || before.Constants != constantsOf(3, true) {
		t.Errorf("%+v, %v of %s", before, err, data)
	}
}

// A recorder of the version before goes on under the promise of which it was
// told the constants, and so does an archive of that version.
func TestRecorderOfTheVersionBefore(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	record(t, dir, "front", noon).play(25).end()
	if got := numbers(take(t, c).Promises); got != "[0,0,2,2,true]" {
		t.Errorf("the first promise is %s", got)
	}
	recordUnder(t, dir, "front", noon.Add(time.Minute), spool.Promised{Number: 3, Constants: constantsOf(3, true), Requested: requested}).play(25).end()
	take(t, c)
	known, err := ReadPromise(dir, "front")
	if err != nil {
		t.Fatal(err)
	}
	recordUnder(t, dir, "front", noon.Add(2*time.Minute), spool.Promised{Constants: known.Constants}).play(25).end()
	if got := numbers(take(t, c).Promises); got != "[0,0,2,2,true] [3,2,3,3,true]" {
		t.Errorf("a recorder without numbers made %s", got)
	}
	if known, _ = ReadPromise(dir, "front"); known.Number != 3 || known.Requested == nil {
		t.Errorf("after it a recorder reads %+v", known)
	}
	// What an archive of the version before leaves of all that.
	for _, path := range []string{statePath(filepath.Join(dir, "front")), stateCopyPath(dir, "front"), recordPath(filepath.Join(dir, "front"), 4)} {
		var fields map[string]json.RawMessage
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, &fields)
		}
		if err != nil {
			t.Fatal(err)
		}
		delete(fields, "promise")
		delete(fields, "promises")
		delete(fields, "wished")
		data, _ = json.Marshal(fields)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := numbers(load(t, dir, time.Hour).Snapshot().Promises); got != "[0,0,2,2,true] [3,2,3,3,true]" {
		t.Errorf("after an archive of the version before: %s", got)
	}
}

// head is the header of the hour playlist, and whether it has a type.
func head(t *testing.T, dir string) (spool.Constants, bool) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "front", "2026-11-22/12", hourName))
	if err != nil {
		t.Fatal(err)
	}
	var l hourList
	if parseHour(data, &l); l.valid != len(data) {
		t.Fatalf("%s", data)
	}
	return l.head, l.typed
}

// The header of an hour holds for its entries, whatever is promised by now.
func TestHourPlaylistsPromiseWhatTheyKeep(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	r := recordUnder(t, dir, "front", noon, spool.Promised{Number: 1, Constants: testConstants}).play(45)
	take(t, c)
	list(t, c)
	if k, typed := head(t, dir); k.TargetDuration != 2_000_000 || !k.Independent || !typed {
		t.Errorf("at first: %+v, typed %v", k, typed)
	}
	r.promise(spool.Promised{Number: 2, Constants: constantsOf(2, true)}).play(20).
		promise(spool.Promised{Number: 3, Constants: constantsOf(12, false)}).play(40)
	take(t, c)
	list(t, c)
	if k, typed := head(t, dir); k.TargetDuration != 12_000_000 || k.Independent || typed {
		t.Errorf("once a longer target duration began: %+v, typed %v", k, typed)
	}
	r.end()
	recordUnder(t, dir, "front", noon.Add(time.Hour), spool.Promised{Number: 4, Constants: testConstants}).play(45).end()
	take(t, c)
	list(t, c)
	if k, _ := head(t, dir); k.TargetDuration != 12_000_000 || k.Independent {
		t.Errorf("of the hour that is over: %+v", k)
	}
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	if found := findings(t, dir); len(found) > 0 {
		t.Errorf("%v", found)
	}
	// As if it had always been today's constants.
	path := filepath.Join(dir, "front", "2026-11-22/12", hourName)
	edit("front/2026-11-22/12/"+hourName, func(b []byte) []byte {
		return bytes.Replace(b, []byte("DURATION:12"), []byte("DURATION:2"), 1)
	})(t, dir)
	found := findings(t, dir)
	if len(found) != 1 || !strings.Contains(found[0].What, "promises more than its segments keep: a target duration of 2 s") {
		t.Errorf("%v of %s", found, path)
	}
	load(t, dir, time.Hour)
	if k, _ := head(t, dir); k.TargetDuration != 12_000_000 {
		t.Errorf("after a start: %+v", k)
	}
}

// A longer target duration that begins with a restart, in an hour that is open, takes
// the type away too: who reads the playlist may have read the header before.
func TestHourPlaylistsWidenOverAStart(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	recordUnder(t, dir, "front", noon, spool.Promised{Number: 1, Constants: testConstants}).play(45).end()
	take(t, c)
	list(t, c)
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	if k, typed := head(t, dir); k.TargetDuration != 2_000_000 || !typed {
		t.Errorf("at first: %+v, typed %v", k, typed)
	}
	c = load(t, dir, time.Hour)
	recordUnder(t, dir, "front", noon.Add(time.Minute), spool.Promised{Number: 2, Constants: testConstants}).play(45).end()
	take(t, c)
	list(t, c)
	if k, typed := head(t, dir); k.TargetDuration != 2_000_000 || !typed {
		t.Errorf("over a start with the same header: %+v, typed %v", k, typed)
	}
	c = load(t, dir, time.Hour)
	recordUnder(t, dir, "front", noon.Add(2*time.Minute), spool.Promised{Number: 3, Constants: constantsOf(12, false)}).play(65).end()
	take(t, c)
	list(t, c)
	if k, typed := head(t, dir); k.TargetDuration != 12_000_000 || k.Independent || typed {
		t.Errorf("over a start with a longer one: %+v, typed %v", k, typed)
	}
	if found := findings(t, dir); len(found) > 0 {
		t.Errorf("%v", found)
	}
}

// What somebody removed of the run under way is written again with all it says.
func TestRestoredRunKnowsItsPromises(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	r := recordUnder(t, dir, "front", noon, spool.Promised{Number: 1, Constants: testConstants, Requested: requested}).play(25)
	take(t, c)
	r.promise(spool.Promised{Number: 2, Constants: constantsOf(12, false), Requested: requested}).play(50)
	take(t, c)
	root := filepath.Join(dir, "front")
	before, err := os.ReadFile(recordPath(root, 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(recordPath(root, 0)); err != nil {
		t.Fatal(err)
	}
	if err := c.run(c.counting()); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(recordPath(root, 0))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("was %s and is %s, %v", before, after, err)
	}
	var restored runRecord
	if err := json.Unmarshal(after, &restored); err != nil || !reflect.DeepEqual(restored.Promises, c.Snapshot().Promises) {
		t.Errorf("it knows %+v, %v", restored.Promises, err)
	}
}

// What a recorder tells of a promise and can't be read leaves the one before.
func TestDamagedPromiseInTheSpool(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	r := recordUnder(t, dir, "front", noon, spool.Promised{Number: 1, Constants: testConstants}).play(25)
	r.promise(spool.Promised{Number: 2, Constants: constantsOf(12, false)})
	if err := os.WriteFile(filepath.Join(r.dir, "epoch-000002.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	r.play(40).end()
	if s := take(t, c); numbers(s.Promises) != "[1,0,2,2,true]" || len(s.Segments) != 4 {
		t.Errorf("%s, %d segments", numbers(s.Promises), len(s.Segments))
	}
}
