package web

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"

	"lookback/controller/archive"
	"lookback/controller/fmp4"
	"lookback/controller/playlist"
)

// errNoKeyFrame reports whether a segment has no key frame, or not yet.
var errNoKeyFrame = errors.New("the segment holds no key frame")

// headerTime tells of when a still is, as the API's times.
const headerTime = "Lookback-Time"

// picture answers with the first key frame of a segment as an MP4 of its own,
// which a video element shows: a still without a decoder here. The same URL
// always means the same bytes, so that any cache may keep it. The next one is
// held until it is there, as parts are.
func (s *server) picture(w http.ResponseWriter, r *http.Request, c *camera) {
	msn, ok := parsePicture(r.PathValue("picture"))
	if !ok {
		noStill(w)
		return
	}
	v, err := c.await(r.Context(), holdTime, func(v *view) (bool, error) { return pictureReady(v.snap, msn) })
	if errors.Is(err, errHopeless) {
		noStill(w)
		return
	}
	if err != nil {
		notServed(w, err, "The picture did not come within three target durations.")
		return
	}
	still, err := c.still(msn)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoKeyFrame):
		noStill(w)
	case err != nil:
		s.Log.Error("a picture can't be read; its viewer is told so", "camera", c.Name(), "msn", msn, "error", err)
		fail(w, http.StatusInternalServerError, "unreadable", "The picture can't be read from the disk. The controller's log tells why.")
	default:
		w.Header().Set("Content-Type", "video/mp4")
		w.Header().Set("Cache-Control", immutable)
		w.Header().Set("Content-Length", strconv.Itoa(len(still)))
		if p, ok := playlist.PictureOf(v.snap, msn); ok {
			w.Header().Set(headerTime, micros(p.At).String())
		}
		w.Write(still)
	}
}

// pictureReady reports whether the still is there, or may be the next one.
func pictureReady(s *archive.Snapshot, msn uint64) (bool, error) {
	if _, ok := playlist.PictureOf(s, msn); ok {
		return true, nil
	}
	next := s.Next()
	if !s.Ended && (msn == next || s.Open != nil && msn == next+1) {
		return false, nil
	}
	return false, errHopeless
}

func noStill(w http.ResponseWriter) {
	fail(w, http.StatusNotFound, "no-picture", "There is no such picture: the segment is gone, or has no key frame.")
}

// pictureURL is where picture answers, relative to the page.
func pictureURL(camera, identity string, msn uint64) string {
	return "hls/" + camera + "/" + identity + "/pictures/" + utoa(msn) + ".mp4"
}

// parsePicture reads <msn>.mp4, without leading zeros.
func parsePicture(name string) (msn uint64, ok bool) {
	number, ok := strings.CutSuffix(name, ".mp4")
	msn, err := strconv.ParseUint(number, 10, 64)
	return msn, ok && err == nil && utoa(msn) == number
}

// still is an init section and the segment's first fragment with a key frame.
// fs.ErrNotExist when the segment is gone, errNoKeyFrame when it has none.
func (c *camera) still(msn uint64) ([]byte, error) {
	run, ok := runOf(c.Snapshot(), msn)
	if !ok {
		return nil, fs.ErrNotExist
	}
	still, err := c.init(run)
	if err != nil {
		return nil, err
	}
	init, err := fmp4.ParseInit(still)
	if err != nil {
		return nil, fmt.Errorf("init section of MSN %d: %w", run, err)
	}
	video, ok := init.Video()
	if !ok {
		return nil, errNoKeyFrame
	}
	f, err := c.OpenMedia(msn)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	key, err := keyFrame(f, video.ID)
	if err != nil {
		return nil, err
	}
	n := len(still)
	still = append(still, make([]byte, key.Size)...)
	_, err = f.ReadAt(still[n:], key.Offset)
	return still, err
}

func (c *camera) init(run uint64) ([]byte, error) {
	f, err := c.OpenInit(run)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, fmp4.DefaultMaxInit))
}

// runOf is the first MSN of the run that a segment belongs to.
func runOf(s *archive.Snapshot, msn uint64) (first uint64, ok bool) {
	switch {
	case msn >= s.First && msn < s.Next():
		return s.Runs[s.Segments[msn-s.First].Run].FirstMSN, true
	case s.Open != nil && s.Open.MSN == msn:
		return s.Runs[s.Open.Run].FirstMSN, true
	}
	return 0, false
}

// keyFrame finds the first fragment whose frame of that track is a sync sample.
func keyFrame(f *os.File, track uint32) (fmp4.Info, error) {
	stat, err := f.Stat()
	if err != nil {
		return fmp4.Info{}, err
	}
	for off := int64(0); ; {
		info, err := fmp4.Next(f, off, stat.Size())
		if errors.Is(err, io.EOF) || errors.Is(err, fmp4.ErrIncomplete) {
			return info, errNoKeyFrame
		}
		if err != nil {
			return info, err
		}
		if t, ok := info.Track(track); ok && t.Sync {
			return info, nil
		}
		off += info.Size
	}
}
