package health

import (
	"context"
	"log/slog"
	"time"
)

// Log asks for a report once a second, so that each since is true, and logs what
// people are to know: that a link fails, once, and that it holds again. What is left
// out may come to lie elsewhere, and is named anew then. It ends with the context.
func Log(ctx context.Context, report func(now time.Time) Report, log *slog.Logger) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	reported, said := map[string]bool{}, map[string]string{}
	for {
		for _, l := range report(time.Now()).Links {
			switch {
			case l.Reported && (!reported[l.Code] || l.Code == "history" && said[l.Code] != l.Reason.Title):
				said[l.Code] = l.Reason.Title
				log.Warn("health: failing", "link", l.Code, "reason", l.Reason.Code, "title", l.Reason.Title, "advice", l.Reason.Advice)
			case l.State == OK && reported[l.Code]:
				log.Info("health: well again", "link", l.Code, "title", l.Title)
			}
			reported[l.Code] = l.Reported || reported[l.Code] && l.State != OK
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
