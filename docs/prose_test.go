// Package docs holds what is written for people to what the code says, and to
// sentences that are understood at the first reading.
package docs

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// longest is how many words a sentence may have.
const longest = 40

// TestSentencesAreShort: in docs, README and comments.
func TestSentencesAreShort(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "vendor" || d.Name() == "var") {
			return filepath.SkipDir
		}
		if d.IsDir() {
			return nil
		}
		for _, text := range texts(t, path) {
			for _, sentence := range sentences(text) {
				if n := len(strings.Fields(sentence)); n > longest {
					t.Errorf("%s: a sentence of %d words: %s", path, n, sentence)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
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
	case ".js", ".mjs":
		for _, c := range jsComment.FindAllString(read(t, path), -1) {
			all = append(all, paragraphs(jsMarks.ReplaceAllString(c, ""))...)
		}
	case "", ".sh", ".yml", ".conf", ".template", ".example": // scripts have no extension, nor has the Dockerfile
		for _, c := range hashComment.FindAllString(read(t, path), -1) {
			all = append(all, paragraphs(hashMarks.ReplaceAllString(c, ""))...)
		}
	}
	return all
}

var (
	indented    = regexp.MustCompile(`(?m)^[\t ].*$`) // code and lists in a doc comment
	jsComment   = regexp.MustCompile(`(?m)(^[ \t]*//.*\n)+|(?s:/\*.*?\*/)`)
	jsMarks     = regexp.MustCompile(`(?m)^[ \t]*(//|/\*\*?|\*/|\*)[ \t]?`)
	hashComment = regexp.MustCompile(`(?m)(^[ \t]*#.*\n)+`)
	hashMarks   = regexp.MustCompile(`(?m)^[ \t]*#[ \t]?`)
	fences      = regexp.MustCompile("(?s)```.*?```")
	breaks      = regexp.MustCompile(`\n[ \t]*\n|\n[ \t]*@|\n {2,}|\n[ \t]*(?:[-*]|\d+\.) |\n#+ |\n\||[ \t]\|[ \t]`)
	ends        = regexp.MustCompile(`[.!?]["”)’]?\s`)
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
