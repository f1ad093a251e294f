package config

import (
	"fmt"
	"regexp"
	"strings"
)

// entry is one camera as a list has it.
type entry struct {
	name  string
	url   *Source
	line  int    // of the file, 0 = it is of CAMERAS
	words []word // KEY=value of that line, in the order written
}

// namePattern keeps names clear of everything of ours: what lies beside the
// cameras in MEDIA_DIR begins with a dot, and under /hls/ and /api/cameras/
// there are only cameras. So no name needs to be reserved.
var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// anotherEntry is in an address where somebody has separated cameras by something else
// than a space, and at its end. Behind a question mark an & has another meaning, and a
// slash may have it anywhere.
var anotherEntry = regexp.MustCompile(`(?i)([,;|]|^[^?]*&)(([a-z0-9_-]+=)?([a-z]+://|/dev/video|test:)|$)`)

// CheckName reports whether a camera can be called so. The error is what is accepted.
func CheckName(name string) error {
	if !namePattern.MatchString(name) {
		return accepted("a camera's name of 1 to 32 characters a-z, 0-9 and -, which neither begins nor ends with -")
	}
	return nil
}

// prefix is how a camera's own variables begin. Since a name has no
// underscore, two names never share one.
func prefix(name string) string {
	return "CAM_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// cameraList is the value of CAMERAS: name=url separated by white space.
type cameraList []entry

// Decode returns mistakes, and keeps the entries that have none.
func (l *cameraList) Decode(value string) error {
	*l = nil
	var errs mistakes
	taken := map[string]bool{}
	for i, field := range strings.Fields(value) {
		e, err := parseEntry(field, taken)
		if err == nil {
			*l = append(*l, e)
			taken[e.name] = true
			continue
		}
		if err.Value == "" {
			err.Value = fmt.Sprintf("entry %d", i+1)
			err.Accepted += ", separated by spaces"
		}
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

// parseEntry reads name=url, with a name that is not taken. Its error names no setting, and has no Value where
// the text may be anything.
func parseEntry(field string, taken map[string]bool) (entry, *Error) {
	name, address, found := strings.Cut(field, "=")
	if anotherEntry.MatchString(address) {
		// Only the name is shown: what follows may have a password of its own.
		return entry{}, &Error{Value: name + "=" + cut, Accepted: "one name=url, with a space and nothing else before the next (in a URL a comma is written %2C, a semicolon %3B, | %7C and & %26)"}
	}
	named := namePattern.MatchString(name)
	if !found || !named && (strings.ContainsAny(name, ":/@") || !strings.Contains(address, "://")) {
		// It may be the rest of a URL with a space in its password: not shown.
		return entry{}, &Error{Accepted: "name=url, such as front=http://192.168.1.20/video"}
	}
	refuse := func(accepted string) (entry, *Error) {
		return entry{}, &Error{Value: name + "=" + RedactURL(address), Accepted: accepted}
	}
	if err := CheckName(name); err != nil {
		return refuse(err.Error())
	}
	if taken[name] {
		return refuse("each name once")
	}
	source, err := ParseSource(address)
	if err != nil {
		return refuse(err.Error())
	}
	return entry{name: name, url: source}, nil
}
