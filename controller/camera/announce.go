package camera

import (
	"context"
	"net"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	avc "github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// announceTimeout is how long a camera may take to describe itself.
const announceTimeout = 2 * time.Second

// announced are the facts of an RTSP camera with one track of H.264 that it
// describes well enough; false for all others and where anything fails.
//
// An RTSP camera announces what it will send before it sends anything. Asking
// for that alone takes some milliseconds, where ffprobe takes half a second and
// a tenth of a core. Whatever is not as it mostly is, ffprobe is to look at.
func announced(ctx context.Context, address string) (Facts, bool) {
	u, err := base.ParseURL(address)
	if err != nil || u.Scheme != "rtsp" {
		return Facts{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	c := gortsplib.Client{
		Scheme: u.Scheme, Host: u.Host, UserAgent: "Lookback", ReadTimeout: announceTimeout, WriteTimeout: announceTimeout,
		DialContext: func(_ context.Context, network, door string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, door)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
	}
	if c.Start() != nil {
		return Facts{}, false
	}
	defer c.Close()
	said, _, err := c.Describe(u)
	if err != nil {
		return Facts{}, false
	}
	return described(said)
}

// described are the facts that an announcement tells.
func described(said *description.Session) (Facts, bool) {
	var video *format.H264
	for _, media := range said.Medias {
		if media.Type != description.MediaTypeVideo {
			continue
		}
		track, ok := media.Formats[0].(*format.H264)
		if !ok || video != nil || len(media.Formats) > 1 {
			return Facts{}, false
		}
		video = track
	}
	if video == nil {
		return Facts{}, false
	}
	width, height, ok := plainPicture(video.SPS)
	return Facts{Kind: RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: width, Height: height}, ok
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
