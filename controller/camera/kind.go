package camera

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind of a camera: how its stream is reached.
type Kind string

// The kinds. HLS and Stills are found out: their addresses are HTTP's.
const (
	HTTP   Kind = "http"   // MJPEG, MPEG-TS, FLV or anything else that ffmpeg reads from one long answer
	HLS    Kind = "hls"    // playlist and segments over HTTP
	Stills Kind = "stills" // a JPEG per request
	RTSP   Kind = "rtsp"
	RTMP   Kind = "rtmp"
	SRT    Kind = "srt"
	UDP    Kind = "udp" // MPEG-TS in datagrams
	RTP    Kind = "rtp" // MPEG-TS in RTP
	Device Kind = "device"
	File   Kind = "file"
	Test   Kind = "test"
)

// Source is a camera's address and what people have set about reading it.
type Source struct {
	URL         string        `json:"URL"`         // with credentials
	Transport   string        `json:"Transport"`   // of RTSP: tcp, udp; "" is tcp
	Poll        time.Duration `json:"Poll"`        // between two stills; 0: only when the address gives single pictures, and then defaultPoll
	InputFormat string        `json:"InputFormat"` // of a device: mjpeg, h264, yuyv422 …; "" is the device's choice
	InputSize   string        `json:"InputSize"`   // of a device: 1280x720; "" is the device's choice
	FPS         float64       `json:"FPS"`         // the camera's frame rate when set, 0: measured
	Audio       string        `json:"Audio"`       // off, on, or a sound device beside the camera: alsa:DEVICE, pulse:SOURCE; "" is off
	Headers     string        `json:"Headers"`     // sent to an HTTP camera, a line "Name: value" each; secret
	TLS         string        `json:"TLS"`         // of https:// and rtsps://: verify has the certificate checked; "" takes any
}

const (
	// defaultPoll is how often an address that gives one picture is asked.
	defaultPoll = time.Second
	// socketBuffer is what the kernel keeps of datagrams, bytes: half a second
	// of 8 Mbit/s.
	socketBuffer = "500000"
)

// kindRow is one line of the table of kinds: how it is recognised, and how
// ffmpeg and ffprobe are to read it.
type kindRow struct {
	kind    Kind
	schemes []string // of its addresses, with what separates them from the rest
	ports   []string // for each scheme, where it listens over TCP unless told otherwise; nil: it doesn't
	host    bool     // an address has a host
	demuxer string   // forced while probing, "" where ffmpeg is to find out
	format  string   // forced afterwards, "" for what probing found
	reading []Flag   // for ffmpeg alone: it would be read as fast as it can be had
	open    func(Source) []Flag
}

// kinds is the table. An address belongs to the first row that has its scheme.
var kinds = []kindRow{
	{kind: HTTP, schemes: []string{"http://", "https://"}, ports: []string{"80", "443"}, host: true, open: openHTTP},
	{kind: HLS, reading: realTime, open: openHLS},
	{kind: Stills, demuxer: "image2", format: "image2", reading: realTime, open: openStills},
	{kind: RTSP, schemes: []string{"rtsp://", "rtsps://"}, ports: []string{"554", "322"}, host: true, format: "rtsp", open: openRTSP},
	{kind: RTMP, schemes: []string{"rtmp://", "rtmps://"}, ports: []string{"1935", "443"}, host: true, format: "flv", open: openRTMP},
	{kind: SRT, schemes: []string{"srt://"}, format: "mpegts", open: openSRT},
	{kind: UDP, schemes: []string{"udp://"}, demuxer: "mpegts", open: openUDP},
	{kind: RTP, schemes: []string{"rtp://"}, format: "rtp", open: openRTP},
	{kind: Device, schemes: []string{"/dev/video"}, demuxer: "v4l2", format: "v4l2", open: openDevice},
	{kind: File, schemes: []string{"file:///"}, reading: again, open: openNothing},
	{kind: Test, schemes: []string{"test:"}, demuxer: "lavfi", format: "lavfi", reading: realTime, open: openNothing},
}

