package httpcam

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lookback/controller/camera"
)

const (
	maxRedirects = 10
	// maxRefusals is how often a camera may ask for a password, or for it with a
	// newer nonce, before it is believed.
	maxRefusals = 5
	// drainSize and drainTime are what the rest of an answer may cost so that
	// its connection can be used again.
	drainSize = 64 << 10
	drainTime = time.Second
)

// fetch asks for an address, and goes where it is sent and gives the password
// where it is asked to, up to an answer that has something to say. It returns
// where that was.
func (r *run) fetch(ctx context.Context, a address) (head, address, error) {
	refusals := 0
	for redirects := 0; ; {
		h, answered, err := r.ask(ctx, a)
		if err != nil {
			r.hangUp()
			return head{}, a, err
		}
		for _, c := range h.all("set-cookie") {
			r.cookies.set(a.host, c)
		}
		location := h.get("location")
		switch {
		case h.status == 401 && a.login && refusals < maxRefusals && r.login(a).refused(h, answered):
			refusals++
		case slices.Contains([]int{301, 302, 303, 307, 308}, h.status) && location != "":
			if redirects++; redirects > maxRedirects {
				r.hangUp()
				return head{}, a, fmt.Errorf("it redirects in circles: %w", camera.ReasonFor(camera.HTTPError))
			}
			if a, err = a.follow(location); err != nil {
				r.hangUp()
				return head{}, a, fmt.Errorf("it redirects to an address that is not HTTP: %w", camera.ReasonFor(camera.NotAStream))
			}
		case h.status >= 200 && h.status < 300 || h.status == 304:
			return h, a, nil
		default:
			r.drain(h)
			return head{}, a, statusError(h.status)
		}
		r.drain(h)
	}
}

func (r *run) login(a address) *login {
	host := strings.ToLower(a.host)
	if r.logins[host] == nil {
		r.logins[host] = &login{}
	}
	return r.logins[host]
}

// ask sends one request and reads the head of its answer. A connection that was
// kept and is closed by now is no failure: another is opened.
func (r *run) ask(ctx context.Context, a address) (h head, answered bool, err error) {
	for {
		if err := r.connect(ctx, a); err != nil {
			return head{}, false, err
		}
		w := r.wire
		again, before := w.used, w.read
		w.used = true
		authorization := r.authorization(a)
		w.allow(r.limits.Head, r.limits.Head)
		w.conn.SetWriteDeadline(time.Now().Add(r.limits.Head))
		_, err = io.WriteString(w.conn, r.request(a, authorization))
		if err == nil {
			h, err = readHead(w)
		}
		stray := err == nil && h.bare && again // what was left of the answer before
		if err == nil && !stray {
			return h, authorization != "", nil
		}
		if r.hangUp(); stray {
			continue
		}
		if !again || w.read > before || !hungUp(err) {
			return head{}, false, failed("asking", err)
		}
	}
}

// connect makes r.wire lead to a; one that leads elsewhere is closed before.
func (r *run) connect(ctx context.Context, a address) error {
	if r.wire != nil && r.wire.key == a.key() {
		return nil
	}
	r.hangUp()
	w, err := r.dial(ctx, a)
	if err != nil {
		return err
	}
	r.wire = w
	r.unwatch = context.AfterFunc(ctx, w.close)
	return nil
}

// hangUp closes the connection, if there is one.
func (r *run) hangUp() {
	if r.wire == nil {
		return
	}
	r.unwatch()
	r.wire.close()
	r.wire = nil
}

// drain reads the rest of an answer, so that the next can come on the same
// connection, or closes it.
func (r *run) drain(h head) {
	b := newBody(r.wire, h)
	if _, open := b.frame.(*endless); open || !reusable(h) {
		r.hangUp()
		return
	}
	r.wire.allow(drainTime, drainTime)
	if _, err := io.CopyN(io.Discard, b.frame, drainSize); err != io.EOF || !b.ended() {
		r.hangUp()
	}
}

// reusable reports whether a connection stays open behind the answer.
func reusable(h head) bool {
	return (h.keepAlive || h.says("connection", "keep-alive")) && !h.says("connection", "close")
}

// ours reports whether a is the camera's own host, over a connection as safe as the
// one to its address.
func (r *run) ours(a address) bool {
	return strings.EqualFold(a.host, r.start.host) && r.safe(a)
}

func (r *run) safe(a address) bool { return a.secure || !r.start.secure }

// authorization is the value of the field of that name. After a way from https
// to http the password itself is not sent, only what Digest makes of it.
func (r *run) authorization(a address) string {
	if r.ours(a) && r.named("authorization") {
		return ""
	}
	return r.login(a).field(a, r.safe(a))
}

// named reports whether somebody has set this header.
func (r *run) named(name string) bool {
	return slices.ContainsFunc(r.source.Headers, func(h Header) bool { return strings.EqualFold(h.Name, name) })
}

// request is what is sent. No part of a picture is asked for (Range), only of what
// a [Client] is asked for in parts, and no compression; nothing on the way may answer with an old one.
func (r *run) request(a address, authorization string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\n", a.target)
	ours := r.ours(a)
	write := func(name, value string) {
		if value != "" && !(ours && r.named(name)) {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	write("Host", a.hostField())
	write("User-Agent", cmp.Or(r.source.UserAgent, defaultAgent))
	write("Accept", "*/*")
	write("Cache-Control", "no-cache")
	write("Connection", "keep-alive")
	write("Cookie", r.cookies.field(a))
	write("Authorization", authorization)
	write("Range", r.extent)
	if ours {
		for _, h := range r.source.Headers {
			fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
		}
	}
	b.WriteString("\r\n")
	return b.String()
}
