package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"lookback/controller/fmp4"
	"lookback/e2e/rig"
)

// ageCommand tells how old pictures are when they can be had over HTTP, by what
// the demo camera has drawn into them:
//
//	bench age ADDRESS CAMERA SECONDS
const ageCommand = "age"

// follower gets each part as soon as it is announced, as a viewer does.
type follower struct {
	base   string // URL of the camera's folder
	init   string // path of the init section
	bodies [][]byte
	at     []time.Time // of each body's last byte
}

var initURI = regexp.MustCompile(`#EXT-X-MAP:URI="([^"]+)"`)

func runAge(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("accepted is %s ADDRESS CAMERA SECONDS", ageCommand)
	}
	seconds, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	f := &follower{base: "http://" + args[0] + "/hls/" + args[1] + "/"}
	if err := f.follow(ctx, time.Duration(seconds)*time.Second); err != nil {
		return err
	}
	ages, err := f.ages()
	if err != nil {
		return err
	}
	d := distribution(ages)
	fmt.Printf("%.0f ms (median), %.0f ms (p95), %d parts\n", 1000*d.P50, 1000*d.P95, len(ages))
	return nil
}

func (f *follower) get(path string) ([]byte, error) {
	answer, err := http.Get(f.base + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// follow gets the parts of one run.
func (f *follower) follow(ctx context.Context, length time.Duration) error {
	begun, query := time.Now(), ""
	var newest partID
	for time.Since(begun) < length && ctx.Err() == nil {
		text, err := f.get("live.m3u8" + query)
		if err != nil {
			return err
		}
		inits := initURI.FindAllSubmatch(text, -1)
		l, err := parseList(string(text))
		if err != nil || len(inits) == 0 {
			return errors.Join(err, fmt.Errorf("%d init sections", len(inits)))
		}
		init := string(inits[len(inits)-1][1])
		if query == "" {
			newest, f.init = l.parts[len(l.parts)-1].partID, init
		}
		if init != f.init {
			return errors.New("another run has begun")
		}
		for _, p := range l.parts {
			if !newest.before(p.partID) || len(f.bodies) == 0 && p.n > 0 { // what is decoded begins with a key frame
				continue
			}
			body, err := f.get(p.uri)
			if err != nil {
				return err
			}
			f.bodies, f.at, newest = append(f.bodies, body), append(f.at, time.Now()), p.partID
		}
		query = fmt.Sprintf("?_HLS_msn=%d&_HLS_part=%d", l.next.msn, l.next.n)
	}
	return ctx.Err()
}

// ages are how old the newest picture of each part was, in seconds.
func (f *follower) ages() (ages []float64, err error) {
	stream, err := f.get(f.init)
	if err != nil {
		return nil, err
	}
	var last []int // which picture is each body's last
	pictures := 0
	for _, body := range f.bodies {
		n, err := fragments(body)
		if err != nil {
			return nil, err
		}
		pictures += n
		last, stream = append(last, pictures-1), append(stream, body...)
	}
	codes, err := rig.DecodeBlocks(stream)
	if err != nil {
		return nil, err
	}
	if len(codes) != pictures {
		return nil, fmt.Errorf("%d pictures in %d fragments", len(codes), pictures)
	}
	for i, n := range last {
		if codes[n] > 0 {
			ages = append(ages, f.at[i].Sub(time.UnixMilli(codes[n])).Seconds())
		}
	}
	return ages, nil
}

// fragments counts those of a part: one for each picture.
func fragments(part []byte) (n int, err error) {
	for off := int64(0); ; n++ {
		f, err := fmp4.Next(bytes.NewReader(part), off, int64(len(part)))
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		off = f.Offset + f.Size
	}
}
