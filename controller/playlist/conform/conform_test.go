package conform

import (
	"strings"
	"testing"
)

const good = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0,PART-HOLD-BACK=3.0
#EXT-X-PART-INF:PART-TARGET=1.0
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init/000000010.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000000Z
#EXTINF:2.0,
2026-11-22/10/000000010.m4s
#EXT-X-GAP
#EXT-X-PART:DURATION=1.0,URI="parts/11.0.m4s",GAP=YES
#EXT-X-PART:DURATION=1.0,URI="parts/11.1.m4s",GAP=YES
#EXTINF:2.0,
2026-11-22/10/000000011.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:04.000000Z
#EXTINF:2.0,
2026-11-22/10/000000012.m4s
#EXT-X-PART:DURATION=1.0,URI="parts/13.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="parts/13.1.m4s"
`

func parse(t *testing.T, text string) *Parsed {
	t.Helper()
	p, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGood(t *testing.T) {
	p := parse(t, good)
	if errs := Check(p, p); len(errs) > 0 {
		t.Error(errs)
	}
}

// Each change of the good playlist must be found.
func TestFindsWhatIsWrong(t *testing.T) {
	for _, x := range []struct{ old, new, want string }{
		{"VERSION:9", "VERSION:7", "too old for EXT-X-SKIP"},
		{"SKIP-UNTIL=12.0", "SKIP-UNTIL=11.9", "CAN-SKIP-UNTIL"},
		{",HOLD-BACK=6.0", ",HOLD-BACK=5.9", "HOLD-BACK"},
		{"PART-HOLD-BACK=3.0", "PART-HOLD-BACK=2.9", "PART-HOLD-BACK"},
		{"DURATION=1.0,URI=\"parts/13", "DURATION=1.001,URI=\"parts/13", "more than PART-TARGET"},
		{"#EXT-X-PART:DURATION=1.0,URI=\"parts/13.0.m4s\",INDEPENDENT=YES", "#EXT-X-PART:DURATION=0.8,URI=\"parts/13.0.m4s\"", "less than 85 %"},
		{"#EXTINF:2.0,\n2026-11-22/10/000000012", "#EXTINF:2.6,\n2026-11-22/10/000000012", "more than the target duration"},
		{"#EXTINF:2.0,\n2026-11-22/10/000000011", "#EXTINF:1.9,\n2026-11-22/10/000000011", "the parts of"},
		{"000000012.m4s", "000000013.m4s", "has the media sequence number 12"},
		{"10:00:04.000000", "10:00:04.070000", "is dated"},
		{"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000000Z\n", "", "without a date"},
		{"10/000000010", "11/000000010", "not of the hour"},
		{"parts/11.0.m4s\",GAP=YES", "parts/11.0.m4s\"", "of a gap is none"},
		{"#EXT-X-PART:DURATION=1.0,URI=\"parts/13", "#EXT-X-MAP:URI=\"init/x.mp4\"\n#EXT-X-PART:DURATION=1.0,URI=\"parts/13", "without a discontinuity"},
		{"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"parts/13.1.m4s\"\n", "", "no PRELOAD-HINT"},
		{"parts/13.1.m4s", "parts/13.0.m4s", "is already there"},
		{"#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:04.000000Z", "#EXT-X-MAP:URI=\"init/x.mp4\"", "without a discontinuity"},
		{"#EXT-X-PART:DURATION=1.0,URI=\"parts/13.0.m4s\",INDEPENDENT=YES\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"parts/13.1.m4s\"\n", "", "ends in a URI"},
		{"#EXT-X-PRELOAD-HINT", "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:06.000000Z\n#EXT-X-PRELOAD-HINT", "after the first part"},
		{"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"parts/13.1.m4s\"\n", "#EXT-X-ENDLIST\n", "goes on"},
	} {
		changed := strings.Replace(good, x.old, x.new, 1)
		if changed == good {
			t.Fatalf("%q is not in the playlist", x.old)
		}
		found(t, x.new, x.want, Check(nil, parse(t, changed)))
	}
}

// Each change from the good playlist to its next version must be found.
func TestFindsWhatMayNotChange(t *testing.T) {
	without := strings.Replace(good, good[strings.Index(good, "#EXT-X-DISCONTINUITY\n"):strings.Index(good, "#EXT-X-GAP")],
		"#EXT-X-MAP:URI=\"init/000000010.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:02.000000Z\n", 1)
	without = strings.Replace(without, "SEQUENCE:10", "SEQUENCE:11", 1)
	for _, x := range []struct{ text, old, new, want string }{
		{good, "TARGETDURATION:2", "TARGETDURATION:1", "TARGETDURATION changed"},
		{good, "PART-TARGET=1.0", "PART-TARGET=1.1", "PART-TARGET changed"},
		{good, "MEDIA-SEQUENCE:10", "MEDIA-SEQUENCE:9", "MEDIA-SEQUENCE went back"},
		{good, "SEQUENCE:3", "SEQUENCE:4", "DISCONTINUITY-SEQUENCE is 4, should be 3"},
		{without, "SEQUENCE:3", "SEQUENCE:3", "DISCONTINUITY-SEQUENCE is 3, should be 4"},
		{without, "SEQUENCE:3", "SEQUENCE:4", "are left after a removal"},
		{good, "URI=\"parts/11.0", "URI=\"parts/11.5", "changed its parts"},
		{good, "#EXT-X-GAP\n", "", "changed its tags"},
		{good, "URI=\"parts/13.0", "URI=\"parts/13.5", "lost or changed parts"},
	} {
		if !strings.Contains(x.text, x.old) {
			t.Fatalf("%q is not in the playlist", x.old)
		}
		found(t, x.new, x.want, Check(parse(t, good), parse(t, strings.Replace(x.text, x.old, x.new, 1))))
	}
}

// The list of a new promise begins where that of the old one ends.
func TestHandover(t *testing.T) {
	ended := good[:strings.Index(good, "#EXT-X-PRELOAD")] + "#EXTINF:1.0,\n2026-11-22/10/000000013.m4s\n#EXT-X-ENDLIST\n"
	next := strings.NewReplacer("SEQUENCE:10", "SEQUENCE:14", "SEQUENCE:3", "SEQUENCE:4", "TARGETDURATION:2", "TARGETDURATION:1", "10.m4s", "14.m4s",
		"#EXTINF:2.0", "#EXTINF:1.0").Replace(good[:strings.Index(good, "#EXT-X-GAP")]) + "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"parts/15.0.m4s\"\n"
	before := parse(t, ended)
	if errs := append(Check(parse(t, good), before), Handover(before, parse(t, next))...); len(errs) > 0 {
		t.Errorf("%v:\n%s%s", errs, ended, next)
	}
	if errs := Check(before, before); len(errs) > 0 {
		t.Errorf("read again: %v", errs)
	}
	found(t, "goes on", "changed after its end", Check(before, parse(t, good[:strings.Index(good, "#EXT-X-PART:DURATION=1.0,URI=\"parts/13")]+"#EXT-X-ENDLIST\n")))
	for _, x := range []struct{ old, new, want string }{
		{"SEQUENCE:14", "SEQUENCE:9", "MEDIA-SEQUENCE went back"},
		{"SEQUENCE:4", "SEQUENCE:3", "DISCONTINUITY-SEQUENCE is 3, should be 4"},
		{"SEQUENCE:14", "SEQUENCE:13", "became 2026"},
		{next[strings.Index(next, "#EXTINF"):strings.Index(next, "#EXT-X-PRELOAD")], "", "parts and no segment"},
	} {
		found(t, x.new, x.want, Handover(before, parse(t, strings.Replace(next, x.old, x.new, 1))))
	}
}

func found(t *testing.T, change, want string, errs []error) {
	t.Helper()
	for _, err := range errs {
		if strings.Contains(err.Error(), want) {
			return
		}
	}
	t.Errorf("%q: %q was not found, only %v", change, want, errs)
}

func TestMerge(t *testing.T) {
	full := parse(t, good)
	skip := strings.Replace(good, good[strings.Index(good, "#EXT-X-DISCONTINUITY\n"):strings.Index(good, "#EXT-X-GAP")],
		"#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-MAP:URI=\"init/000000010.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:02.000000Z\n", 1)
	skip = strings.Replace(skip, "CAN-SKIP-UNTIL=12.0", "CAN-SKIP-UNTIL=4.0", 1)
	merged, err := Merge(full, parse(t, skip))
	if err != nil || len(merged.Segments) != 3 || merged.Segments[0].URI != full.Segments[0].URI {
		t.Errorf("%v, %+v", err, merged)
	}
	for _, x := range []struct{ old, new string }{{"SEGMENTS=1", "SEGMENTS=4"}, {"UNTIL=4.0", "UNTIL=4.1"}, {"#EXT-X-MAP:URI=\"init/000000010.mp4\"\n", ""}, {"SEQUENCE:10", "SEQUENCE:9"}} {
		if _, err := Merge(full, parse(t, strings.Replace(skip, x.old, x.new, 1))); err == nil {
			t.Errorf("%q was merged", x.new)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "#EXTM3U", "#EXTM3U\nx.m4s\n", "#EXTM3U\n#EXT-X-UNKNOWN\n", "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-VERSION:9\n",
		"#EXTM3U\n#EXT-X-PART-INF:PART-TARGET=x\n", "#EXTM3U\n#EXT-X-MAP:URI=\"a\n", "#EXTM3U\n#EXT-X-PRELOAD-HINT:TYPE=PART\n", "#EXTM3U\n\n",
		"#EXTM3U\n#EXT-X-PART:DURATION=1,DURATION=1\n"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
