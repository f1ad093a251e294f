package engineproxy

import (
	"encoding/json"
	"net/http"

	"github.com/docker/docker/api/types/events"

	"lookback/controller/runner"
)

// events tells what becomes of the recorders' containers, each as soon as it is known,
// until the Engine or whoever listens has enough.
func (p *Proxy) events(w http.ResponseWriter, r *http.Request, a *asked) error {
	s, err := p.stack(r.Context())
	if err != nil {
		return err
	}
	f := s.filter()
	f.Add("type", string(events.ContainerEventType))
	if err := filtered(a, f); err != nil {
		return err
	}
	happened, over := s.engine.Events(r.Context(), events.ListOptions{Since: a.query.Get("since"), Filters: f})
	select {
	case err := <-over:
		return err
	default:
	}
	w.Header().Set("Content-Type", "application/json")
	// Who listens waits for the beginning of the answer, and then for each event.
	told := http.NewResponseController(w)
	if err := told.Flush(); err != nil {
		return err
	}
	line := json.NewEncoder(w)
	for {
		select {
		case <-p.ending:
			return nil
		case <-over:
			return nil // the end of the stream says it
		case e := <-happened:
			if e.Actor.Attributes[runner.LabelProject] != s.project {
				continue
			}
			if line.Encode(e) != nil || told.Flush() != nil {
				return nil
			}
		}
	}
}
