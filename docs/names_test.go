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
	humps = regexp.MustCompile(`([a-z0-9])([A-Z])`)
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

// ours are words of the code that nobody knows from elsewhere in this sense: each
// is explained. One that is given up goes from here too.
var ours = strings.Fields(`promise identity marker witness flaw unit feed session judge evidence pump feeder voice tie learner slower placer evener mixer
	sink origin spool doorbell lease assignment intake grouper excerpt snapshot job agenda catalog census reservation reserve station directory
	attendant lineup chain patience deck slice view scope tile still strip tape`)

// TestGlossary: each word of the glossary is one that the code uses, and each of
// ours is in it.
func TestGlossary(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "design.md"), "\n## Words\n")
	table, _, found := strings.Cut(table, "\n## ")
	if !found {
		t.Fatal("no glossary")
	}
	var code strings.Builder
	for w := range words(t) {
		code.WriteString(humps.ReplaceAllString(w, "$1 $2") + "\n")
	}
	for _, path := range tracked(t, "controller") { // comments have those of two words
		if filepath.Ext(path) == ".go" {
			code.WriteString(read(t, path))
		}
	}
	text := strings.ToLower(code.String())
	explained := map[string]bool{}
	for _, row := range glossary.FindAllStringSubmatch(table, -1) {
		for name := range strings.SplitSeq(row[1], ", ") {
			if name = strings.ToLower(name); name == "word" || name == "---" {
				continue
			}
			explained[name] = true
			if !regexp.MustCompile(`\b` + strings.ReplaceAll(regexp.QuoteMeta(name), " ", `[\s-]+`) + `s?\b`).MatchString(text) {
				t.Errorf("the glossary has %q, which the code does not use", name)
			}
		}
	}
	for _, name := range ours {
		if !explained[name] {
			t.Errorf("the glossary lacks %q", name)
		}
	}
}

// longestParagraph is how many words one of the design's may have. More is a list.
const longestParagraph = 150

// TestParagraphsAreShort: in the design, which has been the worst.
func TestParagraphsAreShort(t *testing.T) {
	for line := range strings.Lines(fences.ReplaceAllString(read(t, "design.md"), "")) {
		if n := len(strings.Fields(line)); n > longestParagraph && !strings.HasPrefix(line, "|") {
			t.Errorf("a paragraph of %d words: %.80s…", n, line)
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
