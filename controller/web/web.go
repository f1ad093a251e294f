// Package web turns playlists into HTTP: blocking playlists, parts, the API
// and, in stand-alone mode, the files that nginx sends otherwise.
//
// Requests are held for up to three target durations, so the server that runs
// the handler must not have a shorter write timeout.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lookback/controller/archive"
	"lookback/controller/health"
	"lookback/controller/viewer"
)

// Camera is what is served of a camera.
type Camera interface {
	Name() string
	Title() string // for people
	// TimeZone is where it stands, by the IANA database, "" when nobody has said so.
	TimeZone() string
	Source() string // its address without credentials, "" when it is not known any more
	// Snapshot is the newest state.
	Snapshot() *archive.Snapshot
	// OpenMedia opens a segment's file wherever it lies, growing or complete.
	// fs.ErrNotExist when it is gone.
	OpenMedia(msn uint64) (*os.File, error)
	// OpenInit opens the init section of the run that begins with an MSN.
	// fs.ErrNotExist when it is gone.
	OpenInit(firstMSN uint64) (*os.File, error)
	// Bytes is the archive's size on disk.
	Bytes() int64
	// Forecast tells how much history will fit, zero while nobody knows.
	Forecast() archive.Forecast
	// Report is its health, without credentials.
	Report(now time.Time) health.Report
	// Life ends when the camera is gone, with its history.
	Life() context.Context
}

// Metrics learns of every playlist that was asked for. status is that of the
// answer, held how long it waited for a new part.
type Metrics interface {
	Playlist(camera, variant string, status int, held time.Duration)
}

// Options are what the handler needs. Cameras, Find and Log must be set.
type Options struct {
	Cameras func() []Camera                  // those of now, in the order in which they are shown
	Find    func(name string) (Camera, bool) // one of them
	Log     *slog.Logger
	Metrics Metrics          // may be nil
	Alive   func() error     // for /healthz: why the program is not well; nil: always well
	Now     func() time.Time // nil: time.Now
	// AllowedHosts are names under which the page is reached besides the local
	// ones, without port; "*" is all.
	AllowedHosts []string
	// CORSOrigins are the origins whose pages may read what is served here; "*" is all.
	CORSOrigins []string
	// ViewerDir, when set, makes the handler serve the page: stand-alone mode.
	ViewerDir string
	// MediaDir, when set, makes it serve the archive's files.
	MediaDir string
	// PartsDir, when set, has a folder for each camera into which its newest
	// parts are put while many look, and its last playlist at the end, for nginx.
	PartsDir string
}

type server struct {
	Options
	viewer *viewer.Served

	lanes   atomic.Int32 // how many play frame by frame
	mu      sync.Mutex
	cameras map[string]*camera // those of the beginning, and who has been asked for since
}

// Handler answers all the controller's URLs but those of the metrics.
type Handler struct {
	http.Handler
	server *server
}

// New makes the handler.
func New(o Options) *Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Alive == nil {
		o.Alive = func() error { return nil }
	}
	if o.Metrics == nil {
		o.Metrics = noMetrics{}
	}
	s := &server{Options: o, cameras: map[string]*camera{}, viewer: viewer.Serve(o.ViewerDir)}
	for _, c := range o.Cameras() {
		s.known(c)
	}
	return &Handler{s.guard(s.routes()), s}
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hls/{camera}/index.m3u8", s.camera(s.index))
	mux.HandleFunc("GET /hls/{camera}/live.m3u8", s.camera(s.live))
	mux.HandleFunc("GET /hls/{camera}/window.m3u8", s.camera(s.window))
	mux.HandleFunc("GET /hls/{camera}/live.mp4", s.camera(s.lane))
	mux.HandleFunc("GET /hls/{camera}/{archive}/parts/{part}", s.camera(s.ofArchive(s.part)))
	mux.HandleFunc("GET /hls/{camera}/{archive}/pictures/{picture}", s.camera(s.ofArchive(s.picture)))
	mux.HandleFunc("GET /api/cameras", s.apiCameras)
	mux.HandleFunc("GET /api/cameras/{camera}", s.camera(s.apiCamera))
	mux.HandleFunc("GET /api/cameras/{camera}/timeline", s.camera(s.apiTimeline))
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	if s.MediaDir != "" {
		mux.HandleFunc("GET /hls/{camera}/{archive}/{file...}", s.camera(s.ofArchive(s.mediaFile)))
		mux.HandleFunc("GET /hls/{camera}", notFound) // or ServeMux would add a slash
		mux.HandleFunc("GET /hls/{camera}/{archive}", notFound)
	}
	if s.ViewerDir != "" {
		mux.HandleFunc("GET /", s.viewerFile)
	} else {
		mux.HandleFunc("GET /", notFound)
	}
	return mux
}

// Frequent reports whether each viewer asks for a path, or for its like, with each part.
func Frequent(path string) bool {
	rest, ok := strings.CutPrefix(path, "/hls/")
	_, name, _ := strings.Cut(rest, "/")
	_, media, _ := strings.Cut(name, "/")
	return ok && (name == "live.m3u8" || name == "window.m3u8" || strings.HasPrefix(media, "parts/"))
}

// camera finds the camera that the URL names.
func (s *server) camera(serve func(http.ResponseWriter, *http.Request, *camera)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found, ok := s.Find(r.PathValue("camera"))
		if !ok {
			noCamera(w)
			return
		}
		serve(w, r, s.known(found))
	}
}

// ofArchive lets through what names the camera's archive of now by its identity. Under
// another one the same numbers mean other bytes.
func (s *server) ofArchive(serve func(http.ResponseWriter, *http.Request, *camera)) func(http.ResponseWriter, *http.Request, *camera) {
	return func(w http.ResponseWriter, r *http.Request, c *camera) {
		if !s.identified(c, r.PathValue("archive")) {
			fail(w, http.StatusNotFound, "no-archive", "The camera has no archive of that identity, or has it no more. Playlists and /api/cameras name the addresses of now.")
			return
		}
		serve(w, r, c)
	}
}

// identified reports whether an identity is that of the camera's archive. Of one that
// is not loaded the marker in its folder tells, as to nginx.
func (s *server) identified(c *camera, identity string) bool {
	snap := c.Snapshot()
	if snap.Identity == "" {
		return s.MediaDir != "" && archive.Marked(s.MediaDir, c.Name(), identity)
	}
	return identity == snap.Identity || identity == snap.Former && identity != ""
}

func noCamera(w http.ResponseWriter) {
	fail(w, http.StatusNotFound, "no-camera", "There is no camera of that name. /api/cameras lists them.")
}

// known is a camera with what was rendered of it.
func (s *server) known(found Camera) *camera {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cameras[found.Name()]
	if c == nil || c.Camera != found {
		c = newCamera(found, newPartFiles(s.PartsDir, found.Name(), s.Log))
		c.lane = s.newLane(found.Name())
		s.cameras[found.Name()] = c
		context.AfterFunc(found.Life(), func() { s.forget(c) })
	}
	return c
}

// forget lets go of what was rendered of a camera that is gone.
func (s *server) forget(c *camera) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cameras[c.Name()] == c {
		delete(s.cameras, c.Name())
		c.files.remove()
	}
}

type noMetrics struct{}

func (noMetrics) Playlist(string, string, int, time.Duration) {}
