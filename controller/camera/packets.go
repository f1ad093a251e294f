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
	args = append(args, "-fpsprobesize", "0", "-i", source.input(), "-map", "0:v:0", "-c", "copy", "-copyinkf", "-f", "framecrc", "-flush_packets", "1", "pipe:1")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := command(ctx, cmp.Or(tools.FFmpeg, "ffmpeg"), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(cmd.Cmd, child.Memory(facts.Width*facts.Height)); err != nil {
		return failure(ctx, tools, cmd, "", err)
	}
	packets, enough := collect(out, *facts)
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
)

// collect reads framecrc lines until enough is known; false when they ended before.
func collect(out io.Reader, f Facts) ([]packet, bool) {
	var packets []packet
	var timebase float64
	for s := bufio.NewScanner(out); s.Scan(); {
		if tb, ok := strings.CutPrefix(s.Text(), "#tb 0: "); ok {
			num, den, _ := strings.Cut(tb, "/")
			n, _ := strconv.ParseFloat(num, 64)
			d, _ := strconv.ParseFloat(den, 64)
			timebase = n / d
		}
		if p, ok := parsePacket(s.Text(), timebase); ok {
			packets = append(packets, p)
			if sawEnough(packets, f) {
				return packets, true
			}
		}
	}
	return packets, false
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
	if len(packets) >= maxPackets {
		return true
	}
	if !f.timed() {
		// A slow camera needs longer, and so does one that is uneven: the rate
		// decides the part target, which can't be changed any more.
		span := last.arrival.Sub(packets[0].arrival)
		rate, steady := arrivalRate(packets)
		n := len(packets)
		return n >= 4 && span >= 2*watchMJPEG || n >= 20 && span >= watchMJPEG && steady && rate.usual()
	}
	if f.whole() {
		return last.dts-packets[0].dts >= watchWhole.Seconds() && len(packets) >= 4
	}
	keys := 0
	for _, p := range packets {
		if p.key {
			keys++
		}
	}
	span := last.dts - packets[0].dts
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
		f.FrameRate = stampRate(packets)
		placeFirst(packets, f.FrameRate)
		f.KeyInterval, f.KeyIntervalKnown = keyInterval(packets, f.FrameRate)
		f.BeginsWithKey = packets[0].key
	}
	if f.FrameRate.Num <= 0 {
		return fmt.Errorf("no frame rate: %w", reasons[InvalidData])
	}
	return nil
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
