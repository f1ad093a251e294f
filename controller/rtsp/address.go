package rtsp

import (
	"net/url"
	"strings"

	"github.com/bluenviron/gortsplib/v5/pkg/base"

	"lookback/controller/camera"
)

func parseAddress(s string) (*base.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, failed(camera.NotAStream, "the camera's address can't be read")
	}
	if u.Scheme != "rtsp" && u.Scheme != "rtsps" || u.Hostname() == "" {
		return nil, failed(camera.NotAStream, "the camera's address does not begin with rtsp://host or rtsps://host")
	}
	u.Fragment = ""
	return (*base.URL)(u), nil
}

// place is where a track is asked for: its own address, and that of all tracks.
type place struct{ all, track *base.URL }

// places are where a track may be, most likely first. The camera announces a
// base for all of its tracks, which may be wrong; asked was the address that
// answered. Its host counts, whatever host the camera believes to be.
func places(asked *base.URL, announced, control string) []place {
	var all []place
	add := func(b, track *base.URL) {
		for _, p := range all {
			if p.track.String() == track.String() {
				return
			}
		}
		all = append(all, place{b, track})
	}
	for _, b := range []*base.URL{moved(asked, announced), asked} {
		add(b, joined(b, control))
	}
	if strings.HasPrefix(control, "/") {
		add(asked, moved(asked, control))
	}
	return all
}

// moved is an address at the host that was asked, with the path and query of
// another one, which may be an absolute path; asked itself where that is none.
func moved(asked *base.URL, to string) *base.URL {
	u, err := url.Parse(strings.TrimSpace(to))
	if err != nil || u.Opaque != "" || to == "" || to == "*" {
		return asked
	}
	if u.Scheme != "rtsp" && u.Scheme != "rtsps" && !strings.HasPrefix(u.Path, "/") {
		return asked
	}
	u.Scheme, u.Host, u.User, u.Fragment = asked.Scheme, asked.Host, asked.User, ""
	return (*base.URL)(u)
}

// joined is the address of a track. A control that is no address of its own is
// put behind the base, behind its query even: that is what cameras mean.
func joined(b *base.URL, control string) *base.URL {
	if control == "" || control == "*" {
		return b
	}
	if lower := strings.ToLower(control); strings.HasPrefix(lower, "rtsp://") || strings.HasPrefix(lower, "rtsps://") {
		return moved(b, control)
	}
	whole := b.String()
	if !strings.HasSuffix(whole, "/") && !strings.HasPrefix(control, "/") && !strings.HasPrefix(control, "?") {
		whole += "/"
	}
	u, err := url.Parse(whole + control)
	if err != nil {
		return b
	}
	return (*base.URL)(u)
}
