package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// named are names of the code in a document: `Recorder.run`, `rateJudge`.
	named = regexp.MustCompile("`(?:[A-Za-z][A-Za-z0-9]*\\.)*([A-Za-z][A-Za-z0-9]*)(?:\\(\\))?`")
	// mixed is how Go and JavaScript write names of more than a word.
	mixed = regexp.MustCompile(`[a-z0-9][A-Z]`)
	word  = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*`)
	// glossary are the first cells of the table of words.
	glossary = regexp.MustCompile(`(?m)^\| ([^|` + "`" + `]+) \| [^|]+\|$`)
)

// TestNamesExist: a name that the design gives is one of the code.
func TestNamesExist(t *testing.T) {
	known := words(t)
	for _, doc := range []string{"design.md", "../CONTRIBUTING.md"} {
		n := 0
		for _, m := range named.FindAllStringSubmatch(read(t, doc), -1) {
			if !mixed.MatchString(m[1]) {
				continue
			}
			if n++; !known[m[1]] {
				t.Errorf("%s names %s, which is not there", doc, m[0])
			}
		}
		if doc == "design.md" && n < 20 {
			t.Errorf("only %d names were found", n)
		}
	}
}

// TestPathsExist: where CONTRIBUTING.md sends somebody there is something.
func TestPathsExist(t *testing.T) {
	paths := regexp.MustCompile("`([a-z0-9-]+/[^` ]*|\\.env\\.example)`").FindAllStringSubmatch(read(t, "../CONTRIBUTING.md"), -1)
	if len(paths) < 20 {
		t.Fatalf("only %d paths were found", len(paths))
	}
	for _, m := range paths {
		if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
			t.Error(err)
		}
	}
}

// TestGlossary: each word of the glossary is one that the code or the rest of
// the documents use.
func TestGlossary(t *testing.T) {
	design := read(t, "design.md")
	_, table, _ := strings.Cut(design, "\n## Words\n")
	table, rest, found := strings.Cut(table, "\n## ")
	if !found {
		t.Fatal("no glossary")
	}
	used := strings.ToLower(rest + read(t, "api.md") + read(t, "health.md") + read(t, "../README.md"))
	known := words(t)
	rows := glossary.FindAllStringSubmatch(table, -1)
	if len(rows) < 30 {
		t.Fatalf("only %d words were found", len(rows))
	}
	for _, row := range rows {
		name := strings.ToLower(row[1])
		if name != "word" && !strings.Contains(used, name) && !known[name] && !known[name+"s"] {
			t.Errorf("nobody says %q", row[1])
		}
	}
}

// words are all words of the code.
func words(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, root := range []string{"controller", "viewer", "e2e", "bench", "chaos", "nginx"} {
		for _, path := range tracked(t, root) {
			switch filepath.Ext(path) {
			case ".go", ".js", ".template", ".conf", ".sh":
				for _, w := range word.FindAllString(read(t, path), -1) {
					known[w] = true
				}
			}
		}
	}
	return known
}
