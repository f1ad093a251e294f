package recorder

import (
	"errors"

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
