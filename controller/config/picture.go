package config

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"lookback/controller/camera"
)

// request is what the camera's recorder is asked for, but for its address and its
// headers.
func (o *cameraSettings) request() camera.Request {
	return camera.Request{
		Source: camera.Source{
			Transport: string(o.RTSPTransport), Poll: time.Duration(o.Poll), InputFormat: string(o.InputFormat),
			InputSize: string(o.InputSize), FPS: float64(o.FPS), Audio: string(o.Audio), TLS: string(o.TLS),
		},
		PictureOptions: camera.PictureOptions{
			CopyH265: o.Copy == "h265", Quality: int(o.Quality), Bitrate: int64(o.Bitrate),
			Width: o.Scale.width, Height: o.Scale.height, Rotate: int(o.Rotate),
		},
		Segment: time.Duration(o.Segment), Part: time.Duration(o.Part), Encoder: string(o.Encoder), PictureChecks: bool(o.PictureChecks),
	}
}

type transport string

func (t *transport) Decode(value string) error { return oneOf((*string)(t), value, "tcp", "udp") }

type pollInterval time.Duration

func (p *pollInterval) Decode(value string) error {
	d, ok := duration(value, 100*time.Millisecond, time.Minute)
	if !ok {
		return accepted("a duration from 100ms to 1m, such as 1s")
	}
	*p = pollInterval(d)
	return nil
}

type deviceFormat string

var formatPattern = regexp.MustCompile(`^[a-z0-9_]{2,16}$`)

func (f *deviceFormat) Decode(value string) error {
	if value = strings.ToLower(value); !formatPattern.MatchString(value) {
		return accepted("a pixel format or codec of the device, such as mjpeg, h264 or yuyv422")
	}
	*f = deviceFormat(value)
	return nil
}

type deviceSize string

func (s *deviceSize) Decode(value string) error {
	if _, _, ok := widthHeight(value); !ok {
		return accepted("width x height in pixels, such as 1280x720")
	}
	*s = deviceSize(value)
	return nil
}

// widthHeight reads 1280x720, from 16x16 to 8192x8192.
func widthHeight(value string) (width, height int, ok bool) {
	w, h, _ := strings.Cut(value, "x")
	width, wErr := strconv.Atoi(w)
	height, hErr := strconv.Atoi(h)
	return width, height, wErr == nil && hErr == nil && min(width, height) >= 16 && max(width, height) <= 8192
}

type audio string

var audioPattern = regexp.MustCompile(`^(alsa|pulse):[A-Za-z0-9_:.,=-]{1,200}$`)

func (a *audio) Decode(value string) error {
	if audioPattern.MatchString(value) {
		*a = audio(value)
		return nil
	}
	if oneOf((*string)(a), value, "on", "off") != nil {
		return accepted("on, off, or a microphone beside the camera as alsa:DEVICE or pulse:SOURCE, such as alsa:hw:1")
	}
	return nil
}

type copyCodec string

func (c *copyCodec) Decode(value string) error {
	if oneOf((*string)(c), value, "h265", "h264") != nil {
		return accepted("h265, which copies H.265 too, or h264")
	}
	return nil
}

type quality int

func (q *quality) Decode(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 51 {
		return accepted("a number from 1 (best) to 51, such as 23")
	}
	*q = quality(n)
	return nil
}

type bitrate int64

// Decode reads 4M and 800k, powers of 1000.
func (b *bitrate) Decode(value string) error {
	number, unit := value, 1.0
	for suffix, factor := range map[string]float64{"k": 1e3, "K": 1e3, "M": 1e6} {
		if n, ok := strings.CutSuffix(value, suffix); ok {
			number, unit = n, factor
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if bits := n * unit; err != nil || !(bits >= 50e3 && bits <= 200e6) {
		return accepted("bits a second from 50k to 200M, such as 4M or 800k")
	}
	*b = bitrate(n * unit)
	return nil
}

type scale struct{ width, height int }

func (s *scale) Decode(value string) error {
	if lines, ok := strings.CutSuffix(value, "p"); ok {
		if n, err := strconv.Atoi(lines); err == nil && n >= 16 && n <= 4320 {
			*s = scale{0, n}
			return nil
		}
	}
	width, height, ok := widthHeight(value)
	if !ok {
		return accepted("width x height in pixels, such as 1280x720, or the height alone, such as 720p")
	}
	*s = scale{width, height}
	return nil
}

type rotation int

func (r *rotation) Decode(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 270 || n%90 != 0 {
		return accepted("0, 90, 180 or 270 degrees clockwise")
	}
	*r = rotation(n)
	return nil
}
