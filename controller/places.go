package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"lookback/controller/config"
	"lookback/controller/viewer"
	"lookback/controller/web"
)

// checkPlaces looks at the folders that the settings name before anything is done in
// them. The error is a *config.Error.
func checkPlaces(cfg *config.Config) error {
	if cfg.ViewerDir != "" {
		if _, err := viewer.Read(cfg.ViewerDir); err != nil {
			return &config.Error{Setting: "VIEWER_DIR", Value: cfg.ViewerDir,
				Accepted: fmt.Sprintf("a folder with the page's files, as the folder viewer of the source has them (%v)", err)}
		}
	}
	if cfg.PartsDir == "" {
		return nil
	}
	refuse := func(accepted string) error {
		return &config.Error{Setting: "PARTS_DIR", Value: cfg.PartsDir, Accepted: "a folder in memory that holds nothing else, such as /dev/shm/lookback-parts; " + accepted}
	}
	if parts, media := realPath(cfg.PartsDir), realPath(cfg.MediaDir); within(parts, media) || within(media, parts) {
		return refuse(fmt.Sprintf("it and MEDIA_DIR (%s) may not lie in each other", cfg.MediaDir))
	}
	if foreign := (*web.ForeignError)(nil); errors.As(web.ForeignIn(cfg.PartsDir), &foreign) {
		return refuse(foreign.Error())
	}
	return nil
}

// realPath is an absolute path without links, as far as it is there.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	for there, rest := path, ""; ; there, rest = filepath.Dir(there), filepath.Join(filepath.Base(there), rest) {
		if real, err := filepath.EvalSymlinks(there); err == nil {
			return filepath.Join(real, rest)
		}
		if there == filepath.Dir(there) {
			return path
		}
	}
}

// within reports whether a path is another one or lies below it.
func within(path, of string) bool {
	rel, err := filepath.Rel(of, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
