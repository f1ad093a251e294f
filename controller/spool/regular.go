package spool

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ErrIrregular says that something lies where a file is expected and is none: a
// folder, a FIFO, a socket, a device, a link to nothing.
var ErrIrregular = errors.New("not a regular file")

// ErrTooLarge says that a file is longer than anything of ours would be.
var ErrTooLarge = errors.New("the file is too large to be one of ours")

// SmallFile bounds, in bytes, what is read of a file that describes something.
const SmallFile = 1 << 20

// OpenRegular opens a file for reading. What is not a regular file is not
// opened, which could wait for ever, and no link is followed, which could lead
// anywhere: ErrIrregular.
func OpenRegular(path string) (*os.File, error) {
	stat, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !stat.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ELOOP) { // it was replaced meanwhile
		err = &fs.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	if err != nil {
		return nil, err
	}
	if stat, err = f.Stat(); err == nil && !stat.Mode().IsRegular() { // so it was
		err = &fs.PathError{Op: "open", Path: path, Err: ErrIrregular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadRegular reads a file of at most limit bytes: ErrIrregular, ErrTooLarge.
func ReadRegular(path string, limit int64) ([]byte, error) {
	f, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f, limit)
}

// ReadAll reads the rest of a file of at most limit bytes: ErrTooLarge.
func ReadAll(f *os.File, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = &fs.PathError{Op: "read", Path: f.Name(), Err: ErrTooLarge}
	}
	return data, err
}

// WriteRegular is os.WriteFile for a file whose name is ours alone: what lies
// there and is not a regular file is removed.
func WriteRegular(path string, data []byte, mode os.FileMode) error {
	if err := clearWay(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NONBLOCK|unix.O_NOFOLLOW, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// clearWay removes what is neither a regular file nor a folder that holds something.
func clearWay(path string) error {
	stat, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case stat.Mode().IsRegular():
		return nil
	}
	return os.Remove(path)
}
