package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadsAsComposeDoes: a password with a $ is the same with Docker and
// without. What is expected is what `docker compose config` shows of each line.
func TestReadsAsComposeDoes(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".env")
	text := strings.Join([]string{
		"\ufeffDOUBLED=pa$$w", `DOUBLED_QUOTED="pa$$w"`, `SINGLE='pa$$w #1'`, "CUT=value # comment", "HASH=a#b", `ESCAPED="a\nb"`,
		"USED=${DOUBLED_QUOTED}x", "UNSET=${NO_SUCH_VARIABLE:-otherwise}", "export EXPORTED=1", "SET=file", "CRLF=x\r", "QUOTE='it'", `APOSTROPHE="it's"`, "EMPTY=",
	}, "\n")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(file, []string{"SET=environment"}, &out); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"DOUBLED": "pa$w", "DOUBLED_QUOTED": "pa$w", "SINGLE": "pa$$w #1", "CUT": "value", "HASH": "a#b", "ESCAPED": "a\nb",
		"USED": "pa$wx", "UNSET": "otherwise", "EXPORTED": "1", "SET": "environment", "CRLF": "x", "QUOTE": "it", "APOSTROPHE": "it's", "EMPTY": "",
	} {
		shell := exec.Command("sh", "-c", out.String()+`printf %s "$`+name+`"`)
		shell.Env = []string{"SET=environment"}
		got, err := shell.CombinedOutput()
		if err != nil || string(got) != want {
			t.Errorf("%s is %q, want %q (%v)", name, got, want, err)
		}
	}
}
