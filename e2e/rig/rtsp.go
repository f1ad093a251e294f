package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// RTSP is a camera that sends H.264: GStreamer's RTSP server, and ffmpeg that
// feeds it whether anybody looks or not, so that a reader comes at any place
// between two key frames.
type RTSP struct {
	URL             string
	Server, Encoder *Process
}

// StartRTSP serves what ffmpeg makes of its arguments, from inputs to encoder,
// as H.264. Root is that of the source tree.
func StartRTSP(ctx context.Context, root string, arguments ...string) (*RTSP, error) {
	port, err := freeUDPPort()
	if err != nil {
		return nil, err
	}
	c := &RTSP{
		// Debian's own Python: GStreamer's bindings belong to it.
		Server: &Process{Name: "RTSP server", Path: "/usr/bin/python3", Env: plainEnv(),
			Args: []string{filepath.Join(root, "e2e", "testdata", "rtspserver.py"), "x-h264=udp:" + port}},
		Encoder: &Process{Name: "RTSP encoder", Path: "ffmpeg",
			Args: append(append([]string{"-nostdin", "-loglevel", "error"}, arguments...), "-f", "rtp", "rtp://127.0.0.1:"+port+"?pkt_size=1400")},
	}
	if err := c.Server.Start(); err != nil {
		return nil, err
	}
	listening := 0
	err = Until(ctx, patience, "the RTSP server listens", func() bool {
		listening, _ = strconv.Atoi(strings.TrimSpace(c.Server.Log()))
		return listening > 0 || c.Server.Ended()
	})
	if err == nil && c.Server.Ended() {
		err = fmt.Errorf("the RTSP server has ended:\n%s", c.Server.Log())
	}
	c.URL = fmt.Sprintf("rtsp://127.0.0.1:%d/x-h264", listening)
	if err = errors.Join(err, c.Encoder.Start()); err == nil {
		// It answers when the first picture has come.
		err = Until(ctx, patience, "the RTSP server answers", func() bool {
			return exec.CommandContext(ctx, "ffprobe", "-loglevel", "quiet", "-rtsp_transport", "tcp", c.URL).Run() == nil
		})
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s%s", err, c.Server.Log(), c.Encoder.Log())
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends both processes.
func (c *RTSP) Close() {
	c.Encoder.Stop()
	c.Server.Stop()
}

func freeUDPPort() (string, error) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.LocalAddr().String())
	return port, err
}