func rowOf(k Kind) kindRow {
	i := slices.IndexFunc(kinds, func(r kindRow) bool { return r.kind == k })
	if i < 0 {
		return kindRow{kind: k, open: openNothing}
	}
	return kinds[i]
}

// AcceptedSchemes are the beginnings of all addresses, for people.
func AcceptedSchemes() string {
	var all []string
	for _, r := range kinds {
		all = append(all, r.schemes...)
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

// KindOf recognises an address by its scheme, without asking the camera.
func KindOf(address string) (Kind, bool) {
	for _, r := range kinds {
		for _, s := range r.schemes {
			if len(address) >= len(s) && strings.EqualFold(address[:len(s)], s) {
				return r.kind, true
			}
		}
	}
	return "", false
}

// Check says what is wrong with an address, as what would be accepted; nil if
// nothing can be told without asking the camera. It repeats nothing of it.
func Check(address string) error {
	kind, ok := KindOf(address)
	if !ok {
		return fmt.Errorf("a URL that begins with %s", AcceptedSchemes())
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("a well-formed URL (in a user name or password write %%20 for a space, %%23 for #, %%25 for %%, %%2F for /, %%3A for :, %%3F for ? and %%40 for @)")
	}
	switch kind {
	case UDP, RTP:
		if u.Port() == "" {
			return fmt.Errorf("a URL with a port, such as %s://@:5004 or %s://239.0.0.1:5004", kind, kind)
		}
	case SRT:
		if u.Port() == "" || u.Hostname() == "" && u.Query().Get("mode") != "listener" {
			return fmt.Errorf("a URL with host and port, such as srt://192.168.1.20:9000, or srt://:9000?mode=listener")
		}
	case Test:
		if _, ok := testPattern(address); !ok {
			return fmt.Errorf("test: or test:WIDTHxHEIGHT@FPS, such as test:1280x720@30")
		}
	case Device, File, HLS, Stills, HTTP, RTSP, RTMP:
	}
	if n, err := strconv.Atoi(u.Port()); rowOf(kind).host && u.Hostname() == "" || u.Port() != "" && (err != nil || n < 1 || n > 65535) {
		return fmt.Errorf("a URL with a host and a port from 1 to 65535, such as http://192.168.1.20:8080/video")
	}
	return nil
}

// testPattern is what lavfi is to draw for test:, test:640x360 or test:640x360@15.
func testPattern(address string) (string, bool) {
	size, fps, _ := strings.Cut(address[len("test:"):], "@")
	width, height, rate := 1280, 720, 30
	if size != "" {
		if n, err := fmt.Sscanf(size+" ", "%dx%d ", &width, &height); n != 2 || err != nil {
			return "", false
		}
	}
	if fps != "" {
		if n, err := fmt.Sscanf(fps+" ", "%d ", &rate); n != 1 || err != nil {
			return "", false
		}
	}
	if width < 16 || width > 3840 || height < 16 || height > 2160 || rate < 1 || rate > 120 {
		return "", false
	}
	return fmt.Sprintf("testsrc2=size=%dx%d:rate=%d", width, height, rate), true
}

// input is the address as ffmpeg takes it.
func (s Source) input() string {
	kind, _ := KindOf(s.URL)
	switch kind {
	case Test:
		pattern, _ := testPattern(s.URL)
		return pattern
	case File:
		if u, err := url.Parse(s.URL); err == nil {
			return "file:" + u.Path
		}
	case UDP, RTP:
		return datagrams(s.URL)
	}
	return s.URL
}

// datagramOptions are what ffmpeg's protocols udp and rtp know behind the ? of an
// address (libavformat/udp.c, rtpproto.c). What they don't know they leave alone.
var datagramOptions = []string{
	"block", "buffer_size", "connect", "dscp", "fec", "fifo_size", "local_port", "local_rtcpport", "local_rtpport",
	"localaddr", "localport", "localrtcpport", "localrtpport", "overrun_nonfatal", "pkt_size", "reuse", "reuse_socket", "rtcp_port", "rtcpport", "sources", "timeout", "ttl", "udplite_coverage", "write_to_source",
}

// datagrams is the address of a UDP or RTP camera without what ffmpeg has no use for: it
// would stand in the process list.
func datagrams(address string) string {
	address, _, _ = strings.Cut(address, "#")
	address, query, _ := strings.Cut(address, "?")
	scheme, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at > 0 {
		host = host[at:]
	}
	var known []string
	for option := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(option, "="); slices.Contains(datagramOptions, name) {
			known = append(known, option)
		}
	}
	if len(known) > 0 {
		host += "?" + strings.Join(known, "&")
	}
	return scheme + "://" + host
}

var silence = Flag{[]string{"-rw_timeout", micros(networkTimeout)}, "ends when the network is silent, in µs"}

func openHTTP(Source) []Flag {
	return []Flag{silence,
		{[]string{"-recv_buffer_size", "262144"}, "when this machine can't keep up, pictures wait in the camera, which leaves some out, and not for seconds in the kernel, in bytes"}}
}

func openHLS(Source) []Flag {
	return []Flag{silence,
		{[]string{"-protocol_whitelist", "http,https,tcp,tls,crypto,data"}, "a playlist may name any address: files of this machine are none of its business"},
		{[]string{"-live_start_index", "-1"}, "the newest segment, not the third last"},
	}
}

func openStills(s Source) []Flag {
	poll := s.Poll
	if poll == 0 {
		poll = defaultPoll
	}
	return []Flag{
		{[]string{"-loop", "1", "-pattern_type", "none"}, "asks for the same address again and again; % in it stays a %"},
		{[]string{"-framerate", Rate{int(time.Second / time.Millisecond), int(poll / time.Millisecond)}.reduced().String()}, "how often, times a second"},
	}
}

func openRTSP(s Source) []Flag {
	transport := Flag{[]string{"-rtsp_transport", "tcp"}, "nothing is lost on the way, and firewalls let it pass"}
	if s.Transport == "udp" {
		transport = Flag{[]string{"-rtsp_transport", "udp", "-max_delay", "200000", "-buffer_size", socketBuffer},
			"as set; waits 200 ms for datagrams that overtook each other"}
	}
	flags := []Flag{transport, {[]string{"-timeout", micros(networkTimeout)}, "ends when the network is silent, in µs; RTSP has an option of its own for it"}}
	if s.Audio != "on" {
		flags = append(flags, Flag{[]string{"-allowed_media_types", "video"}, "what is not recorded is not asked for"})
	}
	return flags
}

func openRTMP(Source) []Flag {
	return []Flag{silence, {[]string{"-rtmp_live", "live", "-rtmp_buffer", "100"}, "a live stream, of which the server is to keep back 100 ms at most, not 3 s"}}
}

func openSRT(Source) []Flag {
	return []Flag{{[]string{"-timeout", micros(networkTimeout)}, "ends when the network is silent, in µs; SRT has an option of its own for it"}}
}

func openUDP(Source) []Flag {
	return []Flag{{[]string{"-timeout", micros(networkTimeout)}, "ends when the network is silent, in µs; UDP has an option of its own for it"},
		{[]string{"-buffer_size", socketBuffer, "-overrun_nonfatal", "1"}, "a burst is no reason to lose datagrams, and losing some none to end"}}
}

func openRTP(Source) []Flag {
	return []Flag{{[]string{"-buffer_size", socketBuffer}, "a burst is no reason to lose datagrams"}}
}

func openDevice(s Source) (flags []Flag) {
	if s.InputFormat != "" {
		flags = append(flags, Flag{[]string{"-input_format", s.InputFormat}, "as set"})
	}
	if s.InputSize != "" {
		flags = append(flags, Flag{[]string{"-video_size", s.InputSize}, "as set"})
	}
	if s.FPS > 0 {
		flags = append(flags, Flag{[]string{"-framerate", exactRate(s.FPS).String()}, "as set: the device is asked for this rate"})
	}
	return flags
}

func openNothing(Source) []Flag { return nil }

var (
	realTime = []Flag{{[]string{"-re"}, "no faster than it is to be watched"}}
	again    = append(realTime[:1:1], Flag{[]string{"-stream_loop", "-1"}, "begins again at its end"})
)
