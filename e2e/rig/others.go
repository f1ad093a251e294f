package rig

import (
	"context"
	"strings"
)

// cameras is the setting CAMERAS, and prepares the demo camera of the others.
func (s *Stack) cameras(binary string) string {
	list := []string{CameraName + "=" + s.SourceURL()}
	for _, name := range s.Others {
		list = append(list, name+"=http://"+s.second+"/stream.mjpg")
	}
	if len(s.Others) > 0 {
		s.Second = &Process{Name: "second demo camera", Path: binary, Env: plainEnv(),
			Args: []string{"demo-camera", "-listen", s.second, "-size", "320x180", "-fps", "5", "-blocks"}}
	}
	return strings.Join(list, " ")
}

func (s *Stack) startSecond(ctx context.Context) error {
	if s.Second == nil {
		return nil
	}
	return startAndWait(ctx, s.Second, "http://"+s.second+"/faults")
}

// FaultOthers asks the demo camera of the others for a fault.
func (s *Stack) FaultOthers(command string) error {
	return Fault(context.Background(), "http://"+s.second, command)
}
