package camera

import (
	avc "github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// Announced are the rough facts of an RTSP camera by its codec, "h264" or "h265",
// one of its sequence parameter sets, and the size that this tells, in pixels. An
// H.264 picture of another kind than those that browsers play has no pixel format.
func Announced(codec string, set []byte, width, height int) Facts {
	f := Facts{Kind: RTSP, Format: "rtsp", Codec: codec, PixelFormat: "yuv420p", Width: width, Height: height, Knowledge: Rough}
	if codec == "h265" {
		f.Codec = "hevc"
	} else if _, _, ok := plainPicture(set); !ok {
		f.PixelFormat = ""
	}
	return f
}

// plainPicture reads the size from a sequence parameter set of the kinds that
// cameras send, with 8 bits and 4:2:0; false for all others.
func plainPicture(set []byte) (width, height int, ok bool) {
	var sps avc.SPS
	if len(set) < 4 || sps.Unmarshal(set) != nil {
		return 0, 0, false
	}
	width, height = sps.Width(), sps.Height()
	switch sps.ProfileIdc {
	case 66, 77, 88: // Baseline, Main, Extended
		ok = true
	case 100: // High
		ok = sps.ChromaFormatIdc == 1 && sps.BitDepthLumaMinus8 == 0 && sps.BitDepthChromaMinus8 == 0
	}
	return width, height, ok && width > 0 && height > 0 && width*height <= MaxPixels
}
