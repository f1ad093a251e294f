package rig

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
)

// The block code as controller/democam/blocks.go draws it, a pixel per block.
const (
	TimeBits  = 48
	CheckSeed = 0xa5
)

// shrink makes a pixel of each block: the mean of its area.
const shrink = "crop=round(24*iw/1280)*48:round(24*iw/1280)*2:0:0,scale=48:2:flags=area,format=gray"

// DecodeBlocks is what the blocks of each picture of a stream (an init section
// and media segments) say, ms since 1970, 0 for those that can't be read.
func DecodeBlocks(stream []byte) (codes []int64, err error) {
	cmd := exec.Command("nice", "-n", "10", "ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", "pipe:0", "-map", "0:v:0",
		"-fps_mode", "passthrough", "-vf", shrink, "-f", "rawvideo", "pipe:1")
	cmd.Stdin = bytes.NewReader(stream)
	var said bytes.Buffer
	cmd.Stderr = &said
	pixels, err := cmd.Output()
	if err == nil && said.Len() > 0 {
		err = errors.New("it complains")
	}
	if err != nil {
		err = fmt.Errorf("ffmpeg: %w: %s", err, said.Bytes()[:min(400, said.Len())])
	}
	const picture = 2 * TimeBits
	for ; len(pixels) >= picture; pixels = pixels[picture:] {
		codes = append(codes, readCode(pixels[:TimeBits], pixels[TimeBits:picture]))
	}
	return codes, err
}

// readCode reads the two rows of blocks, 0 when the check does not hold.
func readCode(time, check []byte) (ms int64) {
	sum := byte(CheckSeed)
	for i := range TimeBits / 8 {
		b := bits(time[8*i:])
		sum ^= b
		ms = ms<<8 | int64(b)
	}
	if bits(check) != sum {
		return 0
	}
	return ms
}

// bits are the first eight of a row, white is 1.
func bits(row []byte) (b byte) {
	for _, pixel := range row[:8] {
		b <<= 1
		if pixel >= 128 {
			b |= 1
		}
	}
	return b
}
