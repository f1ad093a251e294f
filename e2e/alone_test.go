package e2e

import (
	"path/filepath"
	"testing"

	"lookback/e2e/rig"
)

// TestBrowserAlone: without nginx the page is allowed all that it needs.
func TestBrowserAlone(t *testing.T) {
	dir := t.TempDir()
	address := freeAddress(t)
	viewer, err := filepath.Abs("../viewer")
	must(t, err)
	p, err := rig.Controller(t.Context(), "..", dir, 0, "CAMERAS=front=test:320x180@10", "ENCODER=libx264", "DISK_RESERVE=0",
		"MEDIA_DIR="+filepath.Join(dir, "media"), "LISTEN="+address, "METRICS_LISTEN=unix:"+filepath.Join(dir, "metrics"), "VIEWER_DIR="+viewer)
	must(t, err)
	must(t, p.Start())
	t.Cleanup(p.Stop)
	must(t, rig.Answers(t.Context(), p, "http://"+address+"/healthz"))
	page := newPage(t, 1280, 800)
	must(t, page.Open("http://"+address))
	must(t, page.Until(soon, `typeof lookback === "object" && lookback.state === "live"`))
	// A policy that the page breaks is reported to its document.
	broken, err := rig.Eval[string](page, `new Promise((told) => {
		document.addEventListener("securitypolicyviolation", (e) => told(e.violatedDirective));
		new Image().src = "http://elsewhere.example/x.png";
	})`)
	must(t, err)
	if broken != "img-src" {
		t.Errorf("the page may load pictures from elsewhere: %q", broken)
	}
}
