package fmp4

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

// seed adds real recordings, cut to a few fragments: small seeds mutate faster.
func seed(f *testing.F) {
	for _, name := range []string{"h264", "b-frames and audio", "h265"} {
		_, fragments := mustScan(f, sample(f, name))
		var data []byte
		for _, fragment := range fragments[1:min(3, len(fragments))] {
			data = AppendPRFT(data, 1, when, 1)
			data = append(data, fragment.Raw...)
		}
		f.Add(data)
	}
}

// Whatever follows a good init section (FuzzParseInit has the bad ones): no panic, the fragments are the input, and Next sees the same.
func FuzzScanner(f *testing.F) {
	seed(f)
	init, _ := mustScan(f, sample(f, "h264"))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = slices.Concat(init.Raw, data)
		s := NewScanner(bytes.NewReader(data), Limits{})
		first, err := s.Init()
		if err != nil {
			t.Fatal(err)
		}
		joined := bytes.Clone(first.Raw)
		for err == nil {
			var fragment *Fragment
			if fragment, err = s.Next(); err == nil {
				joined = append(joined, fragment.Raw...)
				rewrite(t, fragment)
			}
		}
		if !bytes.HasPrefix(data, joined) {
			t.Fatal("the fragments are not the input")
		}
		if rest := data[len(joined):]; err == io.EOF && len(rest) > 0 && string(rest[4:8]) != "mfra" {
			t.Fatalf("a clean end with %d bytes left", len(rest))
		}
		if cap(s.buf) > 4*len(data)+128<<10 {
			t.Fatalf("%d bytes taken for %d", cap(s.buf), len(data))
		}
		agree(t, data)
	})
}

// rewrite makes a fragment anew of its samples, and reads back the same.
func rewrite(t *testing.T, fragment *Fragment) {
	for _, track := range fragment.Tracks {
		samples, err := fragment.Samples(track.ID)
		if err != nil || len(samples) == 0 {
			continue
		}
		raw := AppendFragment(nil, 1, Piece{track.ID, track.DecodeTime, samples})
		i, err := Next(bytes.NewReader(raw), 0, int64(len(raw)))
		if got, _ := i.Track(track.ID); err != nil || got.DecodeTime != track.DecodeTime || got.Duration != track.Duration || got.Samples != track.Samples || got.Sync != track.Sync {
			t.Fatalf("wrote %+v, read %+v, %v", track, got, err)
		}
	}
}

// Next goes forward or says why not, and never past the end.
func FuzzNext(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		infos, err := walk(data, 0)
		end := int64(0)
		for _, i := range infos {
			if i.Offset != end || i.Size < 16 || len(i.Tracks) == 0 {
				t.Fatalf("%+v after %d", i, end)
			}
			end += i.Size
		}
		var format *FormatError
		if end > int64(len(data)) || err != io.EOF && err != ErrIncomplete && !errors.As(err, &format) {
			t.Fatalf("ends at %d of %d with %v", end, len(data), err)
		}
		for _, i := range infos { // one byte less is never a fragment
			if _, err := Next(bytes.NewReader(data), i.Offset, i.Offset+i.Size-1); err != ErrIncomplete {
				t.Fatalf("%+v without its last byte: %v", i, err)
			}
		}
	})
}

// An accepted init section says sensible things, and the scanner takes it too.
func FuzzParseInit(f *testing.F) {
	for name := range samples {
		init, _ := mustScan(f, sample(f, name))
		f.Add(init.Raw)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		init, err := ParseInit(data)
		var format *FormatError
		if err != nil {
			if err != io.ErrUnexpectedEOF && !errors.As(err, &format) {
				t.Fatal(err)
			}
			return
		}
		for _, track := range init.Tracks {
			if track.ID == 0 || track.Timescale == 0 || track.Codec == "" || track.Width < 0 || track.Height < 0 {
				t.Fatalf("%+v", track)
			}
		}
		if bytes.ContainsAny([]byte(init.Codecs()), "\"\r\n\x00") {
			t.Fatalf("codecs %q", init.Codecs())
		}
		if again, err := NewScanner(bytes.NewReader(data), Limits{}).Init(); len(data) <= DefaultMaxInit && (err != nil || !slices.Equal(again.Tracks, init.Tracks)) {
			t.Fatalf("the scanner says %v", err)
		}
	})
}
