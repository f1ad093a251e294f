package camera

import "strings"

// MayRead tells whether an RTSP camera of which nothing is known may turn out to
// be one that is read here.
func MayRead(s Settings) bool {
	kind, _ := KindOf(s.URL)
	f := Facts{Kind: kind, Codec: "h264", PixelFormat: "yuv420p", Knowledge: Rough}
	return kind == RTSP && WhyFFmpeg(f, s) == ""
}

// WhyFFmpeg says why ffmpeg has to read an RTSP camera, "" where that is copied
// as it is, so that it can be read here.
func WhyFFmpeg(f Facts, s Settings) string {
	switch {
	case s.Foreign != "":
		return s.Foreign
	case whyEncode(f, s) != "":
		return "its picture has to be encoded"
	case strings.Contains(s.Audio, ":"):
		return "its sound comes from a device beside it"
	case s.Audio == "on" && f.Sound.Codec != "" && !f.Sound.copied():
		return "its " + codecName(f.Sound.Codec) + " sound has to be encoded"
	}
	return ""
}

// chooseReader decides who reads an RTSP camera.
func (p *Plan) chooseReader(f Facts, s Settings) {
	if f.Kind != RTSP {
		return
	}
	if why := WhyFFmpeg(f, s); why != "" {
		p.Reasons = append(p.Reasons, "ffmpeg reads it: "+why+".")
		return
	}
	p.Direct, p.Input, p.Output = true, nil, nil
	if p.Sound != nil {
		p.Sound = &SoundPlan{Copy: true}
	}
}
