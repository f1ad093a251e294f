package web

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"lookback/controller/archive"
	"lookback/controller/spool"
)

func TestCameras(t *testing.T) {
	h := newHouse(t)
	h.status = spool.Status{State: spool.Recording, Since: time.UnixMicro(1795345190_123456), Plan: "copying H.264", PlanReasons: []string{"Browsers play it."}, Log: []string{"frame=1"}}
	h.cam.PartSize = 10_000
	h.cam.Run(0)
	h.cam.Parts(125)
	h.now = time.UnixMicro(h.cam.Snapshot().Edge() + 120_000)
	const camera = `{"name":"front","title":"front","time_zone":null,"state":"live","since":"2026-11-22T10:59:50.123Z","reason":null,"source":"http://camera/stream","plan":"copying H.264","plan_reasons":["Browsers play it."],` +
		`"window":{"start":"2026-11-22T10:59:50.000Z","end":"2026-11-22T11:00:02.500Z","seconds":12.5,"bytes":1200000,"bytes_per_hour":360000000},` +
		`"live":{"edge":"2026-11-22T11:00:02.500Z","edge_age_seconds":0.12,"part_target_seconds":0.1,"target_duration_seconds":2,"segment_seconds":2,"epoch":0},` +
		`"video":{"codecs":"avc1.42c01f","width":1280,"height":720,"frame_rate":30},` +
		`"urls":{"index":"hls/front/index.m3u8","live":"hls/front/live.m3u8?epoch=0","window":"hls/front/window.m3u8?epoch=0"},"picture":{"at":"2026-11-22T11:00:02.000Z","url":"hls/front/0123456789abcdef/pictures/4206.mp4"},"forecast":{"bytes_per_hour":1900000000,"hours_fit":61,"bound_by":"DISK_RESERVE","sentence":"1.9 GB an hour; at this rate 61 h fit (DISK_RESERVE)"}`
	links := regexp.MustCompile(`"health":\[.*?\],"source"`)
	without := func(body string) string { return links.ReplaceAllString(body, `"source"`) }
	if got, want := without(h.get(t, "/api/cameras").Body.String()), `{"now":"2026-11-22T11:00:02.620Z","cameras":[`+camera+"}]}\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := without(h.get(t, "/api/cameras/front").Body.String()), camera+`,"now":"2026-11-22T11:00:02.620Z","log":["frame=1"]}`+"\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestFrameRate: a camera that sends fewer pictures than when its run began is told to.
func TestFrameRate(t *testing.T) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(3)
	for _, c := range []struct {
		status spool.Status
		want   string
	}{
		{spool.Status{State: spool.Recording, FrameRate: 5}, `"frame_rate":5}`},
		{spool.Status{State: spool.Recording}, `"frame_rate":30}`},
		{spool.Status{State: spool.Waiting, FrameRate: 5}, `"frame_rate":30}`},
	} {
		h.status = c.status
		if body := h.get(t, "/api/cameras/front").Body.String(); !strings.Contains(body, c.want) {
			t.Errorf("%s instead of %s", body, c.want)
		}
	}
}

// Where the camera stands is told when somebody said so.
func TestTimeZone(t *testing.T) {
	h := newHouse(t)
	(*h.cameras.Load())[0].zone = "Europe/Berlin"
	if body := h.get(t, "/api/cameras/front").Body.String(); !strings.Contains(body, `"time_zone":"Europe/Berlin"`) {
		t.Error(body)
	}
}

