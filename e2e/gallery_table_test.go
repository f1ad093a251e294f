package e2e

import (
	"fmt"
	"strings"
)

// knock is a request that is to get nothing: as it goes over the wire.
type knock struct {
	name string
	raw  string
	want outcome
}

// outcome is what becomes of a knock.
type outcome int

const (
	// refused: an error, in a few bytes.
	refused outcome = iota
	// ended: at most one answer, and then the connection ends: what is behind the
	// request is never taken for another one.
	ended
	// kept: an answer that a browser keeps from the page that asked.
	kept
)

// furnished is what lies in a server's folders, and what is true of its camera.
type furnished struct {
	segment, init, hour string // paths of URLs: a segment, an init section, the folder of an hour
	archive             string // what these have in common: /hls/front/<identity>/
	version             string // of the page: v/<hash>/
	msn                 string // of the segment, nine digits
	links               []string
}

// gallery is every knock at a server.
func gallery(f furnished) (all []knock) {
	for _, group := range []func(furnished) []knock{climbs, hidden, spellings, identities, numbers, names, methods, hosts, origins, ambiguous, malformed, headers, linked} {
		all = append(all, group(f)...)
	}
	return all
}

// get is a request as browsers send it.
func get(target string, headers ...string) string { return request("GET", target, headers...) }

func request(method, target string, headers ...string) string {
	host := "Host: localhost\r\n"
	for _, h := range headers {
		if strings.HasPrefix(strings.ToLower(h), "host") {
			host = ""
		}
	}
	return method + " " + target + " HTTP/1.1\r\n" + host + "Connection: close\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n"
}

