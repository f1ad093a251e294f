package engineproxy

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/docker/docker/api"
	"github.com/docker/docker/api/types/versions"
	"github.com/go-json-experiment/json"
)

const (
	// maxBody is how many bytes a request may bring: a recorder's container takes 4 kB,
	// and with a seccomp profile of one's own 20 kB.
	maxBody = 128 << 10
	// oldest version of the Engine's API that may be asked for: that of Docker 19.03.
	// What older ones understand otherwise (a body of start) is nobody's business.
	oldest = "1.40"
)

// asked is what a request asks for.
type asked struct {
	call   string
	object string // the id or name in the path, "" where none belongs
	query  url.Values
	body   []byte // nil where none belongs
}

// call is a request that may be answered.
type call struct {
	name, method string
	path         *regexp.Regexp            // of all before the question mark; its group is the object
	query        map[string]*regexp.Regexp // what may come after it, each once
	body         bool
}

const (
	versioned = `^/v(?P<version>1\.[0-9]{2})`
	one       = `/containers/(?P<object>[0-9a-f]{64})`
)

var (
	yes     = regexp.MustCompile(`^1$`)
	instant = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{9})?$`)
	some    = regexp.MustCompile(`^.{1,500}$`) // looked at later
)

func pathOf(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern + `$`) }

// calls are those that controller/runner makes (its interface Engine), as its client
// writes them.
var calls = []call{
	{name: "ping", method: http.MethodHead, path: pathOf(`^/_ping`)},
	{name: "ping", method: http.MethodGet, path: pathOf(`^/_ping`)},
	{name: "list", method: http.MethodGet, path: pathOf(versioned + `/containers/json`), query: map[string]*regexp.Regexp{"all": yes, "filters": some}},
	{name: "events", method: http.MethodGet, path: pathOf(versioned + `/events`), query: map[string]*regexp.Regexp{"since": instant, "filters": some}},
	{name: "inspect", method: http.MethodGet, path: pathOf(versioned + one + `/json`)},
	{name: "create", method: http.MethodPost, path: pathOf(versioned + `/containers/create`), query: map[string]*regexp.Regexp{"name": some}, body: true},
	{name: "start", method: http.MethodPost, path: pathOf(versioned + one + `/start`)},
	{name: "stop", method: http.MethodPost, path: pathOf(versioned + one + `/stop`)},
	{name: "remove", method: http.MethodDelete, path: pathOf(versioned + one), query: map[string]*regexp.Regexp{"force": yes}},
	{name: "connect", method: http.MethodPost, path: pathOf(versioned + `/networks/(?P<object>[A-Za-z0-9][A-Za-z0-9_.-]{0,127})/connect`), body: true},
}

// read is a request as one of the calls. It looks at the target as it was written:
// what is escaped, doubled or relative in it is no call.
func read(w http.ResponseWriter, r *http.Request) (*asked, error) {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	for _, c := range calls {
		found := c.path.FindStringSubmatch(path)
		if found == nil || r.Method != c.method {
			continue
		}
		a := &asked{call: c.name}
		for i, name := range c.path.SubexpNames() {
			switch name {
			case "object":
				a.object = found[i]
			case "version":
				if versions.LessThan(found[i], oldest) || versions.GreaterThan(found[i], api.DefaultVersion) {
					return nil, malformed("the version %s of the API is not one from %s to %s", found[i], oldest, api.DefaultVersion)
				}
			}
		}
		var err error
		if a.query, err = c.parameters(query); err != nil {
			return nil, err
		}
		a.body, err = c.content(w, r)
		return a, err
	}
	return nil, refuse("no call that a controller makes")
}

// parameters are those of the query, each of them known and there once.
func (c *call) parameters(query string) (url.Values, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, malformed("the query is none")
	}
	for name, value := range values {
		if c.query[name] == nil || len(value) != 1 || !c.query[name].MatchString(value[0]) {
			return nil, refuse("not a query that a controller asks (%q)", shortened(name))
		}
	}
	return values, nil
}

// content is the body, which is there exactly where one belongs, and whose length is
// told before it.
func (c *call) content(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	switch {
	case len(r.TransferEncoding) > 0, r.Header.Get("Upgrade") != "", r.Header.Get("Expect") != "":
		return nil, refuse("a controller's requests are plain: no Transfer-Encoding, Upgrade or Expect")
	case !c.body && r.ContentLength != 0:
		return nil, refuse("a body where none belongs")
	case !c.body:
		return nil, nil
	case r.ContentLength <= 0 || r.Header.Get("Content-Type") != "application/json":
		return nil, malformed("no JSON where it belongs")
	case r.ContentLength > maxBody:
		return nil, &refusal{http.StatusRequestEntityTooLarge, "a body larger than a recorder needs"}
	}
	// Only for the body: a deadline that stays would end what takes longer to answer.
	reading := http.NewResponseController(w)
	if err := reading.SetReadDeadline(time.Now().Add(readTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, malformed("the body does not come")
	}
	if err := reading.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	return body, nil
}

// decode reads JSON as nobody can read it otherwise: names as they are written in the
// Engine's types, known and there once, one value and nothing after it. The decoder is
// the one that is to be Go's encoding/json/v2. The Engine has the first one, which folds
// names, and of several takes the last.
func decode(data []byte, into any) error {
	if err := json.Unmarshal(data, into, json.RejectUnknownMembers(true)); err != nil {
		return malformed("JSON that a controller does not write: %s", shortened(err.Error()))
	}
	return nil
}