// TestHealthChain: a lost camera reports itself and not what follows from it;
// a black picture is told of after its patience, and makes nothing unready.
func TestHealthChain(t *testing.T) {
	h := newHouse(t)
	type linkJSON struct { // as others read it
		Code, State string
		Reported    bool
		Reason      *struct{ Code string }
	}
	link := func(code string) (found linkJSON, text string) {
		t.Helper()
		var c struct{ Health []json.RawMessage }
		if err := json.Unmarshal(h.get(t, "/api/cameras/front").Body.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		for _, raw := range c.Health {
			if json.Unmarshal(raw, &found); found.Code == code {
				return found, string(raw)
			}
		}
		t.Fatalf("no link %q", code)
		return found, ""
	}
	h.status = spool.Status{State: spool.Waiting, Code: "connection-refused", Title: "The camera refuses the connection", Advice: "Is it switched on?"}
	h.now = h.clock().Add(5 * time.Second)
	const source = `{"code":"source","title":"The camera can be reached","state":"failing","since":"2026-11-22T10:59:50.000Z","severity":"error","depends_on":["recorder"],"patience_seconds":10,` +
		`"reported":false,"reason":{"code":"connection-refused","title":"The camera refuses the connection","advice":"Is it switched on?"}}`
	if _, text := link("source"); text != source {
		t.Errorf("got  %s\nwant %s", text, source)
	}
	for _, after := range []string{"ffmpeg", "fragments", "segments", "content", "motion"} {
		if l, _ := link(after); l.State != "unknown" {
			t.Errorf("%s is %s while the camera is lost", after, l.State)
		}
	}
	h.now = h.now.Add(5 * time.Second)
	if l, _ := link("source"); !l.Reported {
		t.Error("nobody is told after the patience")
	}

	h.cam.Run(0)
	h.cam.Parts(30)
	dark := time.UnixMicro(h.cam.Snapshot().Edge())
	h.now, h.status = dark.Add(time.Second), spool.Status{State: spool.Recording, Picture: &spool.Picture{Dark: &dark, Frozen: &dark}}
	if l, text := link("content"); l.State != "failing" || l.Reported || l.Reason.Code != "black" {
		t.Error(text)
	}
	if l, _ := link("motion"); l.State != "unknown" {
		t.Error("a black picture that does not move is told twice")
	}
	h.status.Picture.Dark = nil
	earlier := dark.Add(-10 * time.Minute)
	h.status.Picture.Frozen = &earlier
	if w := h.get(t, "/readyz"); w.Code != 200 || !strings.Contains(w.Body.String(), `"warnings":[{"name":"front","link":"motion","reason":{"code":"frozen","title":"The picture is frozen"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCameraWithoutPicture(t *testing.T) {
	h := newHouse(t)
	h.status = spool.Status{State: spool.Waiting, Code: "connection-refused", Title: "The camera refuses the connection", Advice: "Is it switched on?"}
	got := h.get(t, "/api/cameras/front").Body.String()
	for _, want := range []string{`"state":"starting"`, `"reason":{"code":"connection-refused","title":"The camera refuses the connection","advice":"Is it switched on?"}`,
		`"window":null,"live":null,"video":null`, `"log":[]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}

func TestCameraGoesAndComes(t *testing.T) {
	h := newHouse(t)
	state := func() (s string) {
		var c struct{ State string }
		if err := json.Unmarshal(h.get(t, "/api/cameras/front").Body.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		return c.State
	}
	h.cam.Run(0)
	h.cam.Parts(30)
	live := state()
	h.cam.EndRun()
	h.now = time.UnixMicro(h.cam.Snapshot().Edge()).Add(time.Minute)
	away := state()
	h.cam.Run(60_000_000)
	h.cam.Parts(1)
	h.now = time.Time{}
	if back := state(); live != "live" || away != "away" || back != "live" {
		t.Errorf("%s, %s, %s", live, away, back)
	}
}

// What the recorder and the settings give is free of credentials; nothing on
// the way may bring them back.
func TestNoCredentials(t *testing.T) {
	h := newHouse(t)
	h.err = fmt.Errorf("open rtsp://user:pass@camera/: refused")
	h.cam.Run(0)
	h.cam.Parts(30)
	password := regexp.MustCompile(`[^/"]*:[^/"]*@`)
	for _, target := range []string{"/api/cameras", "/api/cameras/front", "/readyz", "/healthz", "/hls/front/index.m3u8", "/hls/front/live.m3u8", "/api/cameras/front/timeline"} {
		if body := h.get(t, target).Body.String(); password.MatchString(body) || strings.Contains(body, "pass") {
			t.Errorf("%s: %s", target, body)
		}
	}
}

func TestTimeline(t *testing.T) {
	h := newHouse(t)
	if got := h.get(t, "/api/cameras/front/timeline"); got.Code != 200 || !strings.Contains(got.Body.String(), `"spans":[]`) {
		t.Errorf("empty: %d %s", got.Code, got.Body)
	}
	h.cam.Run(0)
	h.cam.Parts(45)
	h.cam.Flaw(archive.Late, 500_000, 500_000) // of 10:59:54
	h.cam.Parts(5)
	h.cam.Run(5_000_000)
	h.cam.Parts(25)
	h.cam.Flaw(archive.Standstill, 1_500_000, 1_200_000) // in a segment that is complete later
	h.cam.Parts(25)
	const first, second = `{"start":"2026-11-22T10:59:50.000Z","end":"2026-11-22T10:59:55.000Z"}`, `{"start":"2026-11-22T11:00:00.000Z","end":"2026-11-22T11:00:05.000Z"}`
	const late, stood = `{"start":"2026-11-22T10:59:54.000Z","end":"2026-11-22T10:59:54.500Z","kind":"late"}`, `{"start":"2026-11-22T11:00:01.000Z","end":"2026-11-22T11:00:02.200Z","kind":"standstill"}`
	for query, want := range map[string]string{
		"":          `{"from":"2026-11-22T10:59:50.000Z","to":"2026-11-22T11:00:05.000Z","spans":[` + first + "," + second + `],"flaws":[` + late + "," + stood + "]}\n",
		"?points=2": `{"from":"2026-11-22T10:59:50.000Z","to":"2026-11-22T11:00:05.000Z","spans":[{"start":"2026-11-22T10:59:50.000Z","end":"2026-11-22T11:00:05.000Z"}],"flaws":[]}` + "\n",
		"?from=2026-11-22T11:59:54%2B01:00&to=2026-11-22T10:59:58Z": `{"from":"2026-11-22T10:59:54.000Z","to":"2026-11-22T10:59:58.000Z","spans":[{"start":"2026-11-22T10:59:54.000Z","end":"2026-11-22T10:59:55.000Z"}],"flaws":[` + late + "]}\n",
	} {
		if got := h.get(t, "/api/cameras/front/timeline"+query).Body.String(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", query, got, want)
		}
	}
}
