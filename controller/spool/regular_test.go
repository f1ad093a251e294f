package spool

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"lookback/e2e/rig"
)

// TestFIFOs: one in the place of any file of the spool is an error at once where it
// is read, and gives way where it is written.
func TestFIFOs(t *testing.T) {
	read := func(what func(dir string) error) func(string) error {
		return func(dir string) error {
			if err := what(dir); !errors.Is(err, ErrIrregular) {
				return errors.Join(errors.New("want ErrIrregular"), err)
			}
			return nil
		}
	}
	for name, does := range map[string]func(dir string) error{
		"run.json":          read(func(dir string) error { _, err := ReadRun(dir); return err }),
		"end.json":          read(func(dir string) error { _, err := ReadEnd(dir); return err }),
		"epoch-000001.json": read(func(dir string) error { _, err := PromisedAt(dir, Run{}, 1); return err }),
		"status.json": func(dir string) error {
			if _, err := ReadStatus(dir); !errors.Is(err, ErrIrregular) {
				return errors.Join(errors.New("want ErrIrregular"), err)
			}
			if err := WriteStatus(dir, Status{State: Recording}); err != nil {
				return err
			}
			_, err := ReadStatus(dir)
			return err
		},
		".status.json": func(dir string) error { return WriteStatus(dir, Status{State: Recording}) },
		"lease": func(dir string) error {
			NewLease(dir, time.Minute, 0).Over(time.Second)
			return RenewLease(dir)
		},
		"lock": func(dir string) error { _, err := Alive(dir); return err },
		"recorder.lock": func(dir string) error {
			lock, err := LockCamera(dir)
			if err == nil {
				err = lock.Close()
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rig.PutFIFO(t, filepath.Join(dir, name))
			rig.Returns(t, name, func() {
				if err := does(dir); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
