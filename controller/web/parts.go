package web

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lookback/controller/archive"
)

// part answers with one partial segment. One that is expected is held until it
// is there whole (6.2.6): no byte of it is sent before.
func (s *server) part(w http.ResponseWriter, r *http.Request, c *camera) {
	msn, n, ok := parsePart(r.PathValue("part"))
	if !ok {
		noPart(w)
		return
	}
	v, err := c.await(r.Context(), holdTime, func(v *view) (bool, error) { return partReady(v.snap, msn, n) })
	switch {
	case errors.Is(err, errHopeless):
		noPart(w)
	case err != nil:
		notServed(w, err, "The part did not come within three target durations.")
	default:
		s.sendPart(w, r, c, v.snap, msn, n)
	}
}

func noPart(w http.ResponseWriter) {
	fail(w, http.StatusNotFound, "no-part", "There is no such part: only recent ones and the next are served under this path.")
}

// parsePart reads <msn>.<n>.m4s. Leading zeros would be a second URL for the
// same part.
func parsePart(name string) (msn uint64, n int, ok bool) {
	name, ok = strings.CutSuffix(name, ".m4s")
	first, second, dotted := strings.Cut(name, ".")
	msn, err1 := strconv.ParseUint(first, 10, 64)
	part, err2 := strconv.ParseUint(second, 10, 16)
	if !ok || !dotted || err1 != nil || err2 != nil || utoa(msn) != first || utoa(part) != second {
		return 0, 0, false
	}
	return msn, int(part), true
}

// partReady reports whether the part is there, or may be the next one: of the
// growing segment or the first of the one after it, which of the two is known
// only when it comes.
func partReady(s *archive.Snapshot, msn uint64, n int) (bool, error) {
	if parts := s.PartsOf(msn); n < len(parts) {
		if parts[n].Gap {
			return false, errHopeless
		}
		return true, nil
	}
	next := s.Next()
	if s.Ended {
		return false, errHopeless
	}
	if msn == next && n == len(s.PartsOf(next)) {
		return false, nil
	}
	if s.Open != nil && msn == next+1 && n == 0 {
		return false, nil
	}
	return false, errHopeless
}

func (s *server) sendPart(w http.ResponseWriter, r *http.Request, c *camera, snap *archive.Snapshot, msn uint64, n int) {
	part, done, err := c.openPart(snap, msn, n)
	if errors.Is(err, fs.ErrNotExist) {
		noPart(w)
		return
	}
	if err != nil {
		s.Log.Error("a part can't be read; its viewer is told so", "camera", c.Name(), "msn", msn, "error", err)
		fail(w, http.StatusInternalServerError, "unreadable", "The part can't be read from the disk. The controller's log tells why.")
		return
	}
	defer done()
	h := w.Header()
	h.Set("Content-Type", "video/mp4")
	h.Set("Cache-Control", immutable)
	if whole, ok := part.(inMemory); ok && r.Method == http.MethodGet && r.Header.Get("Range") == "" {
		// At once, where ServeContent would copy it piece by piece.
		h.Set("Accept-Ranges", "bytes")
		h.Set("Content-Length", strconv.Itoa(len(whole.data)))
		w.Write(whole.data)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, part)
}

// inMemory is a part of which all bytes are at hand.
type inMemory struct {
	*bytes.Reader
	data []byte
}

// openPart gives a part from memory while it is at the edge, from its file
// else: there a viewer who reads slowly must not hold a copy of it. Call done
// after reading. fs.ErrNotExist when the file is gone.
func (c *camera) openPart(snap *archive.Snapshot, msn uint64, n int) (part io.ReadSeeker, done func(), err error) {
	data, ok, err := c.edgePart(snap, msn, n)
	if ok || err != nil {
		return inMemory{bytes.NewReader(data), data}, func() {}, err
	}
	p := snap.PartsOf(msn)[n]
	f, err := c.OpenMedia(msn)
	if err != nil {
		return nil, nil, err
	}
	return io.NewSectionReader(f, int64(p.Offset), int64(p.Size)), func() { f.Close() }, nil
}

// edgePart is a part's bytes if it is the newest or was until shortly.
func (c *camera) edgePart(snap *archive.Snapshot, msn uint64, n int) (data []byte, ok bool, err error) {
	p := snap.PartsOf(msn)[n]
	return c.edge.bytes(snap, msn, n, func() ([]byte, error) {
		f, err := c.OpenMedia(msn)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		data := make([]byte, p.Size)
		_, err = f.ReadAt(data, int64(p.Offset))
		return data, err
	})
}
