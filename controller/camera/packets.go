package camera

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lookback/controller/child"
)

// packet is one line of ffmpeg's framecrc muxer with the time it came.
type packet struct {
	arrival time.Time
	dts     float64 // seconds
	delay   float64 // until it is shown, seconds; 0 where nobody looks
	key     bool
	guessed bool // nobody knows its time: ffmpeg has made dts up
}

// watch reads packets for a while and fills in the rate and the key frames.
func watch(ctx context.Context, source Source, facts *Facts, tools Tools) error {
	args := []string{"-nostdin", "-hide_banner", "-loglevel", "error"}
	for _, f := range append(slices.Clone(bounds), readFlags(*facts, source)...) {
		args = append(args, f.Args...)
	}
	args = append(args, analyzeFlag(*facts, firstLook).Args...)
	// -copyinkf: whether the stream begins with a key frame is of interest.
	input := source.input()
	if slices.Contains(listed, facts.Kind) {
		input = onStdin
	}
	args = append(args, "-fpsprobesize", "0", "-i", input, "-map", "0:v:0", "-c", "copy", "-copyinkf", "-f", "framecrc", "-flush_packets", "1", "pipe:1")
	if facts.Codec == "h264" {
		args = append(args, keysAlone...)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := command(ctx, cmp.Or(tools.FFmpeg, "ffmpeg"), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if input == onStdin {
		cmd.Stdin = bytes.NewReader(list(source.URL, opening(*facts, source, firstLook)))
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(cmd.Cmd, child.Memory(facts.Width*facts.Height)); err != nil {
		return failure(ctx, tools, cmd, "", err)
	}
	child.Yield(cmd.Process.Pid)
	packets, keys, enough := collect(out, *facts)
	facts.NoKeyFrames = facts.Codec == "h264" && keys == 0 && keysOf(packets) >= refreshesAlone
	if enough {
		cancel()
		cmd.Wait() // ends by the cancellation; its status says nothing
	} else if err := cmd.Wait(); err == nil && len(packets) == 1 && facts.Kind == HTTP && facts.Codec == "mjpeg" {
		return errOnePicture
	} else if len(packets) < minPackets {
		return failure(ctx, tools, cmd, stderr.String(), err)
	}
	return facts.learn(packets)
}

const (
	minPackets = 3
	// watchMJPEG, watchCopied and watchWhole are how long packets are looked at.
	watchMJPEG  = 1500 * time.Millisecond
	watchCopied = 4 * time.Second
	watchWhole  = time.Second
	maxPackets  = 2000
	// watchLongest is how long packets are looked at whatever their time stamps say.
	watchLongest = 10 * time.Second
)

// keysAlone has ffmpeg list the pictures that have a slice of an IDR (H.264 table 7-1), among
// the others and in another form. What it calls a key frame may be a refresh, with which no
// browser begins.
var keysAlone = []string{"-map", "0:v:0", "-c", "copy", "-copyinkf", "-bsf:v", "filter_units=pass_types=5", "-f", "framemd5", "-flush_packets", "1", "pipe:1"}

// refreshesAlone is how many refreshes without a key frame show that a camera sends none.
const refreshesAlone = 2

// collect reads framecrc lines until enough is known; false when they ended before. keys is
// how many were listed by keysAlone.
func collect(out io.Reader, f Facts) (packets []packet, keys int, enough bool) {
	var timebase float64
	for s := bufio.NewScanner(out); s.Scan(); {
		if tb, ok := strings.CutPrefix(s.Text(), "#tb 0: "); ok {
			num, den, _ := strings.Cut(tb, "/")
			n, _ := strconv.ParseFloat(num, 64)
			d, _ := strconv.ParseFloat(den, 64)
			timebase = n / d
		}
		if isKey(s.Text()) {
			keys++
		} else if p, ok := parsePacket(s.Text(), timebase); ok {
			packets = append(packets, p)
			if sawEnough(packets, f) {
				return packets, keys, true
			}
		}
	}
	return packets, keys, false
}

// isKey reports whether a line is one that keysAlone adds: their checksums have no 0x.
func isKey(line string) bool {
	fields := strings.Split(line, ",")
	return !strings.HasPrefix(line, "#") && len(fields) >= 6 && !strings.Contains(fields[5], "0x")
}

// keysOf is how many of them ffmpeg calls key frames.
func keysOf(packets []packet) (keys int) {
	for _, p := range packets {
		if p.key {
			keys++
		}
	}
	return keys
}

// parsePacket reads "stream, dts, pts, duration, size, crc[, F=flags][, S=…]".
// framecrc names the flags only when they are not just "key frame".
func parsePacket(line string, timebase float64) (packet, bool) {
	fields := strings.Split(line, ",")
	if strings.HasPrefix(line, "#") || len(fields) < 6 {
		return packet{}, false
	}
	dts, err := strconv.ParseInt(strings.TrimSpace(fields[1]), 10, 64)
	if err != nil || dts == math.MinInt64 { // the latter means that nobody knows it
		return packet{}, false
	}
	guessed := strings.TrimSpace(fields[2]) == strconv.Itoa(math.MinInt64)
	key := true
	for _, f := range fields[6:] {
		if flags, ok := strings.CutPrefix(strings.TrimSpace(f), "F=0x"); ok {
			v, _ := strconv.ParseUint(flags, 16, 32)
			key = v&1 != 0
		}
	}
	return packet{arrival: time.Now(), dts: float64(dts) * timebase, key: key, guessed: guessed}, true
}

func sawEnough(packets []packet, f Facts) bool {
	last := packets[len(packets)-1]
	if len(packets) >= maxPackets && f.timed() || last.arrival.Sub(packets[0].arrival) >= watchLongest {
		return true
	}
	if !f.timed() {
		// A slow camera needs longer, and so does one that is uneven: the rate
		// decides the part target, which can't be changed any more.
		span := last.arrival.Sub(packets[0].arrival)
		n := len(packets)
		if n < 4 || span < watchMJPEG || n >= maxPackets || span >= 2*watchMJPEG {
			return n >= 4 && span >= watchMJPEG
		}
		rate, steady := arrivalRate(packets)
		return n >= 20 && steady && (rate.usual() || rate == mostPictures)
	}
	if f.whole() {
		return last.dts-packets[0].dts >= watchWhole.Seconds() && len(packets) >= 4
	}
	keys := keysOf(packets)
	span := last.dts - packets[0].dts
	if f.livePace && !paced(packets) {
		return false
	}
	if pace, _, ok := livePace(packets); ok && pace < stillPace && keys >= 2 {
		return true
	}
	return keys >= 3 || keys == 2 && span >= 1 || span >= watchCopied.Seconds()
}

// learn fills in frame rate and key-frame interval.
func (f *Facts) learn(packets []packet) error {
	switch {
	case !f.timed():
		f.FrameRate, _ = arrivalRate(packets)
		f.KeyIntervalKnown = true
	case f.whole():
		f.FrameRate, f.KeyIntervalKnown = stampRate(packets), true
	default:
		f.learnTimed(packets)
	}
	if f.FrameRate.Num <= 0 {
		return fmt.Errorf("no frame rate: %w", reasons[InvalidData])
	}
	return nil
}

// learnTimed goes by time stamps, unless those can't be true.
func (f *Facts) learnTimed(packets []packet) {
	f.BeginsWithKey = packets[0].key
	pace, rate, ok := livePace(packets)
	told := stampRate(packets)
	believed := told.Num > 0 && told.Float() <= HighestRate
	if believed && still(packets) { // those that moved were made up
		if believed = false; !ok {
			rate = told
		}
	}
	if f.Kind != HLS && ok && (!believed || pace < 1/mostOffPace || pace > mostOffPace) || !believed && rate.Num > 0 {
		f.FrameRate = rate
		f.KeyInterval, f.KeyIntervalKnown = keyIntervalOf(packets, rate)
		return
	}
	f.FrameRate = told
	placeFirst(packets, f.FrameRate)
	f.KeyInterval, f.KeyIntervalKnown = keyInterval(packets, f.FrameRate)
}

const (
	// mostOffPace is how many times too fast or too slowly time stamps may seem to pass
	// that are watched for a second.
	mostOffPace = 1.15
	// stillPace is the pace below which they stand still.
	stillPace = 0.01
	// leastGap is how far packets are apart at least that come one by one.
	leastGap = time.Second / 300
	// paceSpan and pacePackets are how much tells a pace.
	paceSpan    = 750 * time.Millisecond
	pacePackets = 8
	// longestPace is after how long it is not waited for any more.
	longestPace = 4 * time.Second
)

// HighestRate is that which is planned for and recorded, frames a second: what is more is
// left out.
const HighestRate = 240.0

// mostPictures is the rate of a camera without time stamps that sends so many pictures
// or more. What is more is left out.
var mostPictures = Rate{HighestRate, 1}

// livePace is how many seconds of time stamps pass in one, and the rate at which packets
// arrive, both without what was at hand at first. false: too few came one by one.
func livePace(packets []packet) (pace float64, rate Rate, ok bool) {
	i, last := 0, len(packets)-1
	for i < last && packets[i+1].arrival.Sub(packets[i].arrival) < leastGap {
		i++
	}
	i++ // the one before may have been at hand, too
	if i >= last || packets[last].arrival.IsZero() {
		return 0, Rate{}, false
	}
	span := packets[last].arrival.Sub(packets[i].arrival)
	pace = (packets[last].dts - packets[i].dts) / span.Seconds()
	return pace, SnapArrived(float64(last-i) / span.Seconds()), span >= paceSpan && last-i >= pacePackets
}

// still reports whether most time stamps are those of the packets before.
func still(packets []packet) bool {
	n := 0
	for i, p := range packets[1:] {
		if p.dts <= packets[i].dts {
			n++
		}
	}
	return 2*n > len(packets)
}

// paced reports whether the pace of what was seen is known, or will not be.
func paced(packets []packet) bool {
	_, _, ok := livePace(packets)
	return ok || packets[len(packets)-1].arrival.Sub(packets[0].arrival) >= longestPace
}

// keyIntervalOf is the longest distance between key frames, by the number of frames.
func keyIntervalOf(packets []packet, rate Rate) (time.Duration, bool) {
	longest, last := 0, -1
	for i, p := range packets {
		if p.key {
			if last >= 0 {
				longest = max(longest, i-last)
			}
			last = i
		}
	}
	if longest == 0 {
		return assumedKeyInterval, false
	}
	return rate.Frames(longest).Round(time.Millisecond), true
}

// placeFirst gives the first packet of RTSP, which has no time, its place before
// the next key frame, by the number of frames between.
func placeFirst(packets []packet, rate Rate) {
	made := packets[0].guessed || len(packets) > 1 && packets[1].dts <= packets[0].dts
	if !made || rate.Num <= 0 {
		return
	}
	for i, p := range packets[1:] {
		if p.key {
			packets[0].dts = p.dts - float64(i+1)/rate.Float()
			return
		}
	}
}
