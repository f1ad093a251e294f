package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lookback/controller/config"
)

// code is what the program itself says: its string constants.
type code struct {
	strings map[string]bool
	reasons map[string]string          // codes of reasons and their titles, "" where it is made up as it goes
	links   map[string]map[string]bool // codes of reasons and the links of health that may fail by them
}

// ofRunner are the links for which controller/runner has reasons, by the file
// that has them.
var ofRunner = map[string]string{"ends.go": "container", "engine.go": "engine", "session.go": "recorder"}

// readCode reads the controller's sources but for their tests.
func readCode(t *testing.T) code {
	t.Helper()
	c := code{map[string]bool{}, map[string]string{}, map[string]map[string]bool{}}
	constants := map[string]string{}
	files := map[string]*ast.File{}
	for _, path := range tracked(t, "controller") {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = file
	}
	functions := map[string]*ast.FuncDecl{} // of package health
	for path, file := range files {
		health, ofCamera := strings.Contains(path, "/health/"), strings.Contains(path, "/camera/")
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if len(n.Names) != len(n.Values) {
					break
				}
				for i, name := range n.Names {
					if ofCamera || constants[name.Name] == "" { // two packages may have a name, and reasons are the camera's
						constants[name.Name] = literal(n.Values[i])
					}
				}
			case *ast.FuncDecl:
				if health && n.Recv == nil {
					functions[n.Name.Name] = n
				}
			}
			return true
		})
	}
	for path, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				c.strings[literal(n)] = true
			case *ast.CompositeLit: // Reason{Code, Link, Title, …}, health.Reason{Code: …, Title: …}
				if typeName(n.Type) == "Reason" {
					code := c.reason(constants, n.Elts)
					if link := ofRunner[filepath.Base(path)]; code != "" && strings.Contains(path, "/runner/") {
						c.link(code, link)
					}
				}
			case *ast.CallExpr: // because(code, title, advice)
				if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "because" {
					c.reason(constants, n.Args)
				}
			}
			return true
		})
	}
	for name, f := range functions {
		if link, ok := strings.CutSuffix(name, "Fault"); ok {
			c.linkFunction(constants, functions, f, link, map[string]bool{})
		}
	}
	return c
}

// reason enters a reason given by its fields, in order or by name, and returns
// its code, "" where it has none.
func (c code) reason(constants map[string]string, fields []ast.Expr) string {
	var values []string
	for _, e := range fields {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		values = append(values, value(constants, e))
	}
	if len(values) < 2 || !reasonCode.MatchString(values[0]) {
		return ""
	}
	title := values[1]
	if reasonCode.MatchString(title) { // a link, of those of the recorder
		c.link(values[0], title)
		title = values[2]
	}
	c.reasons[values[0]] = title
	return values[0]
}

func (c code) link(code, link string) {
	if c.links[code] == nil {
		c.links[code] = map[string]bool{}
	}
	c.links[code][link] = true
}

// linkFunction enters the reasons that a link's function in package health can
// give, by itself or by those it calls.
func (c code) linkFunction(constants map[string]string, functions map[string]*ast.FuncDecl, f *ast.FuncDecl, link string, been map[string]bool) {
	been[f.Name.Name] = true
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit, *ast.SelectorExpr: // "black", camera.Resumed
			code := value(constants, n.(ast.Expr))
			if _, ok := c.reasons[code]; ok {
				c.link(code, link)
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && functions[name.Name] != nil && !been[name.Name] {
				c.linkFunction(constants, functions, functions[name.Name], link, been)
			}
		}
		return true
	})
}

// value is that of a literal or of a constant, "" of anything else.
func value(constants map[string]string, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return constants[e.Name]
	case *ast.SelectorExpr:
		return constants[e.Sel.Name]
	}
	return literal(e)
}

var reasonCode = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		if s, err := strconv.Unquote(l.Value); err == nil {
			return s
		}
	}
	return ""
}

var (
	quotedReason = regexp.MustCompile(`reason=([a-z-]+)(?: title="([^"]*)")?`)
	quotedLog    = regexp.MustCompile(`msg="([^"]*)"`)
	ticked       = regexp.MustCompile("`([a-z]+(?:-[a-z]+)*)`")
	hyphened     = regexp.MustCompile("`([a-z]+(?:-[a-z]+)+)`")
	codeInJSON   = regexp.MustCompile(`"code": "([a-z-]+)"`)
	mistake      = regexp.MustCompile("`([A-Z_]+)=\"([^\"`]*)\": accepted is ([^`]+)`")
	verb         = regexp.MustCompile(`%[a-z]`)
)

// TestQuotedLines: every log line and every reason that README and docs quote is
// one that the program says. Who searches for the line in the log finds it here.
func TestQuotedLines(t *testing.T) {
	code := readCode(t)
	for _, path := range []string{"../README.md", "../CHANGELOG.md", "cameras.md", "design.md", "health.md", "api.md"} {
		text := read(t, path)
		for _, found := range quotedLog.FindAllStringSubmatch(text, -1) {
			if !code.strings[found[1]] {
				t.Errorf("%s quotes the log line %q, which the program does not say", path, found[1])
			}
		}
		for _, found := range quotedReason.FindAllStringSubmatch(text, -1) {
			title, known := code.reasons[found[1]]
			if !known || found[2] != "" && title != "" && title != found[2] {
				t.Errorf("%s quotes reason=%s title=%q; the program says %q", path, found[1], found[2], title)
			}
		}
	}
}

