package rig

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os/exec"

	"lookback/controller/democam"
)

// A block's edge is reduced to two pixels, the least that democam.ReadBlocks reads.
const (
	stripWidth, stripHeight = 96, 4
	shrink                  = "crop=round(24*iw/1280)*48:round(24*iw/1280)*2:0:0,scale=96:4:flags=area,format=gray"
)

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
	const picture = stripWidth * stripHeight
	for ; len(pixels) >= picture; pixels = pixels[picture:] {
		strip := image.Gray{Pix: pixels[:picture], Stride: stripWidth, Rect: image.Rect(0, 0, stripWidth, stripHeight)}
		code := int64(0)
		if at, ok := democam.ReadBlocks(&strip); ok {
			code = at.UnixMilli()
		}
		codes = append(codes, code)
	}
	return codes, err
}
