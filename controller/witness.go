package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"lookback/controller/config"
)

// witnessDir makes the folder that bears witness of the archives of a media directory,
// outside of it and gone after the machine's next start at the latest: see
// archive.Options. It is beside the controller's socket, which in Docker is a volume
// in memory, or where the system wants such things. Where none of these can be used it
// is one of this life of the program, and each start makes other identities.
func witnessDir(cfg *config.Config, log *slog.Logger) string {
	media := cfg.MediaDir
	if path, err := filepath.Abs(media); err == nil {
		media = path
	}
	if real, err := filepath.EvalSymlinks(media); err == nil {
		media = real
	}
	of := sha256.Sum256([]byte(media))
	name := filepath.Join("lookback-witness-"+strconv.Itoa(os.Geteuid()), hex.EncodeToString(of[:8]))
	for _, dir := range runtimeDirs(cfg.Listen) {
		if makeOwn(dir, name, media) == nil {
			return filepath.Join(dir, name)
		}
	}
	dir, err := os.MkdirTemp("", "lookback-witness-")
	if err != nil {
		dir = filepath.Join(os.TempDir(), name) // archives complain of it and go on
	}
	log.Warn("no folder outlives this program and no copy of MEDIA_DIR: after each start browsers load anew what they had", "folder", dir,
		"accepted", "XDG_RUNTIME_DIR, a folder of this user")
	return dir
}

// runtimeDirs are where files of a running program belong, the best first.
func runtimeDirs(listen string) (dirs []string) {
	if socket, ok := strings.CutPrefix(listen, "unix:"); ok {
		dirs = append(dirs, filepath.Dir(socket))
	}
	dirs = append(dirs, filepath.SplitList(os.Getenv("RUNTIME_DIRECTORY"))...) // of systemd, see systemd.exec(5)
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		dirs = append(dirs, dir)
	}
	return append(dirs, os.TempDir())
}

// makeOwn makes a folder and one in it, for this user alone. It fails where the first
// is somebody else's, as it may be in /tmp, or lies in the media directory.
func makeOwn(dir, name, media string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	if real, err = filepath.Abs(real); err != nil {
		return err
	}
	if real == media || strings.HasPrefix(real, media+string(filepath.Separator)) {
		return fmt.Errorf("%s lies in the media directory", dir)
	}
	outer := filepath.Join(dir, filepath.Dir(name))
	if err := os.Mkdir(outer, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(outer)
	if err != nil {
		return err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || !ok || int(s.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not this user's folder", outer)
	}
	inner := filepath.Join(dir, name)
	if err := os.MkdirAll(inner, 0o700); err != nil {
		return err
	}
	probe, err := os.CreateTemp(inner, ".probe")
	if err != nil {
		return err
	}
	probe.Close()
	return os.Remove(probe.Name())
}
