package recorder

import (
	"testing"
	"time"

	"lookback/controller/camera"
)

// TestStuckJudge: an ffmpeg that does not work and takes no pictures is stuck after two
// seconds. One that is only slow has time, and one of whose pictures none can be
// decoded is not to blame.
func TestStuckJudge(t *testing.T) {
	for name, c := range map[string]struct {
		blocked, works bool // from second 10 on
		undecoded      int64
		silent         bool // nothing comes out from then on
		slept          bool // this program stands still for ten seconds then
		never          bool // nothing has ever come out
		after          time.Duration
		want           string
	}{
		"all is well":                        {},
		"it takes none":                      {blocked: true, silent: true, after: 2200 * ms, want: camera.FFmpegStuck},
		"it takes none, and works":           {blocked: true, works: true, silent: true, after: hopeless + 200*ms, want: camera.FFmpegStuck},
		"it takes all, and gives none":       {silent: true, after: hopeless + 200*ms, want: camera.FFmpegStuck},
		"none can be decoded":                {silent: true, undecoded: 1, after: 5200 * ms, want: camera.InvalidData},
		"some can't":                         {undecoded: 1},
		"this program stood still":           {blocked: true, silent: true, slept: true, after: 12400 * ms, want: camera.FFmpegStuck},
		"it never began":                     {never: true, blocked: true, after: 15200 * ms, want: camera.FFmpegStuck},
		"it never began, and works":          {never: true, blocked: true, works: true, after: 21200 * ms, want: camera.FFmpegStuck},
		"it never began: nothing is decoded": {never: true, undecoded: 1, after: 6200 * ms, want: camera.InvalidData},
	} {
		t.Run(name, func(t *testing.T) {
			var now, blocked, worked time.Duration
			var undecoded int64
			j := &stuckJudge{blocked: func(time.Duration) time.Duration { return blocked }, worked: func() time.Duration { return worked },
				undecoded: func() int64 { return undecoded }, least: minStall, frame: 40 * ms}
			const fault = 10 * time.Second
			for now = time.Second; now < 60*time.Second; now += checkInterval {
				if now == fault && c.slept {
					now += fault
				}
				wrong := now >= fault
				if !c.never && !(wrong && c.silent) {
					j.look(evidence{at: now, unit: &unit{}})
				}
				if wrong && c.blocked {
					blocked = now - fault
				}
				if !(wrong || c.never) || c.works {
					worked += 20 * ms
				}
				if wrong {
					undecoded += c.undecoded
				}
				if code := j.look(evidence{at: now}); code != "" {
					if code != c.want || (now-fault-c.after).Abs() > 2*checkInterval {
						t.Errorf("%s %v after the fault, want %q after %v", code, now-fault, c.want, c.after)
					}
					return
				}
			}
			if c.want != "" {
				t.Errorf("nothing is told, want %s", c.want)
			}
		})
	}
}
