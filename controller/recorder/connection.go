package recorder

import "context"

// connection is a camera that is read here. It goes on sending while another plan is
// made for it.
type connection[S interface{ end() }] struct {
	source S
	ctx    context.Context // ends with it
	cancel context.CancelFunc
}

// goOn is the camera's connection, as it goes on or from now on.
func goOn[S interface{ end() }](ctx context.Context, r *Recorder, start func(context.Context) S) *connection[S] {
	if c, ok := r.going.(*connection[S]); ok {
		r.going = nil
		return c
	}
	c := &connection[S]{}
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.source = start(c.ctx)
	return c
}

// end lets go of the camera.
func (c *connection[S]) end() {
	c.cancel()
	c.source.end()
}

// letGo ends a connection that nobody goes on with.
func (r *Recorder) letGo() {
	if r.going != nil {
		r.going.end()
		r.going = nil
	}
}
