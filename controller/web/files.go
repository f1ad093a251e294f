package web

import (
	"bytes"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"lookback/controller/archive"
	"lookback/controller/viewer"
)

// mediaShape is the files of an archive that are for viewers.
var mediaShape = regexp.MustCompile(`^(init/\d{9,20}\.mp4|\d{4}-\d\d-\d\d/\d\d/(\d{9,20}\.m4s|index\.m3u8))$`)

// mediaFile serves the archive in stand-alone mode, as nginx does otherwise; and to
// nginx what that leaves to the controller: links, and files that it may not read.
func (s *server) mediaFile(w http.ResponseWriter, r *http.Request, c *camera) {
	name := r.PathValue("file")
	if !mediaShape.MatchString(name) {
		notFound(w, r)
		return
	}
	if path.Ext(name) == ".m3u8" {
		q, bad := parseQuery(r.URL.RawQuery)
		if bad = firstBad(bad, only(q, "an hour's playlist")); bad != nil {
			refuse(w, bad)
			return
		}
		// It grows until its hour is over.
		serveFile(w, r, s.MediaDir, path.Join(c.Name(), name), "application/vnd.apple.mpegurl", noStore)
		return
	}
	serveFile(w, r, s.MediaDir, path.Join(c.Name(), name), "video/mp4", immutable)
}

// viewerFile serves the page in stand-alone mode, as nginx does otherwise.
// Browsers ask each time whether index.html is still the same, and never for
// what it names, whose address tells the version.
func (s *server) viewerFile(w http.ResponseWriter, r *http.Request) {
	page, err := s.viewer.Page()
	if err != nil {
		s.Log.Error("the page can't be read; its viewer is told so", "error", err)
		fail(w, http.StatusInternalServerError, "unreadable", "The page can't be read from the disk. The controller's log tells why.")
		return
	}
	if r.URL.Path == "/" || r.URL.Path == "/"+viewer.Index {
		w.Header().Set("ETag", `"`+page.Version+`"`)
		w.Header().Set("Content-Security-Policy", page.Policy)
		serveBytes(w, r, viewer.Index, page.Index, "no-cache")
		return
	}
	name, _ := strings.CutPrefix(r.URL.Path, "/"+page.Prefix())
	content, ok := page.Files[name]
	if !ok {
		notFound(w, r)
		return
	}
	serveBytes(w, r, name, content, immutable)
}

// serveBytes sends a file of the page.
func serveBytes(w http.ResponseWriter, r *http.Request, name string, content []byte, cache string) {
	w.Header().Set("Cache-Control", cache)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// serveFile sends a file below the media directory.
func serveFile(w http.ResponseWriter, r *http.Request, mediaDir, name, contentType, cache string) {
	f, err := archive.OpenServed(mediaDir, name)
	if err != nil {
		notFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		notFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", cache)
	http.ServeContent(w, r, info.Name(), info.ModTime(), f)
}
