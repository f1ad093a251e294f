package democam

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	form = "application/x-www-form-urlencoded"
	js   = "application/json"
)

func TestFaultsAreSetAndShown(t *testing.T) {
	for _, c := range []struct{ query, kind, body, size, faults string }{
		{"?stall=on", "", "", "320x240", `{"stall":{"value":"on","until":null}}`},
		{"", form, "truncate=3&garbage=on", "320x240", `{"garbage":{"value":1,"until":null},"truncate":{"value":3,"until":null}}`},
		{"", js, `{"size": "640x360", "fps": 7.5}`, "640x360", `{"fps":{"value":7.5,"until":null},"size":{"value":"640x360","until":null}}`},
		{"", js, `{"stall": true, "drop": "refuse", "garbage": null}`, "320x240", `{"drop":{"value":"refuse","until":null},"stall":{"value":"on","until":null}}`},
		{"?stall=off&drop=on", "", "", "320x240", `{}`},
	} {
		t.Run(c.query+c.body, func(t *testing.T) {
			_, base := start(t, Options{Width: 320, Height: 240})
			request(t, "POST", base+"/faults?garbage=5", "", "")
			request(t, "POST", base+"/faults?none", "", "")
			status, body := request(t, "POST", base+"/faults"+c.query, c.kind, c.body)
			if status != 200 {
				t.Fatalf("%d %s", status, body)
			}
			_, body = request(t, "GET", base+"/faults", "", "")
			var got struct {
				Size   string
				Faults json.RawMessage
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatal(err)
			}
			if got.Size != c.size || string(got.Faults) != c.faults {
				t.Errorf("GET /faults: %s", body)
			}
		})
	}
}

func TestFaultsForAWhileSayWhenTheyEnd(t *testing.T) {
	_, base := start(t, Options{Width: 320, Height: 240})
	_, body := request(t, "POST", base+"/faults?stall=on&for=1h", "", "")
	if !strings.Contains(body, `"stall":{"value":"on","until":"2`) {
		t.Error(body)
	}
	request(t, "POST", base+"/faults?stall=on&for=1ns", "", "")
	if _, body := request(t, "GET", base+"/faults", "", ""); !strings.Contains(body, `"faults":{}`) {
		t.Error(body)
	}
}

func TestBadFaultsAreRefusedWhole(t *testing.T) {
	c, base := start(t, Options{Width: 320, Height: 240})
	for _, bad := range []struct{ query, kind, body, says string }{
		{"", "", "", "accepted are stall, drop"},
		{"?stall=on&truncate=0", "", "", `parameter truncate="0": accepted is on (every frame), n`},
		{"?stall=on&garbage=x", "", "", `parameter garbage="x"`},
		{"?stall=on&size=641x360", "", "", `parameter size="641x360": accepted is WIDTHxHEIGHT, both even`},
		{"?stall=on&size=big", "", "", `parameter size="big"`},
		{"?stall=on&fps=NaN", "", "", `parameter fps="NaN": accepted is a number from 0.1 to 120`},
		{"?stall=on&for=-1s", "", "", `parameter for="-1s": accepted is a duration`},
		{"?stall=on&stahl=on", "", "", `parameter "stahl" (value "on") is unknown: accepted are`},
		{"?stall=on&for=off", "", "", `parameter for="off"`},
		{"?stall=on&drop=5", form, "", `parameter drop="5": accepted is on (close all`},
		{"?stall=on", js, `{"fps": [1]}`, `parameter fps="[1]"`},
		{"?stall=on", js, `{`, "accepted is a form or a JSON object"},
		{"?stall=on", form, "%zz", "accepted is a form or a JSON object"},
	} {
		status, body := request(t, "POST", base+"/faults"+bad.query, bad.kind, bad.body)
		if status != http.StatusBadRequest || !strings.Contains(body, bad.says) {
			t.Errorf("%s %s: %d %q, want %q in it", bad.query, bad.body, status, body, bad.says)
		}
	}
	if c.plan().faults.stall.active {
		t.Error("half of a bad request was obeyed")
	}
}

func TestOtherOriginsCauseNoFaults(t *testing.T) {
	c, base := start(t, Options{Width: 320, Height: 240})
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/faults?stall=on", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "http://elsewhere.example")
	resp, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden || c.plan().faults.stall.active {
		t.Errorf("%s", resp.Status)
	}
}

func FuzzFaults(f *testing.F) {
	for _, s := range []string{"stall=on", "drop=refuse&for=1s", "truncate=3", "garbage=off", "fps=1e3", "none=", "size=1x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		commands, d, err := parse(values)
		if err != nil && commands != nil || d < 0 {
			t.Errorf("%d commands for %v with error %v", len(commands), d, err)
		}
	})
}

func TestArguments(t *testing.T) {
	for _, bad := range []struct{ args, says string }{
		{"-size 641x360", `-size "641x360": accepted is WIDTHxHEIGHT`},
		{"-size 1280", `-size "1280"`},
		{"-size 320x320x320", `-size "320x320x320"`},
		{"-size 300x1000", `-size "300x1000"`},
		{"-fps 0", `-fps "0": accepted is a number from 0.1 to 120`},
		{"-fps fast", "fast"},
		{"-colour", "-colour"},
		{"-blocks=perhaps", `"perhaps" for -blocks: accepted is on or off`},
		{"8081", `unexpected argument "8081"`},
	} {
		err := Main(t.Context(), strings.Fields(bad.args), slog.New(slog.DiscardHandler))
		if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%s: %v, want %q in it", bad.args, err, bad.says)
		}
	}
	var help bytes.Buffer
	if _, _, err := parseArgs([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-listen [host]:port") {
		t.Errorf("-h: %v %s", err, help.String())
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = Main(t.Context(), []string{"-listen", taken.Addr().String()}, slog.New(slog.DiscardHandler))
	if err == nil || errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("%v", err)
	}
}

func TestServesUntilTold(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, Options{Width: 320, Height: 240}) }()
	stream := watch(t, "http://"+listener.Addr().String())
	nextPart(t, stream)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for err := error(nil); err == nil; {
		_, err = stream.NextPart()
	}
}
