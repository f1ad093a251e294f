//go:build stack

package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// earlier is a version whose recorders may still run when this one is installed:
// the last before fragments were made here and settings travelled in one piece.
const earlier = "b9dad3d722bec6341edd28e64b180be06cb8e17f"

// TestStackUpgrade: the controller is replaced while recorders of an earlier
// version record. The one that is left alone loses no frame. The one that is
// killed comes back as it was, by its old image, and is adopted again.
func TestStackUpgrade(t *testing.T) {
	r := newRunnerStack(t, "upgrade")
	r.source = earlierTree(t)
	r.composeFiles(under(r.source, runnerFiles)...)
	r.release(t)
	r.up(t)
	eventually(t, 30*time.Second, "the first picture", func() bool { return !r.edge().IsZero() })
	from, before := r.newestSegment(t), r.recorders(t)
	if len(before) != 2 {
		t.Fatalf("the earlier version has %d recorders", len(before))
	}

	r.source = ""
	r.composeFiles(runnerFiles...)
	r.release(t)
	r.compose(t, "build", "controller")
	moment := time.Now()
	r.compose(t, "up", "--detach", "--no-deps", "controller")
	r.liveAfter(t, moment, 20*time.Second)
	r.strike(t, before["back"].ID, "controller")
	eventually(t, 30*time.Second, "the recorder that was killed records again", func() bool {
		c, err := r.engine.ContainerInspect(t.Context(), before["back"].ID)
		return err == nil && c.RestartCount == 1 && c.State.Running && r.edgeOf("back").After(moment)
	})
	after := r.recorders(t)
	for name, c := range before {
		if after[name].ID != c.ID || after[name].ImageID != c.ImageID {
			t.Errorf("the recorder of %s is another: %+v, was %+v", name, after[name], c)
		}
	}
	r.liveAfter(t, time.Now().Add(2*time.Second), 20*time.Second)
	archived, begun := r.runs(t)
	tape, next := r.tape(t, from)
	if archived != begun || len(tape.holes) > 0 {
		t.Errorf("%d runs are archived, the recorder began %d; holes: %v", archived, begun, tape.holes)
	}
	t.Logf("%d segments, %d frames over the upgrade, none missing", next-from, tape.frames)
	r.compose(t, "exec", "-T", "controller", "controller", "check")
}

// under are the paths of files below a folder.
func under(dir string, files []string) (paths []string) {
	for _, file := range files {
		paths = append(paths, filepath.Join(dir, file))
	}
	return paths
}

// earlierTree is the source of the earlier version.
func earlierTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	archive := exec.Command("git", "archive", "--format=tar", earlier)
	archive.Dir = ".."
	unpack := exec.Command("tar", "-x", "-C", dir)
	pipe, err := archive.StdoutPipe()
	must(t, err)
	unpack.Stdin = pipe
	var said strings.Builder
	archive.Stderr = &said
	must(t, archive.Start())
	must(t, unpack.Run())
	if err := archive.Wait(); err != nil {
		t.Fatalf("the version %s is not in this clone: %v %s\nA shallow clone lacks it: git fetch --unshallow", earlier, err, &said)
	}
	return dir
}