// TestEveryReasonIsListed: docs/health.md has each code that the program knows,
// beside the links that may fail by it, and no other.
func TestEveryReasonIsListed(t *testing.T) {
	code := readCode(t)
	if len(code.reasons) < 50 {
		t.Fatalf("only %d reasons are found in the sources", len(code.reasons))
	}
	_, table, _ := strings.Cut(read(t, "health.md"), "## The reasons")
	table, _, _ = strings.Cut(table, "\n## ")
	listed := map[string]map[string]bool{}
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) < 3 {
			continue
		}
		link := ticked.FindStringSubmatch(cells[1])
		if link == nil {
			continue
		}
		for _, found := range ticked.FindAllStringSubmatch(cells[2], -1) {
			if listed[found[1]] == nil {
				listed[found[1]] = map[string]bool{}
			}
			listed[found[1]][link[1]] = true
		}
	}
	delete(listed, "engine") // no code: the link whose codes another row refers to
	for reason := range code.reasons {
		for link := range code.links[reason] {
			if !listed[reason][link] {
				t.Errorf("health.md does not list %s beside %s", reason, link)
			}
		}
		if len(code.links[reason]) == 0 {
			t.Errorf("no link fails by %s", reason)
		}
	}
	for reason, links := range listed {
		for link := range links {
			if !code.links[reason][link] {
				t.Errorf("health.md lists %s beside %s, which the program does not", reason, link)
			}
		}
	}
}

// others are words with a hyphen that documents quote and that are not ours.
var others = strings.Fields("no-cache live-restore no-new-privileges on-failure hls-wallclock")

// TestCodesExist: a code that any document names is one that the program says.
func TestCodesExist(t *testing.T) {
	code := readCode(t)
	for _, path := range tracked(t, "nginx/pages") { // which nginx says while the controller is away
		for _, found := range codeInJSON.FindAllStringSubmatch(read(t, path), -1) {
			code.strings[found[1]] = true
		}
	}
	n := 0
	for _, path := range append(tracked(t, "docs"), "../README.md", "../CHANGELOG.md", "../SECURITY.md") {
		if filepath.Ext(path) != ".md" {
			continue
		}
		text := read(t, path)
		for _, found := range hyphened.FindAllStringSubmatch(text, -1) {
			if n++; !code.strings[found[1]] && !slices.Contains(others, found[1]) {
				t.Errorf("%s names %s, which the program does not say", path, found[0])
			}
		}
		for _, cell := range columnsOfCodes(text) {
			for _, found := range ticked.FindAllStringSubmatch(cell, -1) {
				if n++; code.links[found[1]] == nil && found[1] != "engine" {
					t.Errorf("%s has %s in a table of codes, and it is none", path, found[0])
				}
			}
		}
	}
	if n < 150 {
		t.Errorf("only %d codes were found", n)
	}
}

// columnsOfCodes are the cells below a table's head "code" or "codes".
func columnsOfCodes(text string) (cells []string) {
	column := -1
	for line := range strings.Lines(text) {
		row := strings.Split(line, "|")
		if len(row) < 3 {
			column = -1
			continue
		}
		for i, cell := range row {
			if word := strings.TrimSpace(cell); word == "code" || word == "codes" {
				column = i
			}
		}
		if column > 0 && column < len(row) {
			cells = append(cells, row[column])
		}
	}
	return cells
}

// TestQuotedMistakes: what README quotes of a mistake in the settings is what the
// program says. Where the value alone is wrong it is asked; where it takes a
// folder or a file, one of its formats has to fit.
func TestQuotedMistakes(t *testing.T) {
	code := readCode(t)
	all := mistake.FindAllStringSubmatch(read(t, "../README.md"), -1)
	if len(all) < 3 {
		t.Fatalf("only %d are quoted", len(all))
	}
	for _, m := range all {
		whole, name, value, accepted := strings.Trim(m[0], "`"), m[1], m[2], m[3]
		if _, err := config.LoadWithoutCameras([]string{name + "=" + value}); err != nil {
			if err.Error() != whole {
				t.Errorf("README quotes %s\nthe program says %s", whole, err)
			}
			continue
		}
		accepted = strings.TrimSuffix(accepted, " (permission denied)") // the system's word
		known := false
		for format := range code.strings {
			known = known || fits(format, accepted)
		}
		if !known {
			t.Errorf("README quotes %s, which the program does not say", whole)
		}
	}
}

// fits reports whether a text, in which … stands for anything, can be what a format says.
func fits(format, text string) bool {
	format = strings.TrimSuffix(strings.TrimSuffix(format, " (%w)"), " (%v)")
	if begin, end, cut := strings.Cut(text, " … "); cut {
		return strings.HasPrefix(format, begin) && strings.Contains(format, end)
	} else if begin, ok := strings.CutSuffix(text, " …"); ok {
		return strings.HasPrefix(format, begin)
	}
	literals := verb.Split(format, -1)
	if len(strings.Join(literals, "")) < len(text)/2 {
		return false
	}
	for i := range literals {
		literals[i] = regexp.QuoteMeta(literals[i])
	}
	return regexp.MustCompile("^" + strings.Join(literals, ".*") + "$").MatchString(text)
}
