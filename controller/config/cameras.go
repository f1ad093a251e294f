package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

// entry is one name=url as written.
type entry struct {
	name string
	url  *Source
}

// namePattern keeps names clear of everything of ours: what lies beside the
// cameras in MEDIA_DIR begins with a dot, and under /hls/ and /api/cameras/
// there are only cameras. So no name needs to be reserved.
var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// prefix is how a camera's own variables begin. Since a name has no
// underscore, two names never share one.
func prefix(name string) string {
	return "CAM_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// cameraList is the value of CAMERAS: name=url separated by white space.
type cameraList []entry

// Decode returns mistakes, and keeps the entries that have none.
func (l *cameraList) Decode(value string) error {
	var p parser
	for i, field := range strings.Fields(value) {
		p.add(fmt.Sprintf("entry %d", i+1), field)
	}
	*l = p.entries
	return p.err()
}

// cameraFile is the value of CAMERAS_FILE: a file with one name=url a line.
// Empty lines and what follows a # at the start or after white space are ignored.
type cameraFile struct {
	path    string
	entries []entry
}

// maxCamerasFile is far more than any list of cameras needs, in bytes.
const maxCamerasFile = 1 << 20

// Decode reads the file. It returns mistakes and keeps the entries that have none.
func (c *cameraFile) Decode(value string) error {
	*c = cameraFile{path: value}
	text, err := readSmall(value)
	if err != nil {
		return accepted("a file of at most 1 MiB with one name=url per line (" + err.Error() + ")")
	}
	var p parser
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		fields := strings.Fields(line)
		for j, field := range fields {
			if strings.HasPrefix(field, "#") {
				break
			}
			if j > 0 {
				p.refuse(fmt.Sprintf("line %d", i+1), "one name=url per line, without spaces (in a URL a space is written %20)")
				break
			}
			p.add(fmt.Sprintf("line %d", i+1), field)
		}
	}
	if len(p.entries) == 0 && len(p.errs) == 0 {
		return accepted("a file with at least one camera, as name=url")
	}
	c.entries = p.entries
	return p.err()
}

func readSmall(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		var at *fs.PathError
		errors.As(err, &at)
		return "", at.Err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxCamerasFile+1))
	if err != nil || len(data) > maxCamerasFile {
		return "", errors.New("not a file, or too large")
	}
	return string(data), nil
}

// parser collects entries and mistakes. It leaves the setting's name to explain.
type parser struct {
	entries []entry
	errs    mistakes
}

func (p *parser) err() error {
	if len(p.errs) == 0 {
		return nil
	}
	return p.errs
}

func (p *parser) refuse(value, accepted string) {
	p.errs = append(p.errs, &Error{Value: value, Accepted: accepted})
}

func (p *parser) add(where, field string) {
	name, address, found := strings.Cut(field, "=")
	named := namePattern.MatchString(name)
	if !found || !named && (strings.ContainsAny(name, ":/@") || !strings.Contains(address, "://")) {
		// It may be the rest of a URL with a space in its password: not shown.
		p.refuse(where, "name=url, such as front=http://192.168.1.20/video, separated by spaces")
		return
	}
	if !named {
		p.refuse(name+"="+RedactURL(address), "a camera's name of 1 to 32 characters a-z, 0-9 and -, which neither begins nor ends with -")
		return
	}
	for _, e := range p.entries {
		if e.name == name {
			p.refuse(name+"="+RedactURL(address), "each name once")
			return
		}
	}
	source, err := ParseSource(address)
	if err != nil {
		p.refuse(name+"="+RedactURL(address), err.Error())
		return
	}
	p.entries = append(p.entries, entry{name, source})
}
