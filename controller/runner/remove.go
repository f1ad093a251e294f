package runner

import (
	"context"
	"errors"
	"slices"

	"github.com/docker/docker/api/types/container"
)

// Recorders are the recorders' containers of a project, as they were when asked.
type Recorders struct {
	Recorders []Listed
	engine    Engine
}

// Listed is a recorder's container.
type Listed struct {
	Camera, Container string
	State             string // in the Engine's words
	Version           string // of the program that runs in it
	summary           container.Summary
}

// Open lists the recorders of the project of the container in which this program
// runs. It fails where that is no container, or the Engine does not answer.
func Open(ctx context.Context, address string) (*Recorders, error) {
	e, err := Dial(address)
	if err != nil {
		return nil, err
	}
	id, err := OwnID()
	if err != nil {
		return nil, err
	}
	self, err := introspect(ctx, e, id)
	if err != nil {
		return nil, err
	}
	there, err := list(ctx, e, projectOf(self))
	r := &Recorders{engine: e}
	for _, c := range there {
		r.Recorders = append(r.Recorders, Listed{c.Labels[LabelCamera], name(&c), c.Status, c.Labels[LabelVersion], c})
	}
	return r, err
}

// Remove ends and removes the recorders of the cameras named, all without a name.
// A controller that runs makes them anew. One that can't be ended doesn't keep the
// others from it: the error joins one for each.
func (r *Recorders) Remove(ctx context.Context, cameras []string, removed func(container string)) error {
	var failed error
	for _, l := range r.Recorders {
		if len(cameras) > 0 && !slices.Contains(cameras, l.Camera) {
			continue
		}
		err := end(ctx, r.engine, &l.summary)
		if err == nil {
			removed(l.Container)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
