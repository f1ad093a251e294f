package rig

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// eyes reads the block code in the page; see eyes.js.
//
//go:embed eyes.js
var eyes string

// Browser is a Chromium without a window.
type Browser struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// OpenBrowser starts Chromium with an empty profile; Close ends it.
func OpenBrowser(ctx context.Context) (*Browser, error) {
	path, err := command("chromium")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WSURLReadTimeout(2*patience),
	)
	allocated, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	browser, cancelBrowser := chromedp.NewContext(allocated)
	b := &Browser{ctx: browser, cancel: func() { cancelBrowser(); cancelAllocator() }}
	if err := chromedp.Do(browser); err != nil {
		b.cancel()
		return nil, fmt.Errorf("chromium: %w", err)
	}
	return b, nil
}

// Close ends Chromium and waits for its end.
func (b *Browser) Close() {
	chromedp.Cancel(b.ctx)
	b.cancel()
}

// Pid is Chromium's main process.
func (b *Browser) Pid() int { return chromedp.FromContext(b.ctx).Browser.Process().Pid }

// Page is a tab with a cache and storage of its own.
type Page struct {
	Context context.Context // for actions of chromedp
	cancel  context.CancelFunc

	mu     sync.Mutex
	errors []string
}

// NewPage opens an empty tab of that size in CSS pixels.
func (b *Browser) NewPage(width, height int64) (*Page, error) {
	return newPage(b.ctx, width, height, chromedp.WithNewBrowserContext())
}

// Beside opens another one with the same cache, storage and connections. Both are seen.
func (p *Page) Beside(width, height int64) (*Page, error) {
	return newPage(p.Context, width, height)
}

func newPage(parent context.Context, width, height int64, options ...chromedp.ContextOption) (*Page, error) {
	ctx, cancel := chromedp.NewContext(parent, options...)
	p := &Page{Context: ctx, cancel: cancel}
	err := errors.Join(
		chromedp.Listen(ctx, p.collect),
		chromedp.Do(ctx, chromedp.EmulateViewport(width, height)),
		call(ctx, log.Enable, cdp.Empty{}),
		// Twenty requests a second would be reported, which costs all three of us.
		call(ctx, network.Disable, cdp.Empty{}),
		call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: eyes}),
	)
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// call runs a command of the protocol whose answer says nothing.
func call[P, R any](ctx context.Context, command cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(ctx, command, params)
	return err
}

// NoFrames makes the browser one that can't play frame by frame.
const NoFrames = "delete globalThis.ReadableStream; delete globalThis.VideoDecoder"

// Before runs a script in each document that is opened from now on, before its own.
func (p *Page) Before(script string) error {
	return call(p.Context, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// Close closes the tab.
func (p *Page) Close() {
	chromedp.Cancel(p.Context)
	p.cancel()
}

// collect keeps uncaught exceptions and what the content security policy
// refused. Requests that fail are none of it: servers are killed here.
func (p *Page) collect(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.blame(describe(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if strings.Contains(e.Entry.Text, "Content Security Policy") {
			p.blame(e.Entry.Text)
		}
	}
}

func (p *Page) blame(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errors = append(p.errors, text)
}

// Errors are the uncaught exceptions and policy violations so far.
func (p *Page) Errors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.errors...)
}

func describe(e *runtime.ExceptionDetails) string {
	text := fmt.Sprintf("%s at %s:%d", e.Text, e.URL, e.LineNumber+1)
	if e.Exception != nil {
		text += ": " + e.Exception.Description
	}
	return text
}

// Do runs actions of chromedp, each of which has a while to succeed.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(p.Context, 2*patience)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// Open goes to a URL without waiting for everything on the page.
func (p *Page) Open(url string) error {
	result, err := chromedp.Call(p.Context, page.Navigate, page.NavigateParams{URL: url})
	if err == nil && result.ErrorText != "" {
		err = errors.New(result.ErrorText)
	}
	return err
}

// Eval is the value of an expression in the page, or what it promises.
func Eval[T any](p *Page, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.Context, 2*patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		return value, fmt.Errorf("%s: %w", expression, err)
	}
	return value, nil
}

// Until waits until an expression, which may await, is true in the page. An
// exception in it, as before the page has loaded, is as good as false.
func (p *Page) Until(deadline time.Duration, expression string) error {
	var last error
	err := Until(p.Context, deadline, expression, func() bool {
		var holds bool
		holds, last = Eval[bool](p, "(async () => Boolean("+expression+"))()")
		return holds
	})
	if err != nil {
		return errors.Join(err, last)
	}
	return nil
}
