package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// code is what the program itself says: its string constants.
type code struct {
	strings map[string]bool
	reasons map[string]string // codes of reasons and their titles, "" where it is made up as it goes
}

// readCode reads the controller's sources but for their tests.
func readCode(t *testing.T) code {
	t.Helper()
	c := code{map[string]bool{}, map[string]string{}}
	constants := map[string]string{}
	var files []*ast.File
	for _, path := range tracked(t, "controller") {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) == len(v.Values) {
				for i, name := range v.Names {
					constants[name.Name] = literal(v.Values[i])
				}
			}
			return true
		})
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				c.strings[literal(n)] = true
			case *ast.CompositeLit: // Reason{Code, Title, …}, health.Reason{Code: …}
				if name := typeName(n.Type); name == "Reason" {
					c.reason(constants, n.Elts)
				}
			case *ast.CallExpr: // because(code, title, advice)
				if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "because" {
					c.reason(constants, n.Args)
				}
			}
			return true
		})
	}
	return c
}

// reason enters a reason given by its fields, in order or by name.
func (c code) reason(constants map[string]string, fields []ast.Expr) {
	value := func(e ast.Expr) string {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		if name, ok := e.(*ast.Ident); ok {
			return constants[name.Name]
		}
		return literal(e)
	}
	if len(fields) < 2 {
		return
	}
	if code := value(fields[0]); reasonCode.MatchString(code) {
		c.reasons[code] = value(fields[1])
	}
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
// and no other in its table of reasons.
func TestEveryReasonIsListed(t *testing.T) {
	code := readCode(t)
	if len(code.reasons) < 50 {
		t.Fatalf("only %d reasons are found in the sources", len(code.reasons))
	}
	_, table, _ := strings.Cut(read(t, "health.md"), "## The reasons")
	table, _, _ = strings.Cut(table, "\n## ")
	listed := map[string]bool{}
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, "|"); len(cells) > 2 {
			for _, found := range ticked.FindAllStringSubmatch(cells[2], -1) {
				listed[found[1]] = true
			}
		}
	}
	for reason := range code.reasons {
		if !listed[reason] {
			t.Errorf("health.md does not list %s", reason)
		}
	}
	for reason := range listed {
		if _, ok := code.reasons[reason]; !ok && reason != "engine" {
			t.Errorf("health.md lists %s, which the program does not know", reason)
		}
	}
}
