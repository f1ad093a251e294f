package web

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"lookback/controller/archive"
	"lookback/controller/health"
	"lookback/controller/playlist"
	"lookback/controller/spool"
)

// stamp is a time as the API writes it: UTC with milliseconds.
type stamp time.Time

func micros(us int64) stamp { return stamp(time.UnixMicro(us)) }

func (t stamp) String() string { return time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z") }

func (t stamp) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// seconds are microseconds as the API writes them.
func seconds(us int64) float64 { return float64(us) / 1e6 }

type cameraJSON struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// TimeZone is null when nobody has said where the camera stands.
	TimeZone *string        `json:"time_zone"`
	State    string         `json:"state"`
	Since    stamp          `json:"since"`
	Reason   *health.Reason `json:"reason"`
	Health   []linkJSON     `json:"health"`
	Source   string         `json:"source"`
	Plan     string         `json:"plan"`
	// PlanReasons say why it is treated so, a sentence each.
	PlanReasons []string    `json:"plan_reasons"`
	Window      *windowJSON `json:"window"`
	Live        *liveJSON   `json:"live"`
	Video       *videoJSON  `json:"video"`
	URLs        urlsJSON    `json:"urls"`
	// Picture is the newest still, or that of the instant which was asked for.
	Picture *pictureJSON `json:"picture"`
	// Forecast is null while nothing is known.
	Forecast *forecastJSON `json:"forecast"`
}

// forecastJSON is how much history will fit at the present rate.
type forecastJSON struct {
	BytesPerHour int64   `json:"bytes_per_hour"`
	HoursFit     float64 `json:"hours_fit"`
	BoundBy      string  `json:"bound_by"` // the setting that ends it
	Sentence     string  `json:"sentence"`
}

func describeForecast(f archive.Forecast) *forecastJSON {
	if f.BytesPerHour == 0 {
		return nil
	}
	return &forecastJSON{f.BytesPerHour, f.Fits.Hours(), f.Bound, f.String()}
}

// linkJSON is one link between camera and picture, see health.Link.
type linkJSON struct {
	Code      string         `json:"code"`
	Title     string         `json:"title"`
	State     string         `json:"state"`
	Since     stamp          `json:"since"`
	Severity  string         `json:"severity"`
	DependsOn []string       `json:"depends_on"`
	Patience  float64        `json:"patience_seconds"`
	Reported  bool           `json:"reported"`
	Reason    *health.Reason `json:"reason"`
}

func describeHealth(links []health.Link) []linkJSON {
	out := make([]linkJSON, len(links))
	for i, l := range links {
		out[i] = linkJSON{l.Code, l.Title, l.State, stamp(l.Since), l.Severity, append([]string{}, l.DependsOn...),
			l.Patience.Seconds(), l.Reported, l.Reason}
	}
	return out
}

type windowJSON struct {
	Start        stamp   `json:"start"`
	End          stamp   `json:"end"`
	Seconds      float64 `json:"seconds"` // of media, gaps not counted
	Bytes        int64   `json:"bytes"`
	BytesPerHour int64   `json:"bytes_per_hour"` // as of late
}

type liveJSON struct {
	Edge           stamp   `json:"edge"`
	EdgeAge        float64 `json:"edge_age_seconds"`
	PartTarget     float64 `json:"part_target_seconds"`
	TargetDuration float64 `json:"target_duration_seconds"`
	Segment        float64 `json:"segment_seconds"`
	Epoch          uint64  `json:"epoch"` // number of the promise that the playlists in urls are of
}

