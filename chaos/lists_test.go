package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// entry is a segment of a playlist for these tests.
type entry struct {
	msn                int
	discontinuity, gap bool
	seconds            float64
}

var noon = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// hourList writes an hour playlist, two seconds a segment.
func hourList(entries ...entry) string {
	text := fmt.Sprintf("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:%d\n"+
		"#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-MAP:URI=\"../../init/000000000.mp4\"\n", entries[0].msn)
	for _, e := range entries {
		if e.discontinuity {
			text += "#EXT-X-DISCONTINUITY\n"
		}
		text += "#EXT-X-PROGRAM-DATE-TIME:" + noon.Add(2*time.Duration(e.msn)*time.Second).Format("2006-01-02T15:04:05.000000Z") + "\n"
		text += fmt.Sprintf("#EXTINF:%.6f,\n", max(e.seconds, 2))
		if e.gap {
			text += "#EXT-X-GAP\n"
		}
		text += fmt.Sprintf("#BYTES:17\n%09d.m4s\n", e.msn)
	}
	return text
}

// liveList writes a live playlist as the controller does, without parts.
func liveList(discontinuities int, entries ...entry) string {
	text := fmt.Sprintf("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n",
		entries[0].msn, discontinuities)
	for i, e := range entries {
		if e.discontinuity {
			text += "#EXT-X-DISCONTINUITY\n"
		}
		if i == 0 || e.discontinuity {
			text += "#EXT-X-MAP:URI=\"0123456789abcdef/init/000000000.mp4\"\n"
		}
		at := noon.Add(2 * time.Duration(e.msn) * time.Second)
		text += "#EXT-X-PROGRAM-DATE-TIME:" + at.Format("2006-01-02T15:04:05.000000Z") + "\n"
		text += fmt.Sprintf("#EXTINF:%.6f,\n0123456789abcdef/%s/%09d.m4s\n", max(e.seconds, 2), at.Format("2006-01-02/15"), e.msn)
	}
	return text + "#EXT-X-ENDLIST\n"
}

func TestHourPlaylists(t *testing.T) {
	for _, test := range []struct {
		name  string
		hours map[string]string
		want  string // in what it complains of, "" for nothing
	}{
		{"as they should be", map[string]string{"10": hourList(entry{msn: 4}, entry{msn: 5, discontinuity: true}), "11": hourList(entry{msn: 6})}, ""},
		{"a number left out", map[string]string{"10": hourList(entry{msn: 4}), "11": hourList(entry{msn: 6})}, "MSN 6 follows 4"},
		{"a number twice", map[string]string{"10": hourList(entry{msn: 4}, entry{msn: 5}), "11": hourList(entry{msn: 5}, entry{msn: 6})}, "MSN 5 is listed in"},
		{"garbage", map[string]string{"10": "#EXTM3U\nwhat\n"}, "a URI without EXTINF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for hour, text := range test.hours {
				write(t, dir, "2026-11-22/"+hour+"/index.m3u8", text)
			}
			l := newLists("", "front")
			if err := l.readHours(dir); err != nil {
				t.Fatal(err)
			}
			complaints(t, test.want, append(l.Numbers, l.Violations...))
		})
	}
}

func complaints(t *testing.T, want string, got []string) {
	t.Helper()
	if want == "" && len(got) > 0 || want != "" && !strings.Contains(strings.Join(got, "\n"), want) {
		t.Errorf("complaints %q, want %q", got, want)
	}
}

// What the playlists of a camera promise may change: then it is another one.
func TestLiveOfAnotherPromise(t *testing.T) {
	l := newLists("", "front")
	l.judge("live.m3u8", "0", []byte(liveList(0, entry{msn: 4})))
	l.judge("live.m3u8", "1", []byte(liveList(0, entry{msn: 5})))
	complaints(t, "", append(l.Numbers, l.Violations...))
	l.judge("live.m3u8", "2", []byte(liveList(0, entry{msn: 4}, entry{msn: 5}, entry{msn: 6})))
	complaints(t, "MEDIA-SEQUENCE went back", append(l.Numbers, l.Violations...))
}

func TestLiveVersions(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after string
		want          string
	}{
		{"goes on", liveList(0, entry{msn: 4}), liveList(0, entry{msn: 4}, entry{msn: 5}), "after its end"}, // conform is asked: these have ended
		{"number goes back", liveList(0, entry{msn: 9}), liveList(0, entry{msn: 4}), "MSN 4 to 5"},
		{"discontinuity sequence goes back", liveList(3, entry{msn: 4}), liveList(2, entry{msn: 4}), "discontinuity sequence 2 after"},
		{"two lengths", liveList(0, entry{msn: 4}), liveList(0, entry{msn: 4, seconds: 2.4}), "2 s and 2.4 s"},
		{"unreadable", liveList(0, entry{msn: 4}), "<html>", "not #EXTM3U"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLists("", "front")
			l.judge("live.m3u8", "0", []byte(test.before))
			complaints(t, "", append(l.Numbers, l.Violations...))
			l.judge("live.m3u8", "0", []byte(test.after))
			complaints(t, test.want, append(l.Numbers, l.Violations...))
		})
	}
}
