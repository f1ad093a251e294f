package camera

import (
	"bufio"
	"context"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An RTSP camera announces what it will send before it sends anything. Asking
// for that alone takes some milliseconds, where ffprobe takes half a second and
// a tenth of a core. Whatever is not as it mostly is, ffprobe is to look at.

const (
	announceTimeout = 2 * time.Second
	maxAnnounced    = 64 << 10
)

// announced are the facts of an RTSP camera with one track of H.264 that it
// describes well enough; false for all others and where anything fails.
func announced(ctx context.Context, address string) (Facts, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "rtsp" {
		return Facts{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", Door(address))
	if err != nil {
		return Facts{}, false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	user := u.User
	u.User = nil
	q := asker{conn: conn, in: textproto.NewReader(bufio.NewReader(io.LimitReader(conn, maxAnnounced))), url: u.String()}
	status, header, body := q.describe("")
	if status == "401" && user != nil {
		if login := authorization(header.Values("WWW-Authenticate"), user, q.url); login != "" {
			status, _, body = q.describe(login)
		}
	}
	if status != "200" {
		return Facts{}, false
	}
	return parseSDP(body)
}

// asker is a connection on which a camera is asked to describe itself.
type asker struct {
	conn net.Conn
	in   *textproto.Reader
	url  string
	sent int
}

// describe returns "" for the status when there is no answer.
func (q *asker) describe(login string) (status string, header textproto.MIMEHeader, body string) {
	q.sent++
	request := fmt.Sprintf("DESCRIBE %s RTSP/1.0\r\nCSeq: %d\r\nUser-Agent: Lookback\r\nAccept: application/sdp\r\n", q.url, q.sent)
	if login != "" {
		request += "Authorization: " + login + "\r\n"
	}
	if _, err := io.WriteString(q.conn, request+"\r\n"); err != nil {
		return "", nil, ""
	}
	line, err := q.in.ReadLine()
	words := strings.Fields(line)
	if err != nil || len(words) < 2 || words[0] != "RTSP/1.0" {
		return "", nil, ""
	}
	if header, err = q.in.ReadMIMEHeader(); err != nil {
		return "", nil, ""
	}
	length, _ := strconv.Atoi(header.Get("Content-Length"))
	content := make([]byte, max(0, min(length, maxAnnounced)))
	if _, err := io.ReadFull(q.in.R, content); err != nil {
		return "", nil, ""
	}
	return words[1], header, string(content)
}

// authorization answers what a camera wants (RFC 2617): Digest with MD5 if it
// takes that, else Basic; "" for everything else.
func authorization(challenges []string, user *url.Userinfo, uri string) string {
	password, _ := user.Password()
	for _, c := range challenges {
		kind, rest, _ := strings.Cut(c, " ")
		if !strings.EqualFold(kind, "Digest") {
			continue
		}
		p := parameters(rest)
		if algorithm := p["algorithm"]; p["nonce"] == "" || algorithm != "" && !strings.EqualFold(algorithm, "MD5") {
			continue
		}
		first, second := sum(user.Username(), p["realm"], password), sum("DESCRIBE", uri)
		login := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s"`, user.Username(), p["realm"], p["nonce"], uri)
		if slices.Contains(strings.FieldsFunc(p["qop"], func(r rune) bool { return r == ',' || r == ' ' }), "auth") {
			login += fmt.Sprintf(`, qop=auth, nc=00000001, cnonce="00000001", response="%s"`, sum(first, p["nonce"], "00000001", "00000001", "auth", second))
		} else {
			login += fmt.Sprintf(`, response="%s"`, sum(first, p["nonce"], second))
		}
		if opaque := p["opaque"]; opaque != "" {
			login += fmt.Sprintf(`, opaque="%s"`, opaque)
		}
		return login
	}
	for _, c := range challenges {
		if kind, _, _ := strings.Cut(c, " "); strings.EqualFold(kind, "Basic") {
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
		}
	}
	return ""
}

func sum(parts ...string) string { return fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(parts, ":")))) }

// parameters are those of a challenge: name="value" or name=value, by commas.
func parameters(text string) map[string]string {
	found := map[string]string{}
	for text != "" {
		name, rest, ok := strings.Cut(text, "=")
		if !ok {
			break
		}
		value := ""
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, text, _ = strings.Cut(rest, ",")
		} else {
			value, text, _ = strings.Cut(rest, ",")
		}
		found[strings.ToLower(strings.Trim(name, " ,"))] = strings.TrimSpace(value)
	}
	return found
}

// parseSDP reads a description (RFC 4566, and RFC 6184 8.2.1 for H.264).
func parseSDP(text string) (Facts, bool) {
	sets, h264, video := "", false, 0
	inVideo := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if media, ok := strings.CutPrefix(line, "m="); ok {
			if inVideo = strings.HasPrefix(media, "video "); inVideo {
				video++
			}
		}
		if !inVideo {
			continue
		}
		if _, codec, ok := strings.Cut(line, " "); ok && strings.HasPrefix(line, "a=rtpmap:") {
			h264 = strings.EqualFold(strings.TrimSpace(codec), "H264/90000")
		}
		if _, format, ok := strings.Cut(line, " "); ok && strings.HasPrefix(line, "a=fmtp:") {
			for p := range strings.SplitSeq(format, ";") {
				if value, ok := strings.CutPrefix(strings.TrimSpace(p), "sprop-parameter-sets="); ok {
					sets = value
				}
			}
		}
	}
	if !h264 || video != 1 {
		return Facts{}, false
	}
	for set := range strings.SplitSeq(sets, ",") {
		unit, err := base64.StdEncoding.DecodeString(strings.TrimSpace(set))
		if err != nil {
			continue
		}
		if width, height, ok := parseSPS(unit); ok {
			return Facts{Kind: RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: width, Height: height}, true
		}
	}
	return Facts{}, false
}
