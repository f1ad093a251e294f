package health

import "lookback/controller/spool"

// condition is one link between camera and picture. Each depends on those
// before it, so the first that fails is the reason.
type condition struct {
	fails  func(Facts) bool
	reason func(Facts) Reason
}

// always gives the same words whatever the facts.
func always(r Reason) func(Facts) Reason { return func(Facts) Reason { return r } }

// chain runs in the order of the way of a fragment.
var chain = []condition{
	{func(f Facts) bool { return f.StatusErr != nil }, always(Reason{
		"no-recorder", "The recorder has not reported yet",
		"It does so within a few seconds of its start. If this stays, look at the controller's log."})},
	{func(f Facts) bool { return f.Status.State == spool.Stopped }, always(Reason{
		"stopped", "Recording was stopped", "Start the controller again to go on recording."})},
	{func(f Facts) bool { return f.Now.Sub(f.Status.At) > silence }, always(Reason{
		"recorder-silent", "The recorder has stopped reporting",
		"Is the disk full or the machine overloaded? Look at the controller's log."})},
	{func(f Facts) bool { return f.Status.Code != "" }, func(f Facts) Reason {
		return Reason{f.Status.Code, or(f.Status.Title, "The camera can't be recorded"), f.Status.Advice}
	}},
	{func(f Facts) bool { return f.Status.State != spool.Recording }, always(Reason{
		"connecting", "Connecting to the camera", "The first picture usually comes within a few seconds."})},
	{func(Facts) bool { return true }, always(Reason{
		"no-picture", "No picture arrives from the camera",
		"The connection stands. It is made anew by itself if this lasts."})},
}

// explain is the first failing link's reason.
func explain(f Facts) *Reason {
	for _, c := range chain {
		if c.fails(f) {
			r := c.reason(f)
			return &r
		}
	}
	return nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
