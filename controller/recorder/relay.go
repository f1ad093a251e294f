package recorder

import (
	"errors"
	"fmt"
	"time"

	"lookback/controller/camera"
	"lookback/controller/httpcam"
	"lookback/controller/relay"
)

// httpCamera is the HTTP camera as it is read here and relayed.
func (r *Recorder) httpCamera() httpcam.Source {
	s := httpcam.Source{URL: r.URL, Poll: r.Poll, VerifyTLS: r.TLS == "verify"}
	s.SetHeaders(r.Headers)
	return s
}

// forFFmpeg is the address at which ffmpeg is to read the camera. That of an HTTP
// camera is a relay's, which has nothing secret of the camera's, except where a
// proxy is to be asked, which ffmpeg alone does.
func (r *Recorder) forFFmpeg() (string, error) {
	if kind, _ := camera.KindOf(r.URL); kind != camera.HTTP || camera.TCPAddress(r.URL) == "" {
		return r.URL, nil
	}
	if r.relay == nil {
		opened, err := relay.Open(r.httpCamera())
		if err != nil {
			return "", err
		}
		r.relay = opened
	}
	r.relay.Again(r.takeConn())
	return r.relay.URL(), nil
}

// relayFailure is what the relay met last since ffmpeg was given its address, nil
// for nothing: ffmpeg sees no more of it than that its own request failed.
func (r *Recorder) relayFailure() error {
	if r.relay == nil {
		return nil
	}
	return r.relay.Failure()
}

// largestBegin is how much may come before the first picture, bytes.
const largestBegin = 128 << 20

// relayed is the error of a failed probe by what the relay saw of the camera: ffmpeg
// knows no status, and calls what comes without a picture in it silence. nil stays nil.
func (r *Recorder) relayed(err error) error {
	if err == nil || r.relay == nil || camera.ReasonOf(err).Code == camera.TooMuchMemory {
		return err
	}
	failure := (*camera.Failure)(nil)
	seen := r.relay.Failure()
	if bytes, within, ago := r.relay.Came(); seen == nil && camera.ReasonOf(err).Code == camera.Timeout && bytes > 0 && ago < silentFor {
		code := camera.NoUsablePicture
		if bytes > largestBegin {
			code = camera.TooLarge
		}
		seen = fmt.Errorf("%.1f MB have come in %.0f s, and no picture: %w", float64(bytes)/(1<<20), within.Seconds(), camera.ReasonFor(code))
	}
	if seen == nil {
		return err
	}
	r.away = r.away || unanswered(seen)
	said := []string{r.Redact("camera: " + seen.Error())}
	if errors.As(err, &failure) {
		said = append(failure.Said, said...)
	}
	return &camera.Failure{Said: said, Reason: camera.ReasonOf(seen)}
}

// silentFor is for how long a camera sends nothing that does not answer any more.
const silentFor = 5 * time.Second

func (r *Recorder) closeRelay() {
	if r.relay != nil {
		r.relay.Close()
	}
}

// redacted is a line of ffmpeg's without anything secret.
func (r *Recorder) redacted(line string) string {
	if r.relay != nil {
		line = r.relay.Redact(line)
	}
	return r.Redact(line)
}

// startFailure is why ffmpeg could not be started.
func startFailure(err error) camera.Reason {
	if reason := (camera.Reason{}); errors.As(err, &reason) {
		return reason
	}
	return camera.Classify(nil, err)
}
