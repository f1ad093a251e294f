package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// baseImages calls scripts/base-images with a lock file of its own. docker is what
// stands for docker, of which no registry can be asked here: a shell script.
func baseImages(t *testing.T, lock, docker, command string) (out string, err error) {
	t.Helper()
	bin := t.TempDir()
	must(t, os.WriteFile(filepath.Join(bin, "docker"), []byte("#!/bin/sh\n"+docker), 0o755))
	c := exec.Command("../scripts/base-images", command)
	c.Env = append(os.Environ(), "LOCK="+lock, "PATH="+bin+":"+os.Getenv("PATH"))
	text, err := c.Output()
	return string(text), err
}

// known answers as a registry does: with the same digest for the same name.
const known = `[ "$1 $2 $3 $5 $6" = "buildx imagetools inspect --format {{.Manifest.Digest}}" ] || exit 1
echo "sha256:$(printf %s "$4" | sha256sum | cut -d ' ' -f 1)"`

// TestBaseImages: a release is built of digests, all of them or none, and whoever
// builds by himself of tags.
func TestBaseImages(t *testing.T) {
	dockerfile, err := os.ReadFile("../Dockerfile")
	must(t, err)
	lock := filepath.Join(t.TempDir(), "lock")
	text, err := baseImages(t, lock, "exit 1", "names")
	must(t, err)
	names := strings.Fields(text)
	for _, found := range regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+)`).FindAllStringSubmatch(string(dockerfile), -1) {
		argument := strings.TrimSuffix(strings.TrimPrefix(found[1], "${"), "}")
		if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, argument+"=") }) {
			t.Errorf("the Dockerfile is made of %s, which scripts/base-images does not know", found[1])
		}
	}
	for _, n := range names {
		if !regexp.MustCompile(`^[A-Z_]+=[a-z0-9./-]+:[a-z0-9.-]+$`).MatchString(n) {
			t.Errorf("%s is no name with a tag", n)
		}
	}

	if _, err := baseImages(t, lock, known, "args"); err == nil {
		t.Error("there are arguments without a lock")
	}
	_, err = baseImages(t, lock, known, "resolve")
	must(t, err)
	args, err := baseImages(t, lock, "exit 1", "args")
	must(t, err)
	for i, line := range strings.Fields(args) {
		if !regexp.MustCompile(`^` + regexp.QuoteMeta(names[i]) + `@sha256:[0-9a-f]{64}$`).MatchString(line) {
			t.Errorf("argument %s, of %s", line, names[i])
		}
	}
	if n := len(strings.Fields(args)); n != len(names) || n < 5 {
		t.Errorf("%d arguments for %d images", n, len(names))
	}

	for what, docker := range map[string]string{
		"a registry that is away": "exit 1",
		"no digest":               "echo latest",
		"one that is away":        `case $4 in node:*) exit 1 ;; esac` + "\n" + known,
	} {
		if _, err := baseImages(t, lock, docker, "resolve"); err == nil {
			t.Errorf("%s: resolved", what)
		}
		if after, err := baseImages(t, lock, "exit 1", "args"); err != nil || after != args {
			t.Errorf("%s: the lock is %s, %v", what, after, err)
		}
	}
	for what, change := range map[string][2]string{
		"another tag": {"debian:bookworm-slim", "debian:bullseye-slim"}, "no digest": {"@sha256:", " sha256:"}, "one too few": {strings.Fields(args)[2] + "\n", ""}, "another line": {"GO_IMAGE", "EVIL_IMAGE"},
	} {
		must(t, os.WriteFile(lock, []byte(strings.Replace(args, change[0], change[1], 1)), 0o644))
		if got, err := baseImages(t, lock, "exit 1", "args"); err == nil {
			t.Errorf("%s: taken as %s", what, got)
		}
	}
}

// TestPublishing: what is published is built of the lock, and known holes are looked up.
func TestPublishing(t *testing.T) {
	for file, needs := range map[string][]string{
		"publish.yml": {"scripts/base-images resolve", "scripts/base-images args", "build-args: ${{ needs.base.outputs.arguments }}", "git add base-images.lock"},
		"holes.yml":   {"govulncheck", "npm audit"},
	} {
		text, err := os.ReadFile(filepath.Join("../.github/workflows", file))
		must(t, err)
		for _, need := range needs {
			if !strings.Contains(string(text), need) {
				t.Errorf("%s has no %q", file, need)
			}
		}
	}
}
