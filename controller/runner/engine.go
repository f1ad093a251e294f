package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"lookback/controller/health"
)

// Engine is what is asked of a Docker Engine: these calls and no others. What of them
// goes through the proxy before it is said in controller/engineproxy.
type Engine interface {
	ContainerInspect(ctx context.Context, id string) (container.InspectResponse, error)
	ContainerList(ctx context.Context, o container.ListOptions) ([]container.Summary, error)
	ContainerCreate(ctx context.Context, c *container.Config, h *container.HostConfig, n *network.NetworkingConfig, p *ocispec.Platform, name string) (container.CreateResponse, error)
	ContainerStart(ctx context.Context, id string, o container.StartOptions) error
	ContainerStop(ctx context.Context, id string, o container.StopOptions) error
	ContainerRemove(ctx context.Context, id string, o container.RemoveOptions) error
	NetworkConnect(ctx context.Context, network, id string, c *network.EndpointSettings) error
	Events(ctx context.Context, o events.ListOptions) (<-chan events.Message, <-chan error)
}

// Dial prepares a client of the Engine at address; nothing is asked of it yet. The
// error is about an address that is none.
func Dial(address string) (Engine, error) {
	return client.NewClientWithOpts(client.WithHost(address), client.WithAPIVersionNegotiation())
}

// callTime is how long the Engine may take to answer.
const callTime = 10 * time.Second

// call bounds one question to the Engine.
func call(ctx context.Context, limit time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSlow)
	defer cancel()
	err := ask(ctx)
	if err != nil && context.Cause(ctx) == errSlow {
		return fmt.Errorf("%w (%v)", errSlow, limit)
	}
	return err
}

var (
	errSlow = errors.New("the Docker Engine did not answer in time")
	// errSpool: what a recorder is to know can't be put into the spool.
	errSpool = errors.New("the media directory takes no settings for recorders")
	// errAlone: this program is not in a container that the Engine knows.
	errAlone = errors.New("this program does not run in a container of this Docker Engine")
)

// refused reports whether the Engine answered, and said no: that is about what was
// asked, not about the Engine. The same goes for a disk that takes no settings.
func refused(err error) bool {
	if errors.Is(err, errSpool) {
		return true
	}
	if errors.Is(err, errSlow) || errors.Is(err, errAlone) || client.IsErrConnectionFailed(err) || forbidden(err) {
		return false
	}
	// Not "unavailable": that is a proxy's word for an Engine that is away.
	return errdefs.IsInvalidArgument(err) || errdefs.IsNotFound(err) || errdefs.IsConflict(err) || errdefs.IsInternal(err)
}

// forbidden reports whether whoever listens lets nobody in, or a proxy refuses the call.
func forbidden(err error) bool {
	return errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "permission denied") ||
		errdefs.IsPermissionDenied(err) || errdefs.IsUnauthorized(err)
}

// reason is what an error of the Engine means to people.
func reason(err error, address string) health.Reason {
	var netErr net.Error
	switch {
	case errors.Is(err, errSpool):
		return health.Reason{Code: "recorder-settings", Title: "Settings can't be handed to the recorders: " + oneLine(err), Advice: "Is the disk full? Recorders that run go on."}
	case errors.Is(err, errAlone):
		return health.Reason{Code: "engine-unsuitable", Title: "The controller does not run in a container of this Docker Engine",
			Advice: "RUNNER=docker copies the controller's own container: start it with docker-compose.docker-runner.yml, or set RUNNER=process."}
	case forbidden(err):
		return health.Reason{Code: "engine-forbids", Title: "The Docker Engine does not let the controller in",
			Advice: "Recording goes on. Set DOCKER_GID to the group of the socket (stat -c %g /var/run/docker.sock); what the engine proxy refuses is in its log (docker compose logs engine-proxy)."}
	case errors.Is(err, errSlow), errors.As(err, &netErr) && netErr.Timeout():
		return health.Reason{Code: "engine-slow", Title: "The Docker Engine does not answer in time",
			Advice: "Recording goes on. Is the machine overloaded, or the disk slow? Look at the Engine's own log (journalctl -u docker)."}
	case refused(err):
		return health.Reason{Code: "engine-refuses", Title: "The Docker Engine refuses what is asked of it: " + oneLine(err), Advice: "Recording goes on. The controller's log has more."}
	}
	const away = "Recording goes on, but what ends now is not started again. "
	if Orphaned(address) {
		return health.Reason{Code: "engine-away", Title: "The Docker Engine has been stopped, and its socket is gone",
			Advice: away + "Start it, then: docker compose restart. That brings its new socket; recorders are left alone."}
	}
	return health.Reason{Code: "engine-away", Title: "The Docker Engine can't be reached",
		Advice: away + "Is it running, and is its socket mounted at DOCKER_ENGINE (" + address + ")? If it was stopped while containers lived on (live-restore): docker compose restart."}
}

// oneLine is an error as part of a sentence.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "Error response from daemon: ")), " ")
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	return text
}
