package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// secretShapes are where makers put what is secret: %[1]s is host and port, %[2]s
// the secret.
var secretShapes = []string{
	"user:%[2]s@%[1]s/video", "%[2]s@%[1]s/video", "%[2]s:x@%[1]s/video", "user:p%%40%[2]s@%[1]s/",
	"%[1]s/user=admin_password=%[2]s_channel=1_stream=0.sdp", "%[1]s/user=admin&password=%[2]s&channel=1",
	"%[1]s/token/%[2]s/live", "%[1]s/app/%[2]s", "%[1]s/%[2]s", "%[1]s/s/%[2]s.m3u8",
	"%[1]s/v?jwt=%[2]s", "%[1]s/v?bearer=%[2]s&x=1", "%[1]s/v?psd=%[2]s", "%[1]s/v?pin=%[2]s&code=%[2]s", "%[1]s/v?%[2]s",
	"%[1]s/v?a=b;basic=%[2]s", "%[1]s/v#%[2]s", "%[1]s/v#access=%[2]s", "%[1]s/v?streamid=read:cam:user:%[2]s", "%[1]s/v?next=http%%3A%%2F%%2Fg%%2F%[2]s",
}

// talker is a tool that fails and says its address in its own words, as ffmpeg does.
const talker = `#!/bin/sh
for last; do case "$last" in *://*) address="$last";; esac; done
rest="${address#*://}"; path="${rest#*/}"; query="${path#*\?}"; name="${path##*/}"
{
	echo "[rtmp @ 0x5581] Server error: Failed to play $path; stream not found."
	echo "[hls @ 0x5581] Opening '$address' for reading"
	echo "[http @ 0x5581] Will reconnect at 0 error=$name, query $query."
	echo "$address: something odd"
} >&2
exit 1
`

// Of a hundred addresses that have a secret somewhere none shows it in the API, in
// logs, metrics, alerts or files for people.
func TestHundredSecretsStaySecret(t *testing.T) {
	tools := t.TempDir()
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte(talker), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", tools+":"+os.Getenv("PATH"))
	alerts := make(chan string, 1000)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		alerts <- string(body)
	}))
	t.Cleanup(receiver.Close)

	var lines, secrets []string
	for _, scheme := range []string{"rtmp", "srt", "http", "rtsp", "rtmps"} {
		for _, shape := range secretShapes {
			n := len(lines)
			secret := fmt.Sprintf("s3cr%03dKEY", n)
			secrets = append(secrets, secret)
			lines = append(lines, fmt.Sprintf("c%03d=%s://%s", n, scheme, fmt.Sprintf(shape, "127.0.0.1:1", secret)))
		}
	}
	if len(lines) != 100 {
		t.Fatalf("%d addresses", len(lines))
	}
	h := newHouse(t, "ALERT_WEBHOOK="+receiver.URL, "ALERT_AFTER=10s")
	h.write(lines...)
	h.serve("CAMERAS_FILE=" + h.list)

	var shown strings.Builder
	h.until("all cameras to have failed", func() bool {
		all := h.cameras()
		return len(all) == 100 && !slices.ContainsFunc(lines, func(line string) bool {
			name, _, _ := strings.Cut(line, "=")
			return all[name].Reason == nil || all[name].Reason.Code == "connecting"
		})
	})
	for range lines {
		select {
		case alert := <-alerts:
			shown.WriteString(alert)
		case <-time.After(2 * time.Minute):
			t.Fatal("an alert is missing")
		}
	}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		one := h.get("/api/cameras/" + name).body
		if !strings.Contains(one, `127.0.0.1:1`) {
			t.Errorf("%s: the host is hidden too: %s", line, one)
		}
		shown.WriteString(one)
		status, err := os.ReadFile(filepath.Join(h.media, ".spool", name, "status.json"))
		if err != nil {
			t.Error(err)
		}
		shown.Write(status)
	}
	shown.WriteString(h.get("/api/cameras").body + h.metrics() + h.log.String())
	if text := shown.String(); !strings.Contains(text, "something odd") || !strings.Contains(text, "Failed to play") {
		t.Error("ffmpeg's words are not among what is looked at")
	}
	for i, secret := range secrets {
		if at := strings.Index(shown.String(), secret); at >= 0 {
			t.Errorf("%s is shown: %.200s", lines[i], shown.String()[max(0, at-100):])
		}
	}
}

// metrics are all of them, as Prometheus reads them.
func (h *house) metrics() string {
	h.t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", filepath.Join(filepath.Dir(h.media), "metrics"))
	}}}
	defer client.CloseIdleConnections()
	got, err := client.Get("http://lookback/metrics")
	if err != nil {
		h.t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil || !strings.Contains(string(body), "lookback_camera_health") {
		h.t.Fatalf("%v: %.200s", err, body)
	}
	return string(body)
}
