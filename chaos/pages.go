package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"lookback/e2e/rig"
)

// Shown is a picture on the screen of a page, ms since 1970.
type Shown struct {
	At    int64 // when it came to the screen
	Coded int64 // what its blocks say
}

// tab is a page that is opened once and never loaded again by us.
type tab struct {
	page *rig.Page
	url  string

	mu     sync.Mutex
	shown  []Shown // the last minutes
	live   int64   // since when the page has said live without a break, ms since 1970; 0: it doesn't
	state  string
	stalls float64
	// rebuilds counts players made anew by the page itself.
	rebuilds float64
	error    string
	reloads  int // times that the page was not the one we opened
}

// openTab opens the page and leaves a mark in it.
func openTab(browser *rig.Browser, url string) (*tab, error) {
	page, err := browser.NewPage(960, 640)
	if err != nil {
		return nil, err
	}
	t := &tab{page: page, url: url}
	if err := page.Open(url); err != nil {
		return nil, err
	}
	if err := page.Until(time.Minute, `window.eyes && window.lookback && (window.chaosMark = true)`); err != nil {
		return nil, fmt.Errorf("%w; in the page: %v", err, page.Errors())
	}
	return t, nil
}

// glance is what a page says since the last time.
type glance struct {
	Mark     bool      `json:"mark"`
	Now      int64     `json:"now"`
	State    string    `json:"state"`
	At       []float64 `json:"at"`
	Coded    []float64 `json:"coded"`
	Stalls   float64   `json:"stalls"`
	Rebuilds float64   `json:"rebuilds"`
	Error    string    `json:"error"`
}

// What has been read is taken away, so that a page of many hours stays small.
const lookOnce = `(() => {
	const mark = Boolean(window.chaosMark);
	window.chaosMark = true;
	return {mark, now: Date.now(), state: lookback.state, at: eyes.at.splice(0), coded: eyes.coded.splice(0),
		stalls: lookback.stalls, rebuilds: lookback.rebuilds, error: String(lookback.lastError ?? "")};
})()`

// run looks four times a second until the context ends.
func (t *tab) run(ctx context.Context) {
	for wait(ctx, 250*time.Millisecond) == nil {
		seen, err := rig.Eval[glance](t.page, lookOnce)
		if err == nil {
			t.take(seen)
		}
	}
}

// remembered is how long pictures are kept, ms.
const remembered = 3 * 60_000

func (t *tab) take(g glance) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !g.Mark {
		t.reloads++
	}
	for i := range min(len(g.At), len(g.Coded)) {
		t.shown = append(t.shown, Shown{int64(g.At[i]), int64(g.Coded[i])})
	}
	old := 0
	for old < len(t.shown) && t.shown[old].At < g.Now-remembered {
		old++
	}
	t.shown = t.shown[old:]
	switch {
	case g.State != "live":
		t.live = 0
	case t.live == 0:
		t.live = g.Now
	}
	t.state, t.stalls, t.rebuilds, t.error = g.State, g.Stalls, g.Rebuilds, g.Error
}

// settled is how long pictures must have gone on before that counts as
// recovered, and smooth the longest hole within, both ms.
const (
	settled = 2000
	smooth  = 1000
	fresh   = 4000 // a picture older than this is not live
)

// recovered finds when pictures taken after an instant began to come and then
// went on, ms since 1970.
func recovered(shown []Shown, gone int64) (at int64, ok bool) {
	var last int64
	for _, s := range shown {
		young := s.Coded > gone && s.At-s.Coded < fresh
		switch {
		case !young:
			at = 0
		case at == 0 || s.At-last > smooth || s.At < last: // or the clock was set back
			at = s.At
		}
		last = s.At
	}
	return at, at != 0 && last-at >= settled
}

// Back is how long after an instant a page was live again, and how long after
// it the new pictures began that it then went on with.
type Back struct {
	Live    time.Duration `json:"live"`
	Picture time.Duration `json:"picture"`
}

// recovery is how the page came back after the instant; false: not yet.
func (t *tab) recovery(gone time.Time) (b Back, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	from := gone.UnixMilli()
	at, ok := recovered(t.shown, from)
	if !ok || t.live == 0 {
		return Back{}, false
	}
	b.Picture = time.Duration(at-from) * time.Millisecond
	// A page that has called itself live all the time is as late as its picture.
	b.Live = max(b.Picture, time.Duration(t.live-from)*time.Millisecond)
	return b, true
}

// clockSet forgets what was noted by another clock. A page that is live is taken
// to be so from now on.
func (t *tab) clockSet(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shown = nil
	if t.live != 0 {
		t.live = now.UnixMilli()
	}
}

// describe is what the page thinks, for reports of what went wrong.
func (t *tab) describe() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var last Shown
	if n := len(t.shown); n > 0 {
		last = t.shown[n-1]
	}
	return fmt.Sprintf("state %s, last picture at %s of %s, %v rebuilds, last error %q",
		t.state, clockTime(last.At), clockTime(last.Coded), t.rebuilds, t.error)
}
