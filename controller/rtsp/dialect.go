package rtsp

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/bluenviron/gortsplib/v5/pkg/base"

	"lookback/controller/camera"
)

// maxRedirects is how often a camera may name another address.
const maxRedirects = 5

// onRequest completes what gortsplib is about to send.
func (s *session) onRequest(r *base.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.transport = r.Method, first(r.Header["Transport"])
	delete(r.Header, "Authorization")
	if a := s.plan.credentials.authorization(string(r.Method), r.URL.CloneWithoutCredentials().String()); a != "" {
		r.Header["Authorization"] = base.HeaderValue{a}
	}
}

// onResponse puts an answer right before gortsplib reads it, which ends the
// connection over what other programs overlook.
func (s *session) onResponse(r *base.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.StatusCode == base.StatusUnauthorized {
		s.challenged = true
		if s.plan.credentials.refuse(r.Header["WWW-Authenticate"]) {
			// gortsplib asks again if it understands this; onRequest answers.
			r.Header["WWW-Authenticate"] = base.HeaderValue{`Basic realm=""`}
		}
		return
	}
	s.plan.credentials.taken()
	mendSession(r.Header)
	switch s.asked {
	case base.Options:
		// Not every camera knows it. What is wrong DESCRIBE tells.
		r.StatusCode = base.StatusOK
		if p := r.Header["Public"]; len(p) > 1 {
			r.Header["Public"] = base.HeaderValue{strings.Join(p, ", ")}
		}
	case base.Describe:
		s.described(r)
	case base.Setup:
		if r.StatusCode == base.StatusOK {
			mendTransport(r.Header, s.transport)
		}
	case base.Play: // by the goroutine that will look how long the camera has been silent
		s.client.ReadTimeout = s.plan.silent
	}
}

// onServerRequest lets gortsplib answer all requests with 200, as it does for
// OPTIONS, but for those that end the stream.
func (s *session) onServerRequest(r *base.Request) {
	if r.Method != base.Teardown && string(r.Method) != "REDIRECT" {
		r.Method = base.Options
		return
	}
	s.fail(failed(camera.StreamEnded, "the camera ends the stream by %s", r.Method))
}

// described reads the answer to DESCRIBE. What can't be used is kept as the
// session's refusal.
func (s *session) described(r *base.Response) {
	switch {
	case r.StatusCode >= base.StatusMovedPermanently && r.StatusCode <= base.StatusUseProxy:
		s.redirected(r)
	case r.StatusCode == base.StatusOK:
		s.offer = readSDP(r.Body)
		s.refusal = s.choose()
		s.announced = s.offer.control
		for _, name := range []string{"Content-Base", "Content-Location"} {
			if s.announced == "" || s.announced == "*" {
				s.announced = first(r.Header[name])
			}
			delete(r.Header, name)
		}
		r.Header["Content-Type"] = base.HeaderValue{"application/sdp"}
		r.Body = canonical(s.offer, s.tracks)
		if len(s.tracks) == 0 {
			r.Body = canonical(s.offer, []chosenTrack{{offeredTrack: offeredTrack{kind: "video"}, payloadType: 96, clock: 90000}})
		}
	}
}

// redirected checks a redirect before gortsplib follows it. A password does not
// go to another host but hashed.
func (s *session) redirected(r *base.Response) {
	s.redirects++
	var to *base.URL
	relative, err := (*url.URL)(s.address).Parse(strings.TrimSpace(first(r.Header["Location"])))
	if err == nil {
		to, err = parseAddress(relative.String())
	}
	if err != nil || s.redirects > maxRedirects {
		s.refusal = failed(camera.HTTPError, "the camera redirects to nowhere, or again and again")
		r.StatusCode = base.StatusInternalServerError
		return
	}
	if to.Hostname() != s.plan.address.Hostname() {
		s.plan.credentials.refused["basic "] = true
	}
	s.plan.credentials.current = nil
	to.User = s.plan.address.User
	s.address = to
	r.Header["Location"] = base.HeaderValue{to.CloneWithoutCredentials().String()}
}

// choose picks the tracks.
func (s *session) choose() error {
	s.tracks = nil
	picture, err := s.offer.picture()
	if err != nil {
		return err
	}
	s.tracks = []chosenTrack{picture}
	if sound, ok := s.offer.sound(); ok && s.plan.Sound {
		s.tracks = append(s.tracks, sound)
	}
	return nil
}

// mendSession makes the session's header one that gortsplib reads. It is kept
// alive every timeout less five seconds; half of the timeout is meant here. Where
// none is said, every 30 s: half of what RFC 2326 says in section 12.37.
func mendSession(h base.Header) {
	v := first(h["Session"])
	if v == "" {
		delete(h, "Session")
		return
	}
	id, rest, _ := strings.Cut(v, ";")
	h["Session"] = base.HeaderValue{strings.TrimSpace(id)}
	if n, err := strconv.Atoi(formatParameters(rest)["timeout"]); err == nil && n > 0 && n < 86400 {
		h["Session"] = base.HeaderValue{fmt.Sprintf("%s;timeout=%d", strings.TrimSpace(id), n/2+5)}
	}
}

// mendTransport writes the answer to SETUP anew, from what was asked and those
// values of the answer that say more.
func mendTransport(h base.Header, asked string) {
	said := strings.Join(h["Transport"], ";")
	profile, _, _ := strings.Cut(asked, ";")
	if strings.Contains(profile, "TCP") && said != "" && !strings.Contains(strings.ToUpper(said), "TCP") {
		return // it wants UDP
	}
	if !strings.Contains(profile, "TCP") && strings.Contains(strings.ToUpper(said), "/TCP") {
		return // it wants TCP
	}
	values := formatParameters(said)
	result := profile + ";unicast"
	if strings.Contains(profile, "TCP") {
		result += ";interleaved=" + pair(values["interleaved"], formatParameters(asked)["interleaved"])
	} else if ports := pair(values["server_port"], ""); ports != "" {
		result += ";server_port=" + ports
	}
	h["Transport"] = base.HeaderValue{result}
}

// pair is a pair of numbers, made of one if need be, or what stands for it.
func pair(s, otherwise string) string {
	a, b, two := strings.Cut(s, "-")
	from, err := strconv.ParseUint(strings.TrimSpace(a), 10, 16)
	if err != nil {
		return otherwise
	}
	to, err := strconv.ParseUint(strings.TrimSpace(b), 10, 16)
	if !two || err != nil {
		to = from + 1
	}
	return fmt.Sprintf("%d-%d", from, to)
}

func first(v base.HeaderValue) string {
	if len(v) == 0 {
		return ""
	}
	return v[0]
}
