package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"

	"lookback/controller/spool"
)

// disk is every way in which the archive changes the file system, and reads it
// (diskread.go). Tests see each step coming, and let it fail or the program end
// right before it.
type disk struct {
	before func(op, path string) error // each change; nil but in tests
	reads  func(op, path string) error // each reading; nil but in tests
	media  string                      // below it nothing is done through foreign links; "": a path is as it is
}

func (d disk) step(op, path string) error {
	if d.before == nil {
		return nil
	}
	return d.before(op, path)
}

// replace puts a file in the place of what was there, whole or not at all. Its
// content is on disk on return, its name after the next syncDir or syncfs.
func (d disk) replace(path string, data []byte) error {
	if err := d.step("replace", path); err != nil {
		return err
	}
	if err := d.way(path); err != nil {
		return err
	}
	dir := renameio.WithTempDir(filepath.Dir(path))
	err := renameio.WriteFile(path, data, 0o644, dir)
	if errors.Is(err, fs.ErrNotExist) { // someone removed the folder
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		err = renameio.WriteFile(path, data, 0o644, dir)
	}
	return err
}

// copyOf is replace without waiting for the disk.
func (d disk) copyOf(path string, data []byte) error {
	if err := d.step("copy", path); err != nil {
		return err
	}
	if err := d.way(path); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	if err := spool.WriteRegular(temp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// syncDir makes the names in a folder durable.
func (d disk) syncDir(path string) error {
	if err := d.step("syncdir", path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// syncAll makes everything on path's file system durable.
func (d disk) syncAll(path string) error {
	if err := d.step("syncfs", path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}

// move renames a file into a folder, which is made when it is not there, and
// never over another file: fs.ErrExist. fs.ErrNotExist: from is not there.
func (d disk) move(from, to string) error {
	err := d.rename(from, to)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := d.step("mkdir", filepath.Dir(to)); err != nil {
		return err
	}
	if err := d.way(filepath.Dir(to)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return d.rename(from, to)
}

func (d disk) rename(from, to string) error {
	if err := d.step("rename", to); err != nil {
		return err
	}
	there, was, err := d.folderOf(from, false)
	if err != nil {
		return err
	}
	defer unix.Close(there)
	at, base, err := d.folderOf(to, false)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	err = unix.Renameat2(there, was, at, base, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // a file system without it, such as NFS
		if _, err := os.Lstat(to); err == nil {
			return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
		}
		return os.Rename(from, to)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// link makes a symbolic link in a folder, which is made when it is not there.
func (d disk) link(to, path string) error {
	if err := d.step("link", path); err != nil {
		return err
	}
	if err := d.way(path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.Symlink(to, path)
}

func (d disk) truncate(path string, size int64) error {
	if err := d.step("truncate", path); err != nil {
		return err
	}
	f, err := d.openRegular(path, unix.O_WRONLY)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Close())
}

// append adds data to the end of a file with one write. What a failed write
// left of it is taken away again. fs.ErrNotExist: there is no such file.
func (d disk) append(path string, data []byte) error {
	if err := d.step("append", path); err != nil {
		return err
	}
	f, err := d.openRegular(path, unix.O_WRONLY|unix.O_APPEND)
	if err != nil {
		return err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Truncate(stat.Size()))
	}
	return nil
}

// remove deletes a file, never a folder; one that is not there is no error.
func (d disk) remove(path string) error {
	if err := d.step("remove", path); err != nil {
		return err
	}
	if err := d.unlink(path, 0); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeEmpty deletes folders, inner one first, as long as nothing is in them.
func (d disk) removeEmpty(dirs ...string) {
	for _, dir := range dirs {
		if d.step("rmdir", dir) != nil || d.unlink(dir, unix.AT_REMOVEDIR) != nil {
			return
		}
	}
}

func (d disk) removeAll(path string) error {
	if err := d.step("removeall", path); err != nil {
		return err
	}
	if err := d.way(path); err != nil {
		return err
	}
	return os.RemoveAll(path)
}

// diskMost is how many bytes an ordinary user could have free on the file system that
// holds path, if nothing were on it. 0: the file system does not say.
func diskMost(path string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return (int64(s.Blocks) - (int64(s.Bfree) - int64(s.Bavail))) * s.Bsize, nil
}

// DiskFree is how many bytes an ordinary user may still write to the file
// system that holds path. The error is statfs(2)'s.
func DiskFree(path string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil
}
