package rtsp

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"lookback/controller/camera"
)

// offer is what a camera describes in its SDP (RFC 8866), as far as it matters.
type offer struct {
	control string // of all tracks
	keys    string // key-mgmt (RFC 4567)
	tracks  []offeredTrack
}

// offeredTrack is one m= section.
type offeredTrack struct {
	kind, protocol string
	formats        []string          // payload types, as written
	maps, values   map[string]string // rtpmap and fmtp by payload type
	control, keys  string
	back           bool // it is for sending to the camera, or not in use
	idle           bool // it is not in use
}

// readSDP reads what cameras write. It refuses nothing: a line that can't be
// understood says nothing.
func readSDP(body []byte) offer {
	var o offer
	var t *offeredTrack
	for line := range strings.FieldsFuncSeq(string(body), func(r rune) bool { return r == '\r' || r == '\n' }) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case key == "m":
			o.tracks = append(o.tracks, newOfferedTrack(strings.Fields(value)))
			t = &o.tracks[len(o.tracks)-1]
		case key == "a" && t == nil:
			o.attribute(value)
		case key == "a":
			t.attribute(value)
		}
	}
	o.believe()
	return o
}

func newOfferedTrack(words []string) offeredTrack {
	t := offeredTrack{maps: map[string]string{}, values: map[string]string{}}
	if len(words) >= 3 {
		t.kind, t.protocol, t.formats = strings.ToLower(words[0]), words[2], words[3:]
	}
	return t
}

func (o *offer) attribute(a string) {
	switch name, value, _ := strings.Cut(a, ":"); strings.TrimSpace(strings.ToLower(name)) {
	case "control":
		o.control = strings.TrimSpace(value)
	case "key-mgmt":
		o.keys = value
	}
}

func (t *offeredTrack) attribute(a string) {
	name, value, _ := strings.Cut(a, ":")
	value = strings.TrimSpace(value)
	format, rest, _ := strings.Cut(value, " ")
	switch strings.TrimSpace(strings.ToLower(name)) {
	case "control":
		t.control = value
	case "key-mgmt":
		t.keys = value
	case "sendonly":
		t.back = true
	case "inactive":
		t.idle = t.kind == "audio" // a picture is tried
		t.back = t.back || t.idle
	case "rtpmap":
		t.maps[format] = strings.TrimSpace(rest)
	case "fmtp":
		t.values[format] = strings.TrimSpace(rest)
	}
}

// believe takes back that tracks are for sending where all of them would be:
// some cameras mean the direction as they see it. Sound that is
// inactive stays out (RFC 8866, section 6.7).
func (o *offer) believe() {
	for _, t := range o.tracks {
		if !t.back {
			return
		}
	}
	for n := range o.tracks {
		o.tracks[n].back = o.tracks[n].idle
	}
}

// static are the payload types that need no rtpmap (RFC 3551).
var static = map[string]string{
	"0": "PCMU/8000", "3": "GSM/8000", "4": "G723/8000", "5": "DVI4/8000", "6": "DVI4/16000", "8": "PCMA/8000", "9": "G722/8000",
	"10": "L16/44100/2", "11": "L16/44100/1", "14": "MPA/90000", "26": "JPEG/90000", "28": "nv/90000", "31": "H261/90000",
	"32": "MPV/90000", "33": "MP2T/90000", "34": "H263/90000",
}

// chosenTrack is a payload type of a track that is read.
type chosenTrack struct {
	offeredTrack
	payloadType     int
	codec           string // the encoding name in lower case
	clock, channels int
	rtpmap, format  string
	values          map[string]string // the parameters in fmtp, names in lower case
}

