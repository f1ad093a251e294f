package lane

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"lookback/controller/fmp4"
)

// TestWire: what is written is read as it was, and kinds that nobody knows are passed over.
func TestWire(t *testing.T) {
	run := Run{Version: Version, ID: "20261130T120000.000000Z", Promise: 3, Epoch: -5, Timescale: 90000, Init: []byte("init")}
	picture := Picture{Decode: 1 << 40, Duration: 3600, Final: true, Sync: true, Shift: -1800, Arrival: 1_700_000_000_000_000, Data: []byte("nal")}
	sound := Sound{Decode: 1024, Frames: [][]byte{[]byte("a"), {}, []byte("bc")}}
	var wire bytes.Buffer
	m, err := run.message()
	if err != nil {
		t.Fatal(err)
	}
	wire.Write(m)
	wire.Write(append(message(99, 4), "none"...))
	wire.Write(picture.message())
	wire.Write(sound.message())
	for _, want := range []any{run, picture, sound} {
		if got, err := read(&wire); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := read(&wire); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for name, broken := range map[string][]byte{
		"too long":         {byte(kindPicture), 0xff, 0xff, 0xff, 0xff},
		"no picture":       append(message(kindPicture, 3), "abc"...),
		"no run":           append(message(kindRun, 3), "abc"...),
		"another version":  append(message(kindRun, 13), `{"version":2}`...),
		"no init section":  append(message(kindRun, 13), `{"version":1}`...),
		"sound cut short":  append(message(kindSound, 14), "01234567\x00\x00\x00\x09ab"...),
		"sound of no size": append(message(kindSound, 2), "ab"...),
	} {
		if got, err := read(bytes.NewReader(broken)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	run, _ := Run{Timescale: 1, Init: []byte("i")}.message()
	f.Add(append(run, Picture{Data: []byte("nal")}.message()...))
	f.Add(Sound{Frames: [][]byte{[]byte("a")}}.message())
	f.Fuzz(func(t *testing.T, b []byte) {
		for in := bytes.NewReader(b); ; {
			m, err := read(in)
			if err != nil {
				return
			}
			if p, ok := m.(Picture); ok {
				if again, err := read(bytes.NewReader(p.message())); err != nil || !reflect.DeepEqual(again, m) {
					t.Errorf("%+v became %+v, %v", m, again, err)
				}
			}
		}
	})
}

// taken is what waits for a taker now.
func taken(t *testing.T, f *fan, of *taker) (all []string) {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer end()
	got, err := f.next(ctx, of)
	if err != nil {
		return nil
	}
	for _, b := range got {
		all = append(all, string(b[:1]))
	}
	return all
}

// TestFan: who comes begins with the newest key frame; who can't keep up goes on at the
// next one; nobody else is waited for.
func TestFan(t *testing.T) {
	big := strings.Repeat("x", mostWaiting/3)
	var f fan
	early := f.join()
	f.begin([]byte("0"), "")
	f.add(item{[]byte("a" + big), true})
	f.add(item{[]byte("b" + big), false})
	if got := taken(t, &f, early); !reflect.DeepEqual(got, []string{"0", "a", "b"}) {
		t.Errorf("who was there has %q", got)
	}
	slow := f.join()
	f.add(item{[]byte("c" + big), false}) // too much for one who has taken nothing
	f.add(item{[]byte("d"), false})
	if got := taken(t, &f, early); !reflect.DeepEqual(got, []string{"c", "d"}) {
		t.Errorf("who keeps up has %q", got)
	}
	if late := f.join(); len(taken(t, &f, late)) != 1 {
		t.Error("all since the key frame is more than is kept, and was given")
	}
	f.add(item{[]byte("e"), true})
	f.add(item{[]byte("f"), false})
	if got := taken(t, &f, slow); !reflect.DeepEqual(got, []string{"e", "f"}) {
		t.Errorf("who could not keep up has %q", got)
	}
	f.begin([]byte("1"), "")
	f.add(item{[]byte("g"), false}) // of a run that begins anew without a key frame
	f.add(item{[]byte("h"), true})
	if got := taken(t, &f, slow); !reflect.DeepEqual(got, []string{"1", "h"}) {
		t.Errorf("in another run: %q", got)
	}
	f.close()
	if _, err := f.next(t.Context(), slow); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func initSection(t *testing.T) []byte {
	t.Helper()
	v, err := fmp4.AVCOf([]byte{0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0f, 0x0a, 0x69, 0xa8, 0x10, 0x10, 0x10, 0x3c, 0x48, 0x9a, 0x80}, []byte{0x68, 0xce, 0x3c, 0x80})
	if err != nil {
		t.Fatal(err)
	}
	v.Width, v.Height = 64, 48
	init, err := fmp4.NewInit(v, 1000, nil)
	if err != nil {
		t.Fatal(err)
	}
	return init.Raw
}

var quiet = slog.New(slog.DiscardHandler)

// await takes from a hub until there is a picture with that decode time.
func await(t *testing.T, frames *Frames, decode uint64) (inits int) {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), 20*time.Second)
	defer end()
	for {
		all, err := frames.Next(ctx)
		if err != nil {
			t.Fatalf("%v: no picture at %d", err, decode)
		}
		for _, b := range all {
			if string(b[4:8]) == "ftyp" {
				inits++
				continue
			}
			info, err := fmp4.Next(bytes.NewReader(b), 0, int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := info.Track(fmp4.VideoTrack); ok && v.DecodeTime == decode {
				return inits
			}
		}
	}
}

// TestSocket: a recorder sends to all who look; another one takes its place; nobody is
// connected while nobody looks.
func TestSocket(t *testing.T) {
	for name, dir := range map[string]string{"short": t.TempDir(), "longer than a socket's path": filepath.Join(t.TempDir(), strings.Repeat("d", 100))} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			h := NewHub(dir, quiet)
			frames := h.Join(true)
			begin := func() *Sender {
				s := NewSender(dir)
				if err := errors.Join(s.Listen(), s.Listen(), s.Begin(Run{ID: "run", Timescale: 1000, Init: initSection(t)})); err != nil {
					t.Fatal(err)
				}
				return s
			}
			s := begin()
			if mode, err := os.Stat(filepath.Join(dir, socketName)); err != nil || mode.Mode().Perm() != 0o600 {
				t.Errorf("the socket: %v, %v", mode.Mode(), err)
			}
			s.Picture(Picture{Decode: 1, Duration: 40, Sync: true, Data: []byte("\x00\x00\x00\x01a")})
			if n := await(t, frames, 1); n != 1 {
				t.Errorf("%d init sections", n)
			}
			second := h.Join(true)
			s.Picture(Picture{Decode: 41, Duration: 40, Data: []byte("\x00\x00\x00\x01b")})
			await(t, frames, 41)
			if n := await(t, second, 41); n != 1 {
				t.Errorf("%d init sections for the second", n)
			}
			// A recorder that was killed leaves its socket.
			leftover, err := os.Stat(filepath.Join(dir, socketName))
			if err != nil {
				t.Fatal(err)
			}
			other := begin()
			if now, err := os.Stat(filepath.Join(dir, socketName)); err != nil || os.SameFile(now, leftover) {
				t.Errorf("the socket of one that was killed is in the way: %v", err)
			}
			s.listener.Close()
			s.end()
			other.Picture(Picture{Decode: 81, Duration: 40, Sync: true, Data: []byte("\x00\x00\x00\x01c")})
			await(t, frames, 81)
			frames.Leave()
			second.Leave()
			select {
			case <-h.over:
			case <-time.After(10 * time.Second):
				t.Error("the connection stays while nobody looks")
			}
			if err := other.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(dir, socketName)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the socket is left: %v", err)
			}
		})
	}
}

