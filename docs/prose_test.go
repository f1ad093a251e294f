// Package docs holds what is written for people to what the code says, and to
// sentences that are understood at the first reading.
package docs

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// longest is how many words a sentence may have.
const longest = 40

// TestSentencesAreShort: in docs, README and comments.
func TestSentencesAreShort(t *testing.T) {
	for _, path := range tracked(t, "") {
		for _, text := range texts(t, path) {
			for _, sentence := range sentences(text) {
				if n := len(strings.Fields(sentence)); n > longest {
					t.Errorf("%s: a sentence of %d words: %s", path, n, sentence)
				}
			}
		}
	}
}

// TestEveryCommentIsRead: whatever a file's comments look like.
func TestEveryCommentIsRead(t *testing.T) {
	for name, text := range map[string]string{
		"a.go": "// one\npackage a\n\nvar b = 1 // two\n", "a.js": "// one\nlet b = 1; // two\n", "a.css": "/* one */\nb { } /* two */\n",
		"a.html": "<!-- one -->\n<p><!-- two --></p>\n", "a.yml": "# one\nb: 1 # two\n", "a.md": "one\n\ntwo\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(strings.Join(texts(t, path), " ")), " "); got != "one two" {
			t.Errorf("of %s it reads %q", name, got)
		}
	}
}

// TestOnlyTrackedFilesAreRead: what is built or left lying in the tree is nobody's prose.
func TestOnlyTrackedFilesAreRead(t *testing.T) {
	f, err := os.CreateTemp("..", "untracked")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(f.Name())
	f.Close()
	all := tracked(t, "")
	if len(all) < 100 || slices.Contains(all, f.Name()) || !slices.Contains(all, "../README.md") {
		t.Errorf("%d files are read, %s among them: %v", len(all), f.Name(), slices.Contains(all, f.Name()))
	}
}

// tracked are the files under a folder of the project that Git keeps, as seen
// from here. What was built, bin/controller for instance, is not among them.
func tracked(t *testing.T, folder string) (paths []string) {
	t.Helper()
	cmd := exec.Command("git", "-C", "..", "-c", "safe.directory=*", "ls-files", "-z", "./"+folder)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		path := filepath.Join("..", name)
		if _, err := os.Stat(path); err == nil { // one that was just deleted is listed until that is committed
			paths = append(paths, path)
		}
	}
	return paths
}

// texts are the paragraphs, list items and cells of a document, or the comments of a program.
func texts(t *testing.T, path string) (all []string) {
	t.Helper()
	switch filepath.Ext(path) {
	case ".md":
		return paragraphs(read(t, path))
	case ".go":
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range file.Comments {
			all = append(all, paragraphs(indented.ReplaceAllString(group.Text(), "\n\n"))...)
		}
	case ".js", ".mjs", ".css":
		for _, c := range jsComment.FindAllString(read(t, path), -1) {
			all = append(all, paragraphs(jsMarks.ReplaceAllString(c, ""))...)
		}
		for _, c := range jsTrailing.FindAllStringSubmatch(read(t, path), -1) {
			all = append(all, c[1])
		}
	case ".html":
		for _, c := range htmlComment.FindAllStringSubmatch(read(t, path), -1) {
			all = append(all, paragraphs(c[1])...)
		}
	case "", ".sh", ".yml", ".conf", ".template", ".example": // scripts have no extension, nor has the Dockerfile
		for _, c := range hashComment.FindAllString(read(t, path), -1) {
			all = append(all, paragraphs(hashMarks.ReplaceAllString(c, ""))...)
		}
		for _, c := range hashTrailing.FindAllStringSubmatch(read(t, path), -1) {
			all = append(all, c[1])
		}
	}
	return all
}

var (
	indented     = regexp.MustCompile(`(?m)^[\t ].*$`) // code and lists in a doc comment
	jsComment    = regexp.MustCompile(`(?m)(^[ \t]*//.*\n)+|(?s:/\*.*?\*/)`)
	jsMarks      = regexp.MustCompile(`(?m)^[ \t]*(//|/\*\*?|\*/|\*)[ \t]?|[ \t]*\*/`)
	jsTrailing   = regexp.MustCompile(`(?m)^.*\S[ \t]+// (.*)$`)
	htmlComment  = regexp.MustCompile(`(?s)<!--(.*?)-->`)
	hashComment  = regexp.MustCompile(`(?m)(^[ \t]*#.*\n)+`)
	hashTrailing = regexp.MustCompile(`(?m)^.*\S[ \t]+# (.*)$`)
	hashMarks    = regexp.MustCompile(`(?m)^[ \t]*#[ \t]?`)
	fences       = regexp.MustCompile("(?s)```.*?```")
	breaks       = regexp.MustCompile(`\n[ \t]*\n|\n[ \t]*@|\n {2,}|\n[ \t]*(?:[-*]|\d+\.) |\n#+ |\n\||[ \t]\|[ \t]`)
	ends         = regexp.MustCompile(`[.!?]["”)’]?\s`)
)

func paragraphs(text string) []string {
	return breaks.Split(fences.ReplaceAllString("\n"+text, "\n\n"), -1)
}

// sentences splits a paragraph where a sentence ends.
func sentences(paragraph string) []string { return ends.Split(paragraph+" ", -1) }

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