// payload is one of a track's payload types; false where it can't be one.
func (t offeredTrack) payload(format string) (chosenTrack, bool) {
	c := chosenTrack{offeredTrack: t, rtpmap: t.maps[format], format: t.values[format]}
	if c.rtpmap == "" {
		c.rtpmap = static[format]
	}
	var err error
	if c.payloadType, err = strconv.Atoi(format); err != nil || c.payloadType < 0 || c.payloadType > 127 {
		return c, false
	}
	words := strings.Split(c.rtpmap, "/")
	c.codec, c.clock, c.channels = strings.ToLower(words[0]), 90000, 1
	if len(words) > 1 {
		c.clock, err = strconv.Atoi(strings.TrimSpace(words[1]))
	}
	if len(words) > 2 {
		if n, err := strconv.Atoi(strings.TrimSpace(words[2])); err == nil && n > 0 && n <= 64 {
			c.channels = n
		}
	}
	c.values = formatParameters(c.format)
	return c, err == nil && c.clock > 0 && c.clock <= 1<<20
}

func formatParameters(s string) map[string]string {
	m := map[string]string{}
	for p := range strings.SplitSeq(s, ";") {
		if name, value, ok := strings.Cut(p, "="); ok {
			m[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return m
}

// picture is the first track that is read here. The error names what there is
// instead.
func (o offer) picture() (chosenTrack, error) {
	other := ""
	for _, t := range o.tracks {
		if t.kind != "video" || t.back {
			continue
		}
		for _, format := range t.formats {
			c, ok := t.payload(format)
			if ok && codecs[c.codec].name != "" {
				return c, c.unfit()
			}
			if other == "" {
				other = strings.ToUpper(c.codec)
			}
		}
	}
	switch {
	case other != "":
		return chosenTrack{}, notOurs(camera.UnsupportedCodec, "the camera's picture is %s, not H.264 or H.265", other)
	case len(o.tracks) == 0:
		return chosenTrack{}, notOurs(camera.NotAStream, "the camera's description of itself names no track")
	}
	return chosenTrack{}, failed(camera.NoVideo, "the camera's description of itself names no picture")
}

// unfit is why a picture's payload can't be read here: its packets may come in
// another order than they are decoded in.
func (c chosenTrack) unfit() error {
	n, err := strconv.Atoi(c.values["sprop-max-don-diff"])
	if c.values["packetization-mode"] == "2" || err == nil && n > 0 {
		return notOurs(camera.UnsupportedCodec, "the camera sends its packets interleaved")
	}
	return nil
}

// sound is the first track of sound.
func (o offer) sound() (chosenTrack, bool) {
	for _, t := range o.tracks {
		if t.kind != "audio" || t.back {
			continue
		}
		for _, format := range t.formats {
			if c, ok := t.payload(format); ok && c.codec != "" {
				return c, true
			}
		}
	}
	return chosenTrack{}, false
}

// sets are the parameter sets in the SDP; those that can't be read are left out.
func (c chosenTrack) sets() [][]byte {
	var all [][]byte
	for _, name := range []string{"sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets"} {
		for s := range strings.SplitSeq(c.values[name], ",") {
			b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
			if b = afterStartCode(b); err == nil && len(b) > 0 {
				all = append(all, b)
			}
		}
	}
	return all
}

// afterStartCode is a NAL unit without the start code that does not belong here.
func afterStartCode(b []byte) []byte {
	for n := 0; n < len(b) && n < 4; n++ {
		if b[n] == 1 && n >= 2 {
			return b[n+1:]
		}
		if b[n] != 0 {
			break
		}
	}
	return b
}

// canonical is the description that gortsplib gets to read: the chosen tracks
// alone, named so that it does not look into them.
func canonical(o offer, tracks []chosenTrack) []byte {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\n")
	if o.keys != "" {
		fmt.Fprintf(&b, "a=key-mgmt:%s\r\n", o.keys)
	}
	b.WriteString("t=0 0\r\n")
	for _, t := range tracks {
		protocol := "RTP/AVP"
		if strings.Contains(t.protocol, "SAVP") {
			protocol = "RTP/SAVP"
		}
		fmt.Fprintf(&b, "m=%s 0 %s %d\r\na=rtpmap:%d x-%s/%d\r\n", t.kind, protocol, t.payloadType, t.payloadType, t.kind, t.clock)
		if t.keys != "" {
			fmt.Fprintf(&b, "a=key-mgmt:%s\r\n", t.keys)
		}
	}
	return []byte(b.String())
}
