package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPromisedChangesInsideARun(t *testing.T) {
	camera := t.TempDir()
	first := Run{ID: NewRunID(time.Unix(1, 0)), Constants: Constants{100_000, 2_000_000, true}, Promise: 3, Requested: &Requested{100_000, 2_000_000}}
	dir, lock, err := Create(camera, first, []byte("init"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	for seq, p := range map[int]Promised{7: {4, Constants{100_000, 12_000_000, false}, first.Requested}, 30: {5, Constants{100_000, 2_000_000, true}, first.Requested}} {
		if err := WritePromised(dir, seq, p); err != nil {
			t.Fatal(err)
		}
	}
	for seq, want := range map[int]uint64{0: 3, 6: 3, 7: 4, 29: 4, 30: 5, 1000: 5} {
		if p, err := PromisedAt(dir, first, seq); err != nil || p.Number != want || p.Requested == nil {
			t.Errorf("segment %d: %+v, %v, want promise %d", seq, p, err, want)
		}
	}
	if _, err := ReadPromised(dir, 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing changes at segment 8, but: %v", err)
	}
	if p, err := HighestPromise(camera); err != nil || p.Number != 5 || !p.Constants.Independent {
		t.Errorf("highest %+v, %v", p, err)
	}
	// One that can't be read leaves what was in force before it.
	if err := os.WriteFile(filepath.Join(dir, promisedName(30)), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if p, err := PromisedAt(dir, first, 31); err == nil || p.Number != 4 {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := HighestPromise(camera); err == nil || p.Number != 4 {
		t.Errorf("highest %+v, %v", p, err)
	}
}

func TestNoPromiseWithoutARun(t *testing.T) {
	if p, err := HighestPromise(filepath.Join(t.TempDir(), "nowhere")); p != nil || err != nil {
		t.Errorf("%+v, %v", p, err)
	}
	run := Run{Constants: Constants{PartTarget: 1}}
	if p, err := PromisedAt(filepath.Join(t.TempDir(), "gone"), run, 3); err != nil || p != run.Promised() {
		t.Errorf("%+v, %v", p, err)
	}
}
