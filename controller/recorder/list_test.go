package recorder

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/auth"
)

// srtCamera waits for somebody who wants its stream, whatever its name; ffmpeg's SRT
// listener asks for none.
func srtCamera(t *testing.T) string {
	address := fmt.Sprint("127.0.0.1:", freeUDP(t))
	cmd := exec.Command("sh", "-c", `while :; do ffmpeg -nostdin -loglevel error -re "$@"; sleep 0.1; done`, "sh")
	cmd.Args = append(append(cmd.Args, testPicture...), "-g", "25", "-f", "mpegts", "srt://"+address+"?mode=listener&linger=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); cmd.Wait() })
	return address
}

// TestNothingSecretInArgumentsOfTheList: of cameras that no relay of ours hides, and that
// ffmpeg reads, what is secret in their addresses reaches them, and no process list, log or
// status shows it.
func TestNothingSecretInArgumentsOfTheList(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func() (address, secret string){
		"SRT": func() (string, string) {
			return "srt://" + srtCamera(t) + "?streamid=#!::r=it's,u=key-0f-srt&latency=100000", "key-0f-srt"
		},
		"RTSP": func() (string, string) {
			cam := &rtspCamera{fps: 25, login: []auth.VerifyMethod{auth.VerifyMethodDigestMD5}}
			return strings.Replace(cam.begin(t), "rtsp://", "rtsp://admin:gr8-secret@", 1), "gr8-secret"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, secret := begin()
			r, stop := start(t, address, func(r *Recorder) {
				r.foreign = "this is about ffmpeg"
				r.Redact = func(s string) string { return strings.ReplaceAll(s, secret, "***") }
			})
			until(t, 60*time.Second, "two segments", func() bool {
				lines(t, secret)
				return segments(t, r, 0) >= 2
			})
			stop()
			said := status(r)
			if !strings.HasPrefix(said.Plan, "copying H.264 320x") {
				t.Errorf("%+v", said)
			}
			if text, err := json.Marshal(said); err != nil || strings.Contains(string(text), secret) {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}

// TestListTellsWhy: the reasons are the same as with an address among the arguments.
func TestListTellsWhy(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for address, want := range map[string]string{
		"rtmp://" + l.Addr().String() + "/live/key-0f-rtmp":         "connection-refused",
		"srt://127.0.0.1:" + fmt.Sprint(freeUDP(t)) + "?streamid=x": "timeout",
	} {
		r, _ := start(t, address, func(r *Recorder) {
			r.Redact = func(s string) string { return strings.ReplaceAll(s, "key-0f-rtmp", "***") }
		})
		until(t, 30*time.Second, want, func() bool {
			lines(t, "key-0f-rtmp")
			return status(r).Code == want
		})
	}
}
