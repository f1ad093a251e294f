package main

import (
	"slices"
	"testing"

	"lookback/controller/config"
)

// A recorder's container gets no list of cameras, wherever the one in use lies:
// it has the addresses of all others.
func TestListsAreHidden(t *testing.T) {
	cfg, err := config.LoadWithoutCameras([]string{"CAMERAS_FILE=/run/secrets/cameras", "PARTS_DIR=/run/parts"})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/run/secrets/cameras", "/config/cameras", "/run/parts", "/var/run/docker.sock"} {
		if !slices.Contains(hidden(cfg), path) {
			t.Errorf("%s is not among %q", path, hidden(cfg))
		}
	}
}
