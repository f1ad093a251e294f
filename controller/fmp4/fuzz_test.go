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
				retime(t, fragment)
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

// retime writes times and reads them back; the bytes may not change in length.
func retime(t *testing.T, fragment *Fragment) {
	own := Fragment{Raw: bytes.Clone(fragment.Raw), Tracks: slices.Clone(fragment.Tracks)}
	for _, track := range own.Tracks {
		before := bytes.Clone(own.Raw)
		if err := own.Retime(track.ID, 1000, 3003); err != nil {
			if !bytes.Equal(before, own.Raw) {
				t.Fatalf("refused, yet the bytes have changed: %v", err)
			}
			continue
		}
		track.DecodeTime, track.Duration = 1000, 3003
		now, _, err := own.find(track.ID)
		if err != nil || now.TrackFragment != track {
			t.Fatalf("wrote %+v, read %+v, %v", track, now.TrackFragment, err)
		}
		if i, err := Next(bytes.NewReader(own.Raw), 0, int64(len(own.Raw))); err != nil || !slices.Equal(i.Tracks, own.Tracks) {
			t.Fatalf("the retimed fragment reads %+v, %v", i.Tracks, err)
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
