package relay

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"lookback/controller/httpcam"
)

// passPart hands on what was asked for: a part that the camera gives, else cut out
// of the whole, since not every camera knows parts (RFC 9110, 14.2).
func passPart(w http.ResponseWriter, to io.Writer, from io.Reader, answer *httpcam.Answer, part string) error {
	first, last, ok := parsePart(part)
	switch {
	case part != "" && answer.Part != "":
		w.Header().Set("Content-Range", answer.Part)
		tellLength(w, answer.Length)
		w.WriteHeader(http.StatusPartialContent)
	case ok && first > 0:
		if _, err := io.CopyN(io.Discard, from, first); err != nil {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return nil
		}
		total := "*"
		if answer.Length > 0 {
			last, total = min(last, answer.Length-1), strconv.FormatInt(answer.Length, 10)
		}
		if last == math.MaxInt64 { // nobody knows where it ends, and a Content-Range has to say so
			return fmt.Errorf("a part up to the end of something without a length")
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", first, last, total))
		w.WriteHeader(http.StatusPartialContent)
		from = io.LimitReader(from, last-first+1)
	default:
		tellLength(w, answer.Length)
		w.WriteHeader(http.StatusOK)
	}
	return copyPieces(to, from)
}

func tellLength(w http.ResponseWriter, length int64) {
	if length >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	}
}

// parsePart reads bytes=first-last, the only form that ffmpeg writes; last is
// MaxInt64 where there is none.
func parsePart(part string) (first, last int64, ok bool) {
	bounds, ok := strings.CutPrefix(part, "bytes=")
	low, high, dash := strings.Cut(bounds, "-")
	first, err := strconv.ParseInt(low, 10, 64)
	last = math.MaxInt64
	if high != "" && err == nil {
		last, err = strconv.ParseInt(high, 10, 64)
	}
	return first, last, ok && dash && err == nil && first >= 0 && last >= first
}

// copyPieces hands on each piece the moment it comes.
func copyPieces(to io.Writer, from io.Reader) error {
	piece := make([]byte, pieceSize)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			if _, err := to.Write(piece[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
