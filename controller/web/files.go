package web

import (
	"net/http"
	"os"
	"path"
	"regexp"
)

// mediaShape is the files of a camera's folder that are for viewers.
var mediaShape = regexp.MustCompile(`^(init/\d{9,20}\.mp4|\d{4}-\d\d-\d\d/\d\d/(\d{9,20}\.m4s|index\.m3u8))$`)

// mediaFile serves the archive in stand-alone mode, as nginx does otherwise.
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

// viewerFile serves the page in stand-alone mode. Browsers ask each time
// whether a file is still the same, so that an upgrade arrives at once.
func (s *server) viewerFile(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path[1:]
	if name == "" {
		name = "index.html"
	}
	serveFile(w, r, s.ViewerDir, name, "", "no-cache")
}

// serveFile sends a regular file below dir, which neither dots nor links leave.
func serveFile(w http.ResponseWriter, r *http.Request, dir, name, contentType, cache string) {
	f, err := os.OpenInRoot(dir, name)
	if err != nil {
		notFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		notFound(w, r)
		return
	}
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.Header().Set("Cache-Control", cache)
	http.ServeContent(w, r, info.Name(), info.ModTime(), f)
}
