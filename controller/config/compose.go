package config

import (
	"net/netip"
	"strconv"
	"strings"
)

type ipAddress string

func (a *ipAddress) Decode(value string) error {
	bare := value
	if inner, ok := strings.CutPrefix(value, "["); ok {
		bare, _ = strings.CutSuffix(inner, "]")
	}
	if _, err := netip.ParseAddr(bare); err != nil {
		return accepted("an IP address of this machine, such as 127.0.0.1 (only itself), 0.0.0.0 (every network) or 192.168.1.5")
	}
	*a = ipAddress(value)
	return nil
}

type port int

func (p *port) Decode(value string) error {
	n, ok := portNumber(value, 1)
	if !ok {
		return accepted("a port from 1 to 65535")
	}
	*p = port(n)
	return nil
}

type hostPath string

// Decode refuses a bare word: Compose would take it for the name of a volume.
func (h *hostPath) Decode(value string) error {
	for _, start := range []string{"/", "./", "../", "~/"} {
		if strings.HasPrefix(value, start) {
			*h = hostPath(value)
			return nil
		}
	}
	return accepted("a folder of this machine that begins with / or ./, such as /srv/lookback")
}

type userID uint32

func (u *userID) Decode(value string) error {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return accepted("the number of a user or group, such as 1000 (see the command id)")
	}
	*u = userID(n)
	return nil
}

type frameSize struct{ width, height int }

// Decode accepts even sizes only: H.264 stores colour at half the resolution.
func (s *frameSize) Decode(value string) error {
	w, h, _ := strings.Cut(value, "x")
	width, wErr := strconv.Atoi(w)
	height, hErr := strconv.Atoi(h)
	if wErr != nil || hErr != nil || width < 320 || width > 3840 || height < 180 || height > 2160 || width%2+height%2 > 0 || width < height || width > 3*height {
		return accepted("width x height in even numbers of pixels from 320x180 to 3840x2160, from square to three times as wide as high, such as 1280x720")
	}
	*s = frameSize{width, height}
	return nil
}

type demoRate float64

func (r *demoRate) Decode(value string) error {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !(n >= 0.1 && n <= 120) {
		return accepted("frames a second from 0.1 to 120, such as 30")
	}
	*r = demoRate(n)
	return nil
}