// climbs try to leave a folder, in every way of writing "up".
func climbs(f furnished) (all []knock) {
	ups := []string{"../", "..%2f", "..%2F", "%2e%2e/", "%2E%2e%2f", ".%2e/", `..\`, "..%5c", "%252e%252e%252f", "..%c0%af", "..;/", "....//", "..%00/", "./../", "..//", "%uff0e%uff0e/"}
	for _, from := range []string{"/", "/hls/", "/hls/front/", f.archive, f.archive + "init/", f.hour, f.archive + "parts/", f.archive + "pictures/", "/hls/front/init/", "/hls/front/parts/", "/hls/front/pictures/", "/api/", "/api/cameras/", "/v/", "/" + f.version} {
		for _, up := range ups {
			all = append(all, knock{"climbing from " + from + " by " + up, get(from + strings.Repeat(up, 1+strings.Count(from, "/")) + "secret.txt"), refused})
		}
	}
	for _, from := range []string{"/hls/front/", f.archive, f.hour} {
		for _, up := range ups {
			all = append(all, knock{"beside " + from + " by " + up, get(from + up + ".spool/front/status.json"), refused}, knock{"head beside " + from + " by " + up, request("HEAD", from+up+"state.json"), refused})
		}
	}
	return all
}

// hidden is what lies in the folders, or could, and is for nobody.
func hidden(f furnished) (all []knock) {
	for _, target := range []string{
		"/hls", "/hls/", "/hls/front", "/hls/front/", f.hour, strings.TrimSuffix(f.hour, "/"), f.archive + "init", f.archive + "init/", f.archive + "parts", f.archive + "parts/", f.archive + "pictures/", f.archive, strings.TrimSuffix(f.archive, "/"),
		strings.Replace(f.archive, "/front/", "/front/id-", 1), f.archive + "state.json", f.archive + ".spool/front/status.json", strings.Replace(f.archive, "/front/", "/front/id-", 1) + "init/000000000.mp4", "/hls/front/init", "/hls/front/init/", "/hls/front/parts/",
		"/hls/front/state.json", "/hls/front/.state.json", "/hls/front/state.json~", "/hls/front/id", strings.Replace(f.init, ".mp4", ".json", 1), f.hour + ".index.m3u8",
		"/hls/.spool", "/hls/.spool/", "/hls/.spool/front/status.json", "/hls/.spool/front/facts.json", "/hls/.spool/front/recorder.json", "/hls/.spool/front/lease", "/hls/.spool/front/recorder.lock", "/hls/.spool/controller.lock", "/hls/.spool/doorbell",
		"/.spool/front/status.json", "/hls/front/.spool/front/status.json", "/hls/front/secret.txt", "/hls/secret.txt", "/secret.txt", "/hls/front/000000001.m4s", "/hls/000000001.m4s", f.hour + "secret.m4s",
		"/media/front/state.json", "/var/lib/lookback/front/state.json", "/run/lookback/controller.sock", "/run/lookback-parts/front/", "/config/cameras", "/hls/../config/cameras", "/etc/passwd", "/proc/self/environ", "/hls//etc/passwd", "//etc/passwd",
		"/.env", "/.env.example", "/.git/config", "/.git/HEAD", "/docker-compose.yml", "/Dockerfile", "/nginx.conf", "/etc/nginx/nginx.conf", "/conf.d/site.conf", "/pages/away.json", "/away.json", "/away.html", "/50x.html",
		"/unnamed.js", "/" + f.version + "unnamed.js", "/" + f.version + ".env", "/" + f.version, "/v", "/v/", "/v/0000000000000000/main.js", "/main.js", "/index.html/", "/index.html.bak", "/index.php", "/favicon.ico", "/robots.txt",
		"/metrics", "/metrics/", "/api", "/api/", "/api/cameras/", "/api/metrics", "/api/cameras/front/state.json", "/api/cameras/front/timeline/", "/api/config", "/api/settings", "/api/cameras/gate/source",
		"/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/server-status", "/nginx_status", "/status", "/controller", "/nginx-alive/", "/healthz/", "/readyz/", "/healthz/front",
		"/@left", "/@media", "/@away", "/@parts", "/left", "/hls/@media",
	} {
		all = append(all, knock{"hidden " + target, get(target), refused})
	}
	return all
}

// spellings are other ways of writing what may be had, which would be a second
// address in a cache, or another file.
func spellings(f furnished) (all []knock) {
	for _, target := range []string{f.segment, f.init} {
		for _, end := range []string{".tmp", "~", ".bak", ".gz", ".left-out", "/", "/.", "/..", ".", "%20", "%00", "%00.m4s", "%0a", "%0d%0aX:y", "::$DATA", ";x", ";.m4s", "%3f", "%23", "%2f", `\`, "%5c", "/index.m3u8", "/x.m4s", ".m4s", ".mp4", ".json"} {
			all = append(all, knock{"behind " + target + " " + end, get(target + end), refused})
		}
		for _, other := range []string{
			strings.ToUpper(target), strings.Replace(target, "/hls/", "/HLS/", 1), strings.Replace(target, "/front/", "/Front/", 1), strings.Replace(target, "/front/", "//front/", 1), strings.Replace(target, "/front/", "/front//", 1),
			strings.Replace(target, "/front/", "/./front/", 1), strings.Replace(target, "/front/", "/front/./", 1), strings.Replace(target, "/front/", "/back/../front/", 1), strings.Replace(target, "/front/", "/%66ront/", 1), strings.Replace(target, "/front/", "%2ffront/", 1),
			strings.Replace(target, "/front/", `\front\`, 1), strings.Replace(target, "/front/", "/front%2f", 1), strings.Replace(target, "/hls", "/h%6cs", 1), strings.Replace(target, "/hls/", "/hls/hls/", 1), strings.Replace(target, "/front/", "/front/front/", 1),
			strings.Replace(target, "/front/", "/.front/", 1), strings.Replace(target, ".m", ".M", 1), strings.Replace(target, ".m", "%2em", 1), strings.TrimSuffix(target, "4") + "%34", "." + target, target[1:], "/" + target[1:] + "%", target + "%zz", strings.Replace(target, "/front/", "/front\x00/", 1),
		} {
			all = append(all, knock{"instead of " + target + " " + other, get(other), refused})
		}
	}
	return all
}

// identities are those of archives that are not there, in the addresses of what is.
func identities(f furnished) (all []knock) {
	own := strings.TrimSuffix(strings.TrimPrefix(f.archive, "/hls/front/"), "/")
	for _, instead := range []string{"", "0000000000000000/", "fedcba9876543210/", strings.ToUpper(own) + "x/", own + "0/", own[1:] + "/", "id-" + own + "/", own + "/" + own + "/", own + "%20/", "*/", "../front/" + own + "/", "%2e/" + own + "/", own[:8] + "/" + own[8:] + "/"} {
		for _, target := range []string{f.segment, f.init, f.hour + "index.m3u8", f.archive + "parts/" + strings.TrimLeft(f.msn, "0") + ".0.m4s", f.archive + "pictures/" + strings.TrimLeft(f.msn, "0") + ".mp4"} {
			other := strings.Replace(target, own+"/", instead, 1)
			all = append(all, knock{"identity " + instead + " in " + other, get(other), refused})
		}
	}
	return all
}

// numbers are ids that are none, or not there.
func numbers(f furnished) (all []knock) {
	for _, n := range []string{"-1", "+1", "1e3", "0x1", "00", "01", "000", "1.", ".1", " ", "%31", "1_0", "18446744073709551615", "18446744073709551616", "99999999999999999999999", "NaN", "null", "*", "1,2", "1-2", "\xd9\xa1", "9999999"} {
		for _, form := range []string{f.archive + "parts/%s.0.m4s", f.archive + "parts/9999999.%s.m4s", f.archive + "pictures/%s.mp4", f.archive + "init/%s.mp4", f.hour + "%s.m4s", "/hls/front/%s/init/000000000.mp4"} {
			all = append(all, knock{"number " + n + " in " + form, get(fmt.Sprintf(form, n)), refused})
		}
	}
	day := strings.TrimPrefix(f.hour, f.archive)
	for _, other := range []string{"0000-00-00/00/", "9999-99-99/99/", "2026-13-01/00/", "2026-1-1/1/", "20261122/10/", "2026-11-22/", "2026-11-22/24/", "2026-11-22/1/", "2026-11-22/010/", day + day, "-026-11-22/10/", "2026-11-22T10/"} {
		all = append(all, knock{"date " + other, get(f.archive + other + f.msn + ".m4s"), refused}, knock{"playlist of " + other, get(f.archive + other + "index.m3u8?epoch=0"), refused})
	}
	return all
}

// names are cameras that are not there.
func names(f furnished) (all []knock) {
	end := strings.TrimPrefix(f.segment, "/hls/front")
	for _, name := range []string{"FRONT", "front.", "front%20", "front%00", "fr%C3%B6nt", "fr\xf6nt", "frontx", "fron", "-", "*", "front,gate", "front;gate", "front|gate", "~front", "$front", "{front}", "front'", "%22front%22", "<front>", "linked", "init", "parts", "cameras", strings.Repeat("f", 33), strings.Repeat("f", 5000)} {
		for _, form := range []string{"/hls/%s/live.m3u8", "/hls/%s/window.m3u8", "/hls/%s" + end, "/api/cameras/%s"} {
			all = append(all, knock{"camera " + name[:min(len(name), 40)] + " in " + form, get(fmt.Sprintf(form, name)), refused})
		}
	}
	return all
}

// methods are those that write, and those that are none.
func methods(f furnished) (all []knock) {
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "MKCOL", "COPY", "MOVE", "LOCK", "PURGE", "SEARCH", "get", "GETX", "G\tT", "QUERY"} {
		for _, target := range []string{"/", f.segment, "/hls/front/live.m3u8", "/api/cameras", "/healthz"} {
			all = append(all, knock{method + " " + target, request(method, target), refused})
		}
		all = append(all, knock{method + " of all", request(method, "*"), refused})
	}
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		all = append(all, knock{method + " over a segment", request(method, f.segment, "Content-Length: 4", "Destination: /hls/front/000.m4s") + "evil", refused})
	}
	return all
}

// hosts are names that a foreign page can let point here.
func hosts(f furnished) (all []knock) {
	for _, host := range []string{
		"evil.example", "evil.example:80", "evil.example.", "EVIL.EXAMPLE", "localhost.evil.example", "127.0.0.1.evil.example", "1.2.3.4.nip.io", "evil.example:localhost", "localhost@evil.example", "evil.example@localhost", "localhost,evil.example",
		"localhost evil.example", "evil.example#localhost", "evil.example?localhost", "evil.example/localhost", `evil.example\localhost`, "[evil.example]", "local.evil.example", "evillan.com", "evil.example\tlocalhost", "evil.xlocal", "home.arpa.evil.example", "xn--lcalhost-2be.example",
	} {
		for _, target := range []string{"/", f.segment, "/hls/front/live.m3u8", "/api/cameras"} {
			all = append(all, knock{"host " + host + " " + target, get(target, "Host: "+host), refused})
		}
		if !strings.ContainsAny(host, " \t@") {
			all = append(all, knock{"address of " + host, get("http://"+host+"/api/cameras", "Host: localhost"), refused})
		}
	}
	for _, two := range []string{"Host: localhost\r\nHost: evil.example", "Host: evil.example\r\nHost: localhost", "Host: localhost\r\nhost: localhost", "Host : evil.example", "Host\t: evil.example", " Host: evil.example", "Host: localhost\r\n Host: evil.example\r\nHost: evil.example"} {
		for _, target := range []string{"/", f.segment, "/hls/front/live.m3u8", "/api/cameras"} {
			all = append(all, knock{fmt.Sprintf("hosts %q %s", two, target), "GET " + target + " HTTP/1.1\r\n" + two + "\r\nConnection: close\r\n\r\n", refused})
		}
	}
	for _, target := range []string{"/", f.segment, "/hls/front/live.m3u8", "/api/cameras"} {
		all = append(all, knock{"no host " + target, "GET " + target + " HTTP/1.1\r\nConnection: close\r\n\r\n", refused})
	}
	return all
}

// origins are pages that may not read.
func origins(f furnished) (all []knock) {
	for _, origin := range []string{"null", "https://evil.example", "http://home.example.org", "https://home.example.org.evil.example", "https://home.example.org:8443", "https://xhome.example.org", "https://home.example.org@evil.example", "https://evil.example#https://home.example.org", "*", "file://", "https://home.example.org https://evil.example"} {
		for _, target := range []string{"/", f.segment, "/hls/front/live.m3u8", "/api/cameras"} {
			all = append(all, knock{"origin " + origin + " " + target, get(target, "Origin: "+origin), kept})
			all = append(all, knock{"preflight of " + origin + " " + target, request("OPTIONS", target, "Origin: "+origin, "Access-Control-Request-Method: GET"), refused})
		}
	}
	return all
}

// ambiguous are requests of which two programs may think differently where they end.
func ambiguous(furnished) (all []knock) {
	const second = "GET /hls/front/live.m3u8 HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, framing := range map[string]string{
		"both":             "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second,
		"both, turned":     "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + second,
		"two lengths":      "Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde" + second,
		"lengths in one":   "Content-Length: 0, 5\r\n\r\nabcde" + second,
		"plus":             "Content-Length: +5\r\n\r\nabcde" + second,
		"minus":            "Content-Length: -5\r\n\r\nabcde" + second,
		"hexadecimal":      "Content-Length: 0x5\r\n\r\nabcde" + second,
		"huge":             "Content-Length: 99999999999999999999\r\n\r\nabcde" + second,
		"no number":        "Content-Length: five\r\n\r\nabcde" + second,
		"two codings":      "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + second,
		"gzip":             "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + second,
		"unknown coding":   "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + second,
		"coding twice":     "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + second,
		"blank before":     "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + second,
		"vertical tab":     "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + second,
		"length and blank": "Content-Length : 5\r\n\r\nabcde" + second,
		"bad chunk":        "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + second,
		"negative chunk":   "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + second,
		"huge chunk":       "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + second,
		"fold":             "X: y\r\n Content-Length: 5\r\nTransfer-Encoding\r\n : chunked\r\n\r\n" + second,
		"NUL":              "X: a\x00b\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n" + second,
	} {
		for _, target := range []string{"/", "/hls/front/live.m3u8", "/api/cameras", "/nothing"} {
			for _, method := range []string{"GET", "POST"} {
				all = append(all, knock{"ambiguous: " + name + " " + method + " " + target, method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + framing, ended})
			}
		}
	}
	return all
}

// malformed are no requests.
func malformed(f furnished) (all []knock) {
	for name, raw := range map[string]string{
		"HTTP/2 preface":  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"HTTP/9.9":        "GET " + f.segment + " HTTP/9.9\r\nHost: localhost\r\n\r\n",
		"HTTP/1.x":        "GET " + f.segment + " HTTP/1.x\r\nHost: localhost\r\n\r\n",
		"no HTTP":         "GET " + f.segment + " FTP/1.1\r\nHost: localhost\r\n\r\n",
		"lower case":      "GET " + f.segment + " http/1.1\r\nHost: localhost\r\n\r\n",
		"blank in it":     "GET /hls/fr ont/live.m3u8 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"nothing":         "\x00\x00\x00\x00\r\n\r\n",
		"TLS":             "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		"RTSP":            "DESCRIBE rtsp://localhost/front RTSP/1.0\r\nCSeq: 1\r\n\r\n",
		"a name in front": "localhost" + f.segment + "\r\n\r\n",
		"no colon":        "GET " + f.segment + " HTTP/1.1\r\nHost localhost\r\n\r\n",
		"long address":    "GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"long header":     "GET " + f.segment + " HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 100_000) + "\r\n\r\n",
		"many headers":    "GET " + f.segment + " HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X: "+strings.Repeat("a", 50)+"\r\n", 4000) + "\r\n",
		"secret in 1.0":   "GET /hls/front/state.json HTTP/1.0\r\n\r\n",
		"climbing in 1.0": "GET /hls/front/../../secret.txt HTTP/1.0\r\n\r\n",
		"secret in 0.9":   "GET /hls/front/state.json\r\n\r\n",
		"climbing in 0.9": "GET /hls/front/../../secret.txt\r\n\r\n",
		"another scheme":  "GET file:///etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
		"as a proxy":      "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
		"as a tunnel":     "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
	} {
		all = append(all, knock{"malformed: " + name, raw, refused})
	}
	return all
}

// headers are those by which some servers are led elsewhere.
func headers(furnished) (all []knock) {
	for _, name := range []string{"X-Original-URL", "X-Rewrite-URL", "X-Accel-Redirect", "X-Sendfile", "X-Forwarded-Prefix", "X-Forwarded-Path", "Forwarded", "Destination", "Location", "X-HTTP-Method-Override", "Content-Location", "Upgrade"} {
		for _, value := range []string{"/hls/front/state.json", "/../secret.txt", "@media"} {
			all = append(all, knock{name + ": " + value, get("/nothing", name+": "+value), refused})
		}
	}
	for _, value := range []string{"bytes=0-99999", "bytes=-1", "bytes=0-0,1-1"} {
		all = append(all, knock{"range " + value, get("/hls/front/state.json", "Range: "+value), refused})
	}
	return all
}

// linked are links, FIFOs and the like in the media folder.
func linked(f furnished) (all []knock) {
	for _, target := range f.links {
		all = append(all, knock{"linked " + target, get(target), refused}, knock{"head of linked " + target, request("HEAD", target), refused}, knock{"range of linked " + target, get(target, "Range: bytes=0-9"), refused})
	}
	return all
}
