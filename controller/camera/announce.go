package camera

import (
	"fmt"

	avc "github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	hevc "github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// Announced are the rough facts of an RTSP camera by its codec, "h264" or "h265",
// one of its sequence parameter sets, and the size that this tells, in pixels. What
// can't be understood, or is too large, has no pixel format.
func Announced(codec string, set []byte, width, height int) Facts {
	f := Facts{Kind: RTSP, Format: "rtsp", Codec: codec, Width: width, Height: height, Knowledge: Rough}
	if codec == "h265" {
		f.Codec = "hevc"
	}
	if width > 0 && height > 0 && width*height <= MaxPixels {
		f.PixelFormat, f.Matrix = pixelFormat(f.Codec, set), matrixOf(f.Codec, set)
	}
	return f
}

// matrixOf is ffmpeg's name of the matrix that a sequence parameter set tells (H.273,
// table 4), "" where it tells none.
func matrixOf(codec string, set []byte) string {
	told, matrix := false, uint8(0)
	if codec == "hevc" {
		var sps hevc.SPS
		if sps.Unmarshal(set) == nil && sps.VUI != nil {
			told, matrix = sps.VUI.ColourDescriptionPresentFlag, sps.VUI.MatrixCoefficients
		}
	} else {
		var sps avc.SPS
		if sps.Unmarshal(set) == nil && sps.VUI != nil {
			told, matrix = sps.VUI.ColourDescriptionPresentFlag, sps.VUI.MatrixCoefficients
		}
	}
	switch {
	case !told || matrix == 2:
		return ""
	case matrix == 1:
		return bt709
	}
	return bt601
}

// pixelFormat is ffmpeg's name of how a picture is coded, by its sequence parameter
// set; "" where that can't be read.
func pixelFormat(codec string, set []byte) string {
	chroma, luma := uint32(1), uint32(0)
	if codec == "hevc" {
		var sps hevc.SPS
		if sps.Unmarshal(set) != nil {
			return ""
		}
		chroma, luma = sps.ChromaFormatIdc, sps.BitDepthLumaMinus8
	} else {
		var sps avc.SPS
		if sps.Unmarshal(set) != nil {
			return ""
		}
		if sps.ProfileIdc >= 100 { // others have no choice
			chroma, luma = sps.ChromaFormatIdc, sps.BitDepthLumaMinus8
		}
	}
	names := []string{"gray", "yuv420p", "yuv422p", "yuv444p"}
	if chroma >= uint32(len(names)) {
		return ""
	}
	if luma > 0 {
		return fmt.Sprintf("%s%dle", names[chroma], luma+8)
	}
	return names[chroma]
}
