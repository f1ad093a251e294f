package archive

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"lookback/controller/spool"
)

func sampleView() excerpt {
	start := noon.UnixMicro()
	return excerpt{
		first: 4210,
		segs: []Segment{
			{Start: start, Duration: 2_000_000, Size: 123, Flags: 0},
			{Start: start + 2_000_000, Duration: 1_966_667, Size: 1 << 30},
			{Start: start + 3_966_667, Duration: 2_000_000, Flags: Gap},
			{Start: start + 9_000_000, Duration: 33_333, Size: 7, Run: 1, Flags: Discontinuity},
		},
		flaws: []Flaw{
			{MSN: 4211, Start: start - 500_000, End: start + 1_000_001, Kind: Late},
			{MSN: 4211, Start: start, End: start + 1_000_000, Kind: Standstill},
			{MSN: 4213, Start: start + 9_000_000, End: start + 9_600_000, Kind: Standstill},
		},
		runs:     []Run{{FirstMSN: 4000, Sequence: 3}, {FirstMSN: 4213, Sequence: 4}},
		promises: []Promise{{Promised: spool.Promised{Constants: spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}}}},
	}
}

func TestHourRoundTrip(t *testing.T) {
	v := sampleView()
	want := v.hour(hourOf(noon.UnixMicro()), 0, 1<<62)
	for _, kind := range []hourKind{{true, false}, {false, false}, {true, true}} {
		text := v.render(want, v.widest(want), kind)
		var l hourList
		parseHour(text, &l)
		for i := range l.entries {
			settle(v.runs, &l.entries[i])
		}
		if !reflect.DeepEqual(l.entries, want) || l.valid != len(text) || l.ended != kind.closed || l.typed == kind.trimmed || !l.fits(v.promises) {
			t.Errorf("%+v: %+v of\n%s", kind, l, text)
		}
		if l.maps[0] != 4000 || l.maps[3] != 4213 {
			t.Errorf("maps %v", l.maps)
		}
	}
}

func FuzzParseHour(f *testing.F) {
	v := sampleView()
	entries := v.hour(hourOf(noon.UnixMicro()), 0, 1<<62)
	whole := v.render(entries, v.widest(entries), hourKind{closed: true})
	for _, seed := range []string{
		string(whole), string(whole[:len(whole)-30]), string(whole[:len(whole)/2]), "", "\n", "#EXTM3U\n",
		"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T12:00:00.000000Z\n#EXTINF:2.000000,\n#BYTES:1\n000000001.m4s\n",
		"#EXT-X-PROGRAM-DATE-TIME:2026-13-40T25:61:61.000000Z\n", "#EXTINF:1e9,\n", "#EXTINF:2,\n#EXTINF:2.0000001,\n",
		"#EXT-X-DATERANGE:ID=\"late-1795348800000000\",CLASS=\"lookback.flaw\",START-DATE=\"2026-11-22T12:00:00.000000Z\",DURATION=1\n",
		"#EXT-X-DATERANGE:ID=\"odd-1\",CLASS=\"lookback.flaw\",START-DATE=\"2026-11-22T12:00:00.000000Z\",DURATION=0\n", "#EXT-X-DATERANGE:ID=\"another\"\n",
		"#BYTES:4294967296\n", "#EXT-X-MAP:URI=\"../../init/1\n", "../../../etc/passwd\n", "99999999999999999999.m4s\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var l, again hourList
		parseHour(data, &l)
		if l.valid > len(data) || len(l.maps) != len(l.entries) {
			t.Fatalf("valid %d of %d, %d maps for %d entries", l.valid, len(data), len(l.maps), len(l.entries))
		}
		parseHour(data[:l.valid], &again)
		if !reflect.DeepEqual(again.entries, l.entries) && len(l.entries) > 0 || again.valid != l.valid {
			t.Fatalf("the valid part says something else: %+v, was %+v", again, l)
		}
		var text []byte
		run := excerpt{runs: []Run{{}}}
		for _, e := range l.entries { // what was understood is written as it was meant
			if e.Start < 0 || e.Start > time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMicro() {
				t.Fatalf("date %d", e.Start)
			}
			text = run.appendEntry(text, e, &entry{})
		}
		parseHour(text, &again)
		if !reflect.DeepEqual(again.entries, l.entries) && len(l.entries) > 0 {
			t.Fatalf("%+v became %+v by\n%s", l.entries, again.entries, text)
		}
	})
}

// The archive is plain HLS: its hours play from the disk without us, each and
// one after the other.
func TestHoursPlay(t *testing.T) {
	dir := fastDir(t)
	c := load(t, dir, 24*time.Hour)
	var hours []string
	for i, frames := range []int{65, 40, 1} { // the last hour is still open
		start := noon.Add(time.Duration(i)*time.Hour + 59*time.Minute + 57*time.Second)
		r := record(t, dir, "front", start).play(frames)
		take(t, c)
		r.end()
		take(t, c)
		hours = append(hours, front(dir, start.Format("2006-01-02/15"), hourName))
	}
	if err := c.run(c.listing()); err != nil {
		t.Fatal(err)
	}
	count := func(args ...string) int {
		args = append([]string{"-v", "error", "-count_packets", "-select_streams", "v", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", "-allowed_extensions", "ALL"}, args...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, "ffprobe", args...).Output()
		first, _, _ := strings.Cut(string(bytes.TrimSpace(out)), "\n")
		n, parseErr := strconv.Atoi(strings.TrimSuffix(first, ","))
		if err != nil || parseErr != nil {
			t.Fatalf("ffprobe %v: %v, %q", args, err, out)
		}
		return n
	}
	// 65 frames from 12:59:57: 40 of them in segments that begin before one
	// o'clock; the rest and the next run's first 40 in the hour after.
	if a, b := count(hours[0]), count(filepath.Join(filepath.Dir(filepath.Dir(hours[0])), "13", hourName)); a != 40 || b != 65 {
		t.Errorf("the hours hold %d and %d frames", a, b)
	}
}
