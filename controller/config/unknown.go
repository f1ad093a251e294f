package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// replaced are names that people try because something else calls it so.
var replaced = map[string]string{
	"CAMERA":        "CAMERAS, a list of name=url",
	"CAMERA_URL":    "CAMERAS, a list of name=url",
	"STREAM_URL":    "CAMERAS, a list of name=url",
	"HLS_TIME":      "SEGMENT, such as 2s",
	"CHUNK_SIZE":    "SEGMENT, such as 2s",
	"HLS_LIST_SIZE": "WINDOW, such as 2h",
	"RETENTION":     "WINDOW, such as 2h",
	"PARTS":         "PART",
}

// minNear is the length from which on a name can be taken for a slip of ours:
// PATH, PORT, HOST and UID are too near to PART, HOSTS and PUID.
const minNear = 6

// unknownVariables are those that no one reads although someone may have
// meant them for us. Their values are not shown: who knows what they hold.
func (env environment) unknownVariables() []*Error {
	known := append(variables("", &settings{}), variables("", &compose{})...)
	var errs []*Error
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if strings.HasPrefix(name, "CAM_") || slices.Contains(known, name) {
			continue
		}
		if now, ok := replaced[name]; ok {
			errs = append(errs, &Error{Setting: name, Accepted: "unknown setting; use " + now})
		} else if near := nearest(name, known); near != "" {
			errs = append(errs, &Error{Setting: name, Accepted: "unknown setting; did you mean " + near + "?"})
		}
	}
	return errs
}

// ofUnknownCameras are the CAM_ variables that belong to none of the cameras.
// When the list is not sound they may belong to one that couldn't be read.
func (env environment) ofUnknownCameras(list []entry, sound bool) []*Error {
	var errs []*Error
	own := variablesOf(list)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		hint := ""
		if strings.HasPrefix(name, "CAM_") {
			hint = strangeCamera(name, list, sound)
		} else if near := nearest(name, own); near != "" {
			hint = "unknown setting; did you mean " + near + "?"
		}
		if hint != "" {
			errs = append(errs, &Error{Setting: name, Accepted: hint})
		}
	}
	return errs
}

// variablesOf are all that the cameras can have.
func variablesOf(list []entry) (own []string) {
	for _, camera := range list {
		for _, setting := range cameraKeys {
			own = append(own, prefix(camera.name)+"_"+setting)
		}
	}
	return own
}

// strangeCamera says what is wrong with the name of a CAM_ variable, "" if nothing.
func strangeCamera(name string, list []entry, sound bool) string {
	own := variablesOf(list)
	var cameras []string
	for _, camera := range list {
		cameras = append(cameras, camera.name)
	}
	if slices.Contains(own, name) {
		return ""
	}
	if near := nearest(name, own); near != "" {
		return "unknown setting; did you mean " + near + "?"
	}
	for _, camera := range cameras {
		if strings.HasPrefix(name, prefix(camera)+"_") {
			return fmt.Sprintf("unknown setting; camera %s has %s", camera, strings.Join(cameraKeys, ", "))
		}
	}
	if !sound { // the camera may be among those that couldn't be read
		return ""
	}
	if len(cameras) == 0 {
		return "no such camera; there is none"
	}
	return "no such camera; there is " + strings.Join(cameras, ", ")
}

// nearest is the name that is one slip away, in whatever case, with - or with _; at best
// the same.
func nearest(name string, known []string) (near string) {
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	for _, k := range known {
		if k == name && len(k) >= minNear {
			return k
		}
		if near == "" && len(k) >= minNear && oneSlip(name, k) {
			near = k
		}
	}
	return near
}

// oneSlip reports whether a becomes b by at most one letter more, less, other,
// or one pair swapped.
func oneSlip(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	switch len(a) - len(b) {
	case 0:
		if i == len(a) || a[i+1:] == b[i+1:] {
			return true
		}
		return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	case 1:
		return a[i+1:] == b[i:]
	}
	return false
}
