package camera

import "testing"

func TestTCPAddress(t *testing.T) {
	t.Setenv("http_proxy", "")
	for address, want := range map[string]string{
		"http://user:secret@cam/stream": "cam:80",
		"https://cam:8443/stream?a=b":   "cam:8443",
		"rtsp://[fe80::1]/live":         "[fe80::1]:554",
		"RTSP://cam/live":               "cam:554",
		"rtmp://cam/app/key":            "cam:1935",
		"srt://cam:9000":                "",
		"udp://@239.0.0.1:5004":         "",
		"/dev/video0":                   "",
		"file:///media/a.mp4":           "",
		"test:640x360@30":               "",
		"http://%zz":                    "",
	} {
		if got := TCPAddress(address); got != want {
			t.Errorf("TCPAddress(%q) = %q, want %q", address, got, want)
		}
	}
	t.Setenv("http_proxy", "http://proxy:3128")
	if got := TCPAddress("http://cam/stream"); got != "" {
		t.Errorf("behind a proxy: %q", got)
	}
}
