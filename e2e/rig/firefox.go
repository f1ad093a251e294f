package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gorilla/websocket"
)

// Firefox is one without a window, with one tab, spoken to by WebDriver BiDi
// (w3.org/TR/webdriver-bidi). One goroutine may use it.
type Firefox struct {
	process *Process
	socket  *websocket.Conn
	id      int
	tab     string // browsing context
}

// endpoint is what Firefox says on its standard error.
var endpoint = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)

// prefs keep Firefox from doing anything but what is tested.
const prefs = `user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("toolkit.telemetry.enabled", false);
`

// OpenFirefox starts Firefox with an empty profile in dir; Close ends it. It may
// be called firefox or, as Debian's is, firefox-esr.
func OpenFirefox(ctx context.Context, dir string) (*Firefox, error) {
	path, err := command("firefox-esr")
	if err != nil {
		if path, err = command("firefox"); err != nil {
			return nil, errors.New("neither firefox-esr nor firefox is installed; on Debian: apt-get install firefox-esr")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(prefs), 0o600); err != nil {
		return nil, err
	}
	f := &Firefox{process: &Process{
		Name: "firefox", Path: path, Args: []string{"--headless", "--no-remote", "--profile", dir, "--remote-debugging-port", "0", "about:blank"},
		Env: append(plainEnv(), "HOME="+dir, "MOZ_CRASHREPORTER_DISABLE=1"),
	}}
	if err := f.process.Start(); err != nil {
		return nil, err
	}
	if err := f.join(ctx); err != nil {
		f.Close()
		return nil, fmt.Errorf("firefox: %w\n%s", err, f.process.Log())
	}
	return f, nil
}

// join begins a session in the tab that is there.
func (f *Firefox) join(ctx context.Context) error {
	var found []string
	err := Until(ctx, 2*patience, "firefox tells where it listens", func() bool {
		found = endpoint.FindStringSubmatch(f.process.Log())
		return found != nil || f.process.Ended()
	})
	if err != nil {
		return err
	}
	if found == nil {
		return errors.New("it has ended")
	}
	if f.socket, _, err = websocket.DefaultDialer.DialContext(ctx, found[1]+"/session", nil); err != nil {
		return err
	}
	var tree struct {
		Contexts []struct{ Context string }
	}
	if err := errors.Join(f.call("session.new", object{"capabilities": object{}}, nil), f.call("browsingContext.getTree", object{}, &tree)); err != nil {
		return err
	}
	if len(tree.Contexts) == 0 {
		return errors.New("it has no tab")
	}
	f.tab = tree.Contexts[0].Context
	return nil
}

type object map[string]any

// call sends a command and reads its result into result, unless that is nil.
func (f *Firefox) call(method string, params object, result any) error {
	f.id++
	f.socket.SetWriteDeadline(time.Now().Add(patience))
	f.socket.SetReadDeadline(time.Now().Add(2 * patience))
	if err := f.socket.WriteJSON(object{"id": f.id, "method": method, "params": params}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for {
		var answer struct {
			Type, Error, Message string
			ID                   int
			Result               json.RawMessage
		}
		if err := f.socket.ReadJSON(&answer); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		if answer.ID != f.id {
			continue // an event
		}
		if answer.Type == "error" {
			return fmt.Errorf("%s: %s: %s", method, answer.Error, answer.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(answer.Result, result)
	}
}

// Close ends Firefox and waits for its end.
func (f *Firefox) Close() {
	if f.socket != nil {
		f.socket.Close()
	}
	f.process.Stop()
}

// Pid is Firefox' main process.
func (f *Firefox) Pid() int { return f.process.Pid() }

// Open goes to a URL and waits until the document is there.
func (f *Firefox) Open(url string) error {
	return f.call("browsingContext.navigate", object{"context": f.tab, "url": url, "wait": "interactive"}, nil)
}

// Eval reads the value of an expression in the page, which may await, into value.
func (f *Firefox) Eval(expression string, value any) error {
	var answer struct {
		Type             string
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	err := f.call("script.evaluate", object{
		"expression":   "(async () => JSON.stringify((" + expression + ") ?? null))()",
		"target":       object{"context": f.tab},
		"awaitPromise": true,
	}, &answer)
	if err == nil && answer.Type == "exception" {
		err = errors.New(answer.ExceptionDetails.Text)
	}
	if err == nil {
		err = json.Unmarshal([]byte(answer.Result.Value), value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", expression, err)
	}
	return nil
}

// Until waits until an expression is true in the page. An exception in it is
// as good as false.
func (f *Firefox) Until(ctx context.Context, deadline time.Duration, expression string) error {
	var last error
	err := Until(ctx, deadline, expression, func() bool {
		var holds bool
		last = f.Eval("Boolean("+expression+")", &holds)
		return last == nil && holds
	})
	if err != nil {
		return errors.Join(err, last)
	}
	return nil
}

// Keys presses and releases keys, one after the other: characters, or
// WebDriver's code points for others, such as Enter.
func (f *Firefox) Keys(keys string) error {
	var actions []object
	for _, key := range keys {
		actions = append(actions, object{"type": "keyDown", "value": string(key)}, object{"type": "keyUp", "value": string(key)})
	}
	return f.call("input.performActions", object{
		"context": f.tab, "actions": []object{{"type": "key", "id": "keyboard", "actions": actions}},
	}, nil)
}

// Enter is a key (w3.org/TR/webdriver, "normalised key value").
const Enter = "\uE007"
