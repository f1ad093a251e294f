package democam

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// ErrUsage is what [Main] wraps when its arguments are wrong.
var ErrUsage = errors.New("demo-camera: wrong arguments")

// closeGrace is how long requests other than streams may still take at the end.
const closeGrace = 2 * time.Second

// Main runs the command demo-camera until the context ends. Wrong arguments
// are an error that wraps [ErrUsage]; -h prints the usage and is none.
func Main(ctx context.Context, args []string, log *slog.Logger) error {
	listen, o, err := parseArgs(args, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	o.Log = log
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("demo-camera: -listen %q: %w; accepted is [host]:port with a free port", listen, err)
	}
	return serve(ctx, listener, o)
}

func parseArgs(args []string, help io.Writer) (listen string, o Options, err error) {
	flags := flag.NewFlagSet("demo-camera", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&listen, "listen", ":8081", "`[host]:port` to serve on")
	size := flags.String("size", "1280x720", "size of the picture, `WIDTHxHEIGHT`: "+sizeAccepted)
	flags.Float64Var(&o.FPS, "fps", 30, "frames a second, "+fpsAccepted)
	flags.BoolFunc("blocks", "draw the time as blocks for programs too, over the top of the picture: on (as without a value) or off (default)", func(value string) error {
		o.Blocks = value == "on" || value == "true"
		if !o.Blocks && value != "off" {
			return errors.New("accepted is on or off")
		}
		return nil
	})
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(help)
			flags.PrintDefaults()
		}
		return "", o, err
	}
	if flags.NArg() > 0 {
		return "", o, fmt.Errorf("unexpected argument %q: accepted are -listen, -size, -fps and -blocks", flags.Arg(0))
	}
	if o.Width, o.Height, err = ParseSize(*size); err != nil {
		return "", o, fmt.Errorf("-%w", err)
	}
	return listen, o, checkFPS("-fps", o.FPS)
}

// serve serves a camera on the listener until the context ends.
func serve(ctx context.Context, listener net.Listener, o Options) error {
	camera := New(o)
	defer camera.Close()
	server := &http.Server{
		Handler:           camera,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(camera.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	camera.log.Info("demo camera is on", "listen", listener.Addr().String(),
		"size", fmt.Sprintf("%dx%d", camera.options.Width, camera.options.Height), "fps", camera.options.FPS)
	select {
	case err := <-failed:
		return fmt.Errorf("demo-camera: %w", err)
	case <-ctx.Done():
	}
	camera.Close()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		server.Close()
	}
	<-failed // Serve has returned
	return nil
}
