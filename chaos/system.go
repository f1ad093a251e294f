package main

import (
	"context"
	"math/rand/v2"
	"time"

	"lookback/e2e/rig"
)

// System is the whole of Lookback, running, and what can be done to it.
type System interface {
	// Start returns when everything answers.
	Start(ctx context.Context) error
	// Freeze ends whatever writes the archive, which stays readable until Close.
	Freeze()
	Close()
	// Camera is the camera's name, Origin where nginx is and Metrics where the
	// controller's metrics are, Media the media directory as this program sees it.
	Camera() string
	Origin() string
	Metrics() string
	Media() string
	// Demo is where the demo camera answers now, by a way that no fault disturbs.
	Demo() string
	Kinds() []Kind
	// Processes are those to be watched for what they use, by their name.
	Processes() map[string]int
	// Cannot are faults that can't be done here and why: never passed over in silence.
	Cannot() []string
	Log() string
}

// clockSteps is why the clock is left alone.
const clockSteps = "clock steps: the clock is the whole machine's; -clock permits them with -stack host, and the tests of controller/recorder and controller/archive set one of their own"

// bad is a fault of the demo camera: what to ask for, given the dice.
type bad struct {
	name      string
	weight    int
	low, high time.Duration
	command   func(dice *rand.Rand) string
	end       string
}

func always(command string) func(*rand.Rand) string {
	return func(*rand.Rand) string { return command }
}

// oneOf chooses among commands.
func oneOf(commands ...string) func(*rand.Rand) string {
	return func(dice *rand.Rand) string { return commands[dice.IntN(len(commands))] }
}

var badCameras = []bad{
	{"camera stalls", 2, time.Second, 12 * time.Second, always("stall=on"), "stall=off"},
	{"camera drops", 2, 0, 0, always("drop=on"), ""},
	{"camera refuses", 2, time.Second, 10 * time.Second, always("drop=refuse"), "drop=off"},
	{"camera truncates", 1, time.Second, 6 * time.Second, oneOf("truncate=1", "truncate=2", "truncate=10"), "truncate=off"},
	{"camera sends garbage", 1, time.Second, 6 * time.Second, oneOf("garbage=1", "garbage=3", "garbage=20"), "garbage=off"},
	{"camera changes size", 1, 2 * time.Second, 8 * time.Second, oneOf("size=320x180", "size=800x450", "size=640x480"), "size=off"},
	{"camera changes rate", 1, 2 * time.Second, 8 * time.Second, oneOf("fps=5", "fps=12.5", "fps=50"), "fps=off"},
}

// cameraKinds are the faults that the demo camera makes itself.
func cameraKinds(demo func() string) (kinds []Kind) {
	for _, b := range badCameras {
		kinds = append(kinds, Kind{Name: b.name, Weight: b.weight, Shortest: b.low, Longest: b.high,
			Strike: func(ctx context.Context, lasts time.Duration, dice *rand.Rand) (time.Time, error) {
				if err := rig.Fault(ctx, demo(), b.command(dice)); err != nil || b.end == "" {
					return time.Now(), err
				}
				err := wait(ctx, lasts)
				// Taken back even when the run ends.
				if e := rig.Fault(context.WithoutCancel(ctx), demo(), b.end); err == nil {
					err = e
				}
				return time.Now(), err
			}})
	}
	return kinds
}
