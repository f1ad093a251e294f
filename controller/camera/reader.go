package camera

import "strings"

// MayRead reports whether a camera of which nothing is known may turn out to be one
// that is read here.
func MayRead(s Settings) bool {
	switch kind, _ := KindOf(s.URL); kind {
	case RTSP:
		return WhyFFmpeg(Facts{Kind: kind, Codec: "h264", PixelFormat: "yuv420p", Knowledge: Rough}, s) == ""
	case HTTP:
		return WhyFFmpeg(Facts{Kind: kind, Codec: "mjpeg"}, s) == "" && TCPAddress(s.URL) != ""
	}
	return false
}

// WhyFFmpeg says why ffmpeg has to read a camera: an RTSP camera whose picture or
// sound is of a rare kind, an HTTP camera that sends no JPEGs. "" where it is read
// here.
func WhyFFmpeg(f Facts, s Settings) string {
	switch {
	case s.Foreign != "":
		return s.Foreign
	case f.Kind != RTSP && f.Codec != "mjpeg":
		return "it sends no JPEGs"
	case f.Kind != RTSP:
		return ""
	case f.Codec != "h264" && f.Codec != "hevc":
		return "its picture is " + codecName(f.Codec)
	case strings.Contains(s.Audio, ":"):
		return "its sound comes from a device beside it"
	case s.Audio == "on" && f.Sound.Codec != "" && !f.Sound.copied() && !f.Sound.leftOut(s.Mute) && f.Sound.ownInput() == nil:
		return "it alone can read " + codecName(f.Sound.Codec) + ", as its sound is"
	}
	return ""
}

// chooseReader decides who reads a camera over RTSP or HTTP.
func (p *Plan) chooseReader(f Facts, s Settings) {
	if f.Kind != RTSP && f.Kind != HTTP && f.Kind != Stills {
		return
	}
	why := WhyFFmpeg(f, s)
	switch {
	case why != "" && (f.Kind == RTSP || f.Codec == "mjpeg"):
		p.Reasons = append(p.Reasons, "ffmpeg reads it: "+why+".")
		if f.Kind == RTSP && s.TLS == "verify" {
			p.Reasons = append(p.Reasons, "Its certificate is not checked, though TLS=verify asks for it: ffmpeg can't do that over RTSP.")
		}
	case why == "" && f.Kind == RTSP:
		if p.Copy {
			p.Direct, p.Input, p.Output, p.Listed = true, nil, nil, nil
		}
		p.ownSound(f)
	}
}
