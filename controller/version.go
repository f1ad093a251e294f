package main

import (
	"runtime"
	"runtime/debug"
)

// release is what scripts/version printed when the program was built: see
// scripts/build and the Dockerfile.
var release string

// version is the release, or the commit that Go knows of where nobody has said
// which it is, and Go's own version.
func version() string {
	if release != "" {
		return release + " " + runtime.Version()
	}
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version = s.Value
			}
		}
	}
	return version + " " + runtime.Version()
}
