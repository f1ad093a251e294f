package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"lookback/e2e/rig"
)

// findings is what axe has to say of the page as it is, one line for each element,
// by all of its rules or some.
const findings = `axe.run(%s).then(({violations}) => violations.flatMap(({id, nodes}) =>
	nodes.map(({target, failureSummary}) => id + " " + target.join(" ") + ": " + failureSummary.replace(/\s+/g, " "))))`

// accessible checks the page with axe (github.com/dequelabs/axe-core): at 100 %
// and at 200 % of 1280x800, in both colours.
func (v *visit) accessible(t *testing.T, what string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "viewer", "node_modules", "axe-core", "axe.min.js"))
	must(t, err)
	// As a command of the protocol, since the content security policy lets in no script of others.
	_, err = rig.Eval[chromedp.Void](v.page, string(source))
	must(t, err)
	for zoom, size := range map[int64][2]int64{100: {1280, 800}, 200: {640, 400}} {
		v.do(t, chromedp.EmulateViewport(size[0], size[1], chromedp.EmulateScale(float64(zoom)/100)))
		v.until(t, `innerWidth === %d && innerHeight === %d`, size[0], size[1])
		for scheme, rules := range map[string]string{"light": `{}`, "dark": `{runOnly: ["color-contrast"]}`} {
			v.scheme(t, scheme)
			// A colour on its way to another one has a contrast of its own.
			v.until(t, `document.getAnimations().every((a) => a.effect.getComputedTiming().iterations === Infinity)`)
			for _, finding := range ask[[]string](t, v, fmt.Sprintf(findings, rules)) {
				t.Errorf("%s, %d %%, %s: %s", what, zoom, scheme, finding)
			}
		}
	}
	v.scheme(t, "")
	v.do(t, chromedp.EmulateViewport(1280, 800))
}
