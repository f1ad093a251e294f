package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"
)

// DefaultCamerasFile is where docker-compose.yml mounts the folder config. A
// file of that name counts as empty when it is not there: nobody asked for it.
const DefaultCamerasFile = "/config/cameras"

// unnamed is the file that nobody has named; tests have one of their own.
var unnamed camerasPath = DefaultCamerasFile

// camerasPath is the value of CAMERAS_FILE, a clean path.
type camerasPath string

func (c *camerasPath) Decode(value string) error {
	*c = camerasPath(filepath.Clean(value))
	return nil
}

// camerasFile is what a file of cameras says: a camera a line as name=url and
// KEY=value words, KEY being one of a camera's own settings without its prefix.
// Values with spaces stand in quotes, " or '. Empty lines are ignored, and what
// follows a # at the start or after white space.
type camerasFile struct {
	there   bool     // the file exists
	lines   int      // that have more than a comment, wrong ones included
	entries []entry  // those that can be read
	wrong   []*Error // what is wrong with the others
}

// load reads the file. What is wrong with single lines is no error of its.
func (c camerasPath) load() (camerasFile, *Error) {
	text, err := readSmall(string(c))
	if errors.Is(err, fs.ErrNotExist) && c == unnamed {
		return camerasFile{}, nil
	}
	if err != nil {
		return camerasFile{}, &Error{Setting: "CAMERAS_FILE", Value: string(c),
			Accepted: "a file of at most 1 MiB with one name=url per line (" + err.Error() + ")"}
	}
	return parseFile(text), nil
}

// maxCamerasFile is far more than any list of cameras needs, in bytes.
const maxCamerasFile = 1 << 20

var errNoFile = errors.New("not a file, or too large")

// readSmall reads a regular file. It waits for nobody: opening a pipe would
// wait for its writer.
func readSmall(path string) (string, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "", errNoFile // opening alone can have effects on what is none
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		var at *fs.PathError
		errors.As(err, &at)
		return "", at.Err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", errNoFile
	}
	data, err := io.ReadAll(io.LimitReader(f, maxCamerasFile+1))
	if err != nil || len(data) > maxCamerasFile {
		return "", errNoFile
	}
	return string(data), nil
}

func parseFile(text string) camerasFile {
	file, taken := camerasFile{there: true}, map[string]bool{}
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		words, err := split(line)
		if len(words) == 0 && err == nil {
			continue
		}
		file.lines++
		var e entry
		if err == nil {
			e, err = parseLine(words, taken)
		}
		if err != nil {
			err.Setting, err.Line = "CAMERAS_FILE", i+1
			file.wrong = append(file.wrong, err)
			continue
		}
		e.line = i + 1
		file.entries = append(file.entries, e)
		taken[e.name] = true
	}
	return file
}

// parseLine reads the words of one line: name=url, then KEY=value.
func parseLine(words []word, taken map[string]bool) (entry, *Error) {
	e, err := parseEntry(words[0].key+words[0].equals+words[0].value, taken)
	if err != nil {
		if err.Value == "" {
			err.Value = "word 1"
		}
		return e, err
	}
	for i, w := range words[1:] {
		key := strings.ToUpper(w.key)
		if w.equals == "" || !slices.Contains(cameraKeys, key) {
			return e, unknownWord(i+2, key)
		}
		if slices.ContainsFunc(e.words, func(o word) bool { return o.key == key }) {
			return e, &Error{Value: key + "=" + shown(key, w.value), Accepted: "each key once in a line"}
		}
		e.words = append(e.words, word{key, "=", strings.TrimSpace(w.value)})
	}
	return e, nil
}

// unknownWord shows nothing of the word: it may be the rest of a URL with a
// space in its password.
func unknownWord(number int, key string) *Error {
	where := fmt.Sprintf("word %d", number)
	if near := nearest(key, cameraKeys); near != "" {
		return &Error{Value: where, Accepted: near + "=value (in a URL a space is written %20)"}
	}
	return &Error{Value: where, Accepted: "KEY=value after name=url, the KEY one of " + strings.Join(cameraKeys, ", ") +
		" (in a URL a space is written %20, and a value with spaces stands in quotes)"}
}

// word is key=value of a line, or only a key.
type word struct{ key, equals, value string }

// split takes a line apart at white space, up to a comment. Quotes that a value
// begins with are taken off.
func split(line string) ([]word, *Error) {
	var words []word
	for {
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		if line == "" || line[0] == '#' {
			return words, nil
		}
		w, rest, ok := cutWord(line)
		if !ok {
			return words, &Error{Value: fmt.Sprintf("word %d", len(words)+1), Accepted: "a value whose quote is closed, and followed by a space or the end of the line"}
		}
		words, line = append(words, w), rest
	}
}

// cutWord takes the first word off a line that begins with one. It is not ok
// when a quote is not closed, or something follows it.
func cutWord(line string) (w word, rest string, ok bool) {
	end := strings.IndexFunc(line, unicode.IsSpace)
	if end < 0 {
		end = len(line)
	}
	equals := strings.IndexByte(line[:end], '=')
	if equals < 0 {
		return word{key: line[:end]}, line[end:], true
	}
	value := line[equals+1:]
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return word{line[:equals], "=", line[equals+1 : end]}, line[end:], true
	}
	inside, rest, closed := strings.Cut(value[1:], value[:1])
	ok = closed && (rest == "" || strings.IndexFunc(rest, unicode.IsSpace) == 0)
	return word{line[:equals], "=", inside}, rest, ok
}
