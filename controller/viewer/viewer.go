// Package viewer lays the page out so that two versions of it never meet, in
// a browser or in a cache. All of its files lie under v/<hash of all of them>/
// and never change. index.html alone is asked for each time, and names them.
package viewer

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Index is the page itself, which names all other files.
const Index = "index.html"

// Folder is what all files but the index lie under, in a folder by their hash.
const Folder = "v/"

// Page is one version of the page.
type Page struct {
	Version string            // hash of all its files, hexadecimal
	Index   []byte            // index.html, naming the files under Prefix
	Files   map[string][]byte // by name below Prefix, as "play/deck.js"
	Policy  string            // its Content-Security-Policy, as nginx/snippets/index.conf has it
}

// Prefix is what the files lie under, relative to the page.
func (p *Page) Prefix() string { return Folder + p.Version + "/" }

// named is an address in index.html. What is not a file of the page begins with
// # (a place in it) or api/ (the controller's).
var named = regexp.MustCompile(`\b(href|src)="([^"#]+)"`)

const api = "api/"

// Read takes the page from the folder with its sources: index.html and what that names.
// An error names the file that is missing or can't be read.
func Read(dir string) (*Page, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	index, err := fs.ReadFile(root.FS(), Index)
	if err != nil {
		return nil, err
	}
	p := &Page{Files: map[string][]byte{}}
	names := namesIn(index)
	sum := sha256.New()
	for _, name := range append(names, Index) {
		content, err := fs.ReadFile(root.FS(), name)
		if err != nil {
			return nil, fmt.Errorf("%s names a file that is not there: %w", Index, err)
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(content))
		sum.Write(content)
		if name != Index {
			p.Files[name] = content
		}
	}
	p.Policy = policyOf(index)
	p.Version = hex.EncodeToString(sum.Sum(nil)[:8])
	p.Index = named.ReplaceAllFunc(index, func(found []byte) []byte {
		parts := named.FindSubmatch(found)
		if bytes.HasPrefix(parts[2], []byte(api)) {
			return found
		}
		return fmt.Appendf(nil, `%s="%s%s"`, parts[1], p.Prefix(), parts[2])
	})
	return p, nil
}

// inside is a script that stands in the page itself.
var inside = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// policyOf lets a page load what comes from its own address, and run the scripts that
// stand in it. blob: is what hls.js plays from and runs its worker from.
func policyOf(index []byte) string {
	scripts := "'self'"
	for _, found := range inside.FindAllSubmatch(index, -1) {
		sum := sha256.Sum256(found[1])
		scripts += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'self'; script-src " + scripts + "; media-src 'self' blob:; worker-src 'self' blob:; img-src 'self' data:; " +
		"style-src 'self'; base-uri 'none'; frame-ancestors 'self'; form-action 'none'"
}

// namesIn are the files that an index names, sorted, each once.
func namesIn(index []byte) (names []string) {
	for _, found := range named.FindAllSubmatch(index, -1) {
		if name := string(found[2]); !strings.HasPrefix(name, api) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Write puts the page into a folder as browsers are to find it.
func (p *Page) Write(dir string) error {
	for name, content := range p.Files {
		if err := write(filepath.Join(dir, filepath.FromSlash(p.Prefix()+name)), content); err != nil {
			return err
		}
	}
	return write(filepath.Join(dir, Index), p.Index)
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// Lay reads the page from one folder and writes it to another.
func Lay(from, to string) error {
	p, err := Read(from)
	if err != nil {
		return err
	}
	return p.Write(to)
}