// TestNothingOld: who comes when all others have left gets nothing of what they were sent.
func TestNothingOld(t *testing.T) {
	dir := t.TempDir()
	s := NewSender(dir)
	if err := errors.Join(s.Listen(), s.Begin(Run{ID: "run", Timescale: 1000, Init: initSection(t)})); err != nil {
		t.Fatal(err)
	}
	h := NewHub(dir, quiet)
	frames := h.Join(true)
	s.Picture(Picture{Decode: 1, Duration: 1, Sync: true, Data: []byte("old")})
	await(t, frames, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	frames.Leave()
	frames = h.Join(true)
	defer frames.Leave()
	ctx, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer end()
	if all, err := frames.Next(ctx); err == nil {
		t.Errorf("%d pieces of before", len(all))
	}
}

// TestDeafTaker: who takes nothing holds up nobody.
func TestDeafTaker(t *testing.T) {
	dir := t.TempDir()
	s := NewSender(dir)
	if err := errors.Join(s.Listen(), s.Begin(Run{ID: "run", Timescale: 1000, Init: initSection(t)})); err != nil {
		t.Fatal(err)
	}
	deaf, err := net.Dial("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	frames := NewHub(dir, quiet).Join(true)
	defer frames.Leave()
	data := make([]byte, 64<<10)
	for n := range uint64(200) { // 13 MB
		s.Picture(Picture{Decode: n, Duration: 1, Sync: n%10 == 0, Data: data})
		await(t, frames, n)
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the recorder's end waits for who takes nothing")
	}
}
