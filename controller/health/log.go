package health

import (
	"context"
	"log/slog"
	"time"
)

// Log asks for a report once a second, so that each since is true, and logs what
// people are to know: that a link fails, once, and that it holds again. It ends
// with the context.
func Log(ctx context.Context, report func(now time.Time) Report, log *slog.Logger) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	told := map[string]bool{}
	for {
		for _, l := range report(time.Now()).Links {
			switch {
			case l.Told && !told[l.Code]:
				log.Warn("health: failing", "link", l.Code, "reason", l.Reason.Code, "title", l.Reason.Title, "advice", l.Reason.Advice)
			case l.State == OK && told[l.Code]:
				log.Info("health: well again", "link", l.Code, "title", l.Title)
			}
			told[l.Code] = l.Told || told[l.Code] && l.State != OK
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
