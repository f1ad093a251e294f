package camera

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ffmpeg 5.1 takes an address as an argument only, where everybody sees it who may list
// processes. But it takes a list of addresses from its stdin (libavformat/concatdec.c),
// with the options of each. So that is how it gets addresses with secrets that no relay
// of ours can hide.

// listed are the kinds of cameras whose addresses ffmpeg gets so: it knows their formats
// by their schemes.
var listed = []Kind{RTSP, RTMP, SRT}

// asList has ffmpeg take a list of addresses, from a pipe.
var asList = []Flag{
	{[]string{"-protocol_whitelist", "pipe,rtmp,rtmps,srt,tcp,tls,udp,rtp,crypto,data"}, "what the list may name, and a camera lead to"},
	{[]string{"-safe", "0", "-auto_convert", "0"}, "the list may have an address of the network, and what it sends stays as it is"},
	{[]string{"-f", "concat"}, "a list on stdin has the camera's address with its options: no process list shows them"},
}

// mayBe are the formats of a listed camera. RTSP's reads what comes with other ones.
var mayBe = map[Kind]string{RTMP: "flv,live_flv", SRT: "mpegts"}

// onStdin is where that is.
const onStdin = "pipe:0"

// opening are the options with which a listed camera is opened: look is how much of it is
// read before anything leaves.
func opening(f Facts, s Source, look time.Duration) []Flag {
	row := rowOf(f.Kind)
	flags := append(row.open(s), analyzeFlag(f, look), mostTracks)
	if formats := mayBe[f.Kind]; formats != "" {
		flags = append(flags, Flag{[]string{"-format_whitelist", formats}, "a broken beginning must not be taken for another format"})
	}
	return flags
}

// List is what ffmpeg is to find on its stdin; nil: nothing.
func (p Plan) List(address string) []byte {
	if p.Listed == nil {
		return nil
	}
	return list(address, p.Listed)
}

// list is what ffmpeg reads: the address and each option, quoted (ffmpeg-utils(1),
// "Quoting and escaping").
func list(address string, options []Flag) []byte {
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	var b bytes.Buffer
	b.WriteString("ffconcat version 1.0\nfile " + quoted(address) + "\n")
	for _, f := range options {
		for pair := range slices.Chunk(f.Args, 2) {
			b.WriteString("option " + strings.TrimPrefix(pair[0], "-") + " " + quoted(pair[1]) + "\n")
		}
	}
	return b.Bytes()
}

// mostTracks bounds how many tracks a stream may have.
var mostTracks = Flag{[]string{"-max_streams", strconv.Itoa(maxTracks)}, "each of a transport stream's thousands of tracks would have a decoder of its own"}

const maxTracks = 64