type videoJSON struct {
	Codecs    string  `json:"codecs"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	FrameRate float64 `json:"frame_rate"`
}

type urlsJSON struct {
	Index  string `json:"index"`
	Live   string `json:"live"`
	Window string `json:"window"`
}

// pictureJSON is a key frame as an MP4 of its own, see picture.
type pictureJSON struct {
	At  stamp  `json:"at"`
	URL string `json:"url"`
}

// describePicture is the still of an instant, of the newest picture when at is 0.
func describePicture(snap *archive.Snapshot, camera string, at int64) *pictureJSON {
	var p playlist.Picture
	var ok bool
	if at == 0 {
		p, ok = playlist.NewestPicture(snap)
	} else {
		p, ok = playlist.PictureAt(snap, at)
	}
	if !ok {
		return nil
	}
	return &pictureJSON{micros(p.At), pictureURL(camera, snap.Identity, p.MSN)}
}

// parsePictureTime reads of which instant pictures are wanted; 0: the newest.
func parsePictureTime(raw string) (at int64, bad *badQuery) {
	q, bad := parseQuery(raw)
	if bad != nil {
		return 0, bad
	}
	at, _, bad = instant(q, "at")
	return at, bad
}

// describe is a camera at now, with a still of the instant at (0: the newest),
// and the last lines of its ffmpeg. Of an ended one only the history is told.
func (s *server) describe(c *camera, now time.Time, at int64) (cameraJSON, []string) {
	v := c.view()
	snap := v.snap
	report := c.Report(now)
	out := cameraJSON{Name: c.Name(), Title: cmp.Or(c.Title(), c.Name()), State: report.State, Since: stamp(report.Since), Reason: report.Reason,
		Health: describeHealth(report.Links), Source: c.Source(), Plan: report.Status.Plan, PlanReasons: append([]string{}, report.Status.PlanReasons...),
		URLs: describeURLs(c.Name(), v), Picture: describePicture(snap, c.Name(), at)}
	if run, ok := playlist.NewestRun(snap); ok {
		rate := run.FrameRate // when the run began
		if now := report.Status; now.State == spool.Recording && now.FrameRate > 0 {
			rate = now.FrameRate
		}
		out.Video = &videoJSON{run.Codecs, run.Width, run.Height, rate}
		out.Window = describeWindow(snap, c.Bytes())
	}
	if zone := c.TimeZone(); zone != "" {
		out.TimeZone = &zone
	}
	if report.State != health.HasEnded {
		out.Live = describeLive(v, now)
		out.Forecast = describeForecast(c.Forecast())
	}
	return out, report.Status.Log
}

// describeURLs names the playlists with the number of their promise, once there is one.
func describeURLs(camera string, v *view) urlsJSON {
	base, query := "hls/"+camera+"/", ""
	if len(v.snap.Promises) > 0 {
		query = "?epoch=" + utoa(v.now.snap.Promise().Number)
	}
	return urlsJSON{base + "index.m3u8", base + "live.m3u8" + query, base + "window.m3u8" + query}
}

func describeLive(v *view, now time.Time) *liveJSON {
	if v.snap.Empty() {
		return nil
	}
	edge, p := v.snap.Edge(), v.now.snap.Promise()
	return &liveJSON{micros(edge), seconds(now.UnixMicro() - edge), seconds(p.Constants.PartTarget),
		seconds(p.Constants.TargetDuration), seconds(v.snap.Nominal), p.Number}
}

func describeWindow(s *archive.Snapshot, bytes int64) *windowJSON {
	_, average := playlist.Bandwidth(s)
	w := &windowJSON{End: micros(s.Edge()), Seconds: seconds(playlist.Length(s)), Bytes: bytes, BytesPerHour: average * 3600 / 8}
	w.Start = micros(playlist.Start(s))
	return w
}

func (s *server) apiCameras(w http.ResponseWriter, r *http.Request) {
	at, bad := parsePictureTime(r.URL.RawQuery)
	if bad != nil {
		refuse(w, bad)
		return
	}
	now := s.Now()
	out := struct {
		Now     stamp        `json:"now"`
		Cameras []cameraJSON `json:"cameras"`
	}{stamp(now), []cameraJSON{}}
	for _, c := range s.Cameras() {
		d, _ := s.describe(s.known(c), now, at)
		out.Cameras = append(out.Cameras, d)
	}
	answer(w, http.StatusOK, out)
}

func (s *server) apiCamera(w http.ResponseWriter, r *http.Request, c *camera) {
	at, bad := parsePictureTime(r.URL.RawQuery)
	if bad != nil {
		refuse(w, bad)
		return
	}
	now := s.Now()
	d, log := s.describe(c, now, at)
	if log == nil {
		log = []string{}
	}
	answer(w, http.StatusOK, struct {
		cameraJSON
		Now stamp    `json:"now"`
		Log []string `json:"log"`
	}{d, stamp(now), log})
}

// mostPoints bounds a timeline to what a screen can show.
const mostPoints = 20000

func (s *server) apiTimeline(w http.ResponseWriter, r *http.Request, c *camera) {
	snap := c.view().snap
	from, to, points, bad := parseTimeline(r.URL.RawQuery, snap)
	if bad != nil {
		refuse(w, bad)
		return
	}
	grain := (to - from) / points
	out := timelineJSON{micros(from), micros(to), []spanJSON{}, []flawJSON{}}
	for _, sp := range playlist.Spans(snap, from, to, grain) {
		out.Spans = append(out.Spans, spanJSON{micros(sp.Start), micros(sp.End)})
	}
	for _, f := range playlist.Flaws(snap, from, to, grain) {
		out.Flaws = append(out.Flaws, flawJSON{spanJSON{micros(f.Start), micros(f.End)}, f.Kind.String()})
	}
	answer(w, http.StatusOK, out)
}

type timelineJSON struct {
	From  stamp      `json:"from"`
	To    stamp      `json:"to"`
	Spans []spanJSON `json:"spans"`
	Flaws []flawJSON `json:"flaws"`
}

type spanJSON struct {
	Start stamp `json:"start"`
	End   stamp `json:"end"`
}

// flawJSON is a time in which the picture was not what the camera saw.
type flawJSON struct {
	spanJSON
	Kind string `json:"kind"`
}

// parseTimeline reads what to draw; by default the whole window in 1000 points.
func parseTimeline(raw string, snap *archive.Snapshot) (from, to, points int64, bad *badQuery) {
	q, bad := parseQuery(raw)
	if bad != nil {
		return 0, 0, 0, bad
	}
	from, hasFrom, bad1 := instant(q, "from")
	to, hasTo, bad2 := instant(q, "to")
	n, hasPoints, bad3 := number(q, "points")
	if bad = firstBad(bad1, bad2, bad3); bad != nil {
		return 0, 0, 0, bad
	}
	if !hasPoints {
		n = 1000
	}
	if n < 1 || n > mostPoints {
		return 0, 0, 0, &badQuery{"points", utoa(n), "an integer from 1 to " + strconv.Itoa(mostPoints)}
	}
	if !hasFrom {
		from = playlist.Start(snap)
	}
	if !hasTo {
		to = max(from, snap.Edge())
	}
	if to < from || hasFrom && hasTo && to == from {
		return 0, 0, 0, &badQuery{"to", q.Get("to"), "a time after from"}
	}
	return from, to, int64(n), nil
}

// healthz reports whether the program is well, whatever its cameras are.
func (s *server) healthz(w http.ResponseWriter, _ *http.Request) {
	if err := s.Alive(); err != nil {
		fail(w, http.StatusServiceUnavailable, "unwell", err.Error())
		return
	}
	answer(w, http.StatusOK, map[string]bool{"ok": true})
}

type missingJSON struct {
	Name   string         `json:"name"`
	State  string         `json:"state"`
	Reason *health.Reason `json:"reason"`
}

// warningJSON is what is wrong with a camera that is live.
type warningJSON struct {
	Name   string        `json:"name"`
	Link   string        `json:"link"`
	Reason health.Reason `json:"reason"`
}

// readyz reports whether all cameras that are named are live, and else which are not. What is
// wrong with a live one is told as well, but makes nothing unready.
func (s *server) readyz(w http.ResponseWriter, _ *http.Request) {
	missing, warnings := []missingJSON{}, []warningJSON{}
	for _, c := range s.Cameras() {
		r := c.Report(s.Now())
		if r.State != health.Live && r.State != health.HasEnded {
			missing = append(missing, missingJSON{c.Name(), r.State, r.Reason})
		}
		for _, l := range r.Links {
			if l.Reported && l.Severity == health.Warning {
				warnings = append(warnings, warningJSON{c.Name(), l.Code, *l.Reason})
			}
		}
	}
	status := http.StatusOK
	if len(missing) > 0 {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, struct {
		Ready    bool          `json:"ready"`
		Missing  []missingJSON `json:"missing"`
		Warnings []warningJSON `json:"warnings"`
	}{len(missing) == 0, missing, warnings})
}
