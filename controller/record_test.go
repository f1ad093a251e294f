package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/logged"
	"lookback/controller/recorder"
	"lookback/controller/spool"
)

// TestRecordEndsWithItsLease: a recorder of its own does what its assignment
// says, tells the doorbell how it is, and ends in order when nobody wants it.
func TestRecordEndsWithItsLease(t *testing.T) {
	media := t.TempDir()
	a := recorder.Assignment{Request: camera.Request{Source: camera.Source{URL: "http://user:hunter22@127.0.0.1:1/"}, Segment: 2 * time.Second, Part: 100 * time.Millisecond, Encoder: "libx264"},
		Lease: time.Second, LogFormat: "text"}
	if err := a.Write(media, "front"); err != nil {
		t.Fatal(err)
	}
	bell, err := spool.ListenDoorbell(media)
	if err != nil {
		t.Fatal(err)
	}
	defer bell.Close()
	told := make(chan spool.Status, 100)
	go func() {
		defer close(told)
		for {
			call, err := bell.Wait()
			if err != nil {
				return
			}
			if call.Camera == "front" && call.Status != nil && len(told) < cap(told) {
				told <- *call.Status
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var log logged.Text
	if err := record(ctx, media, []string{"front"}, &log); err != nil || ctx.Err() != nil {
		t.Fatalf("%v, %v\n%s", err, ctx.Err(), &log)
	}
	if s, err := spool.ReadStatus(spool.CameraDir(media, "front")); err != nil || s.State != spool.Stopped {
		t.Errorf("status %+v, %v", s, err)
	}
	if text := log.String(); !strings.Contains(text, "no controller wants this recorder") || strings.Contains(text, "hunter22") {
		t.Errorf("it says\n%s", text)
	}
	states := map[string]bool{}
	for !states[spool.Starting] || !states[spool.Stopped] {
		select {
		case s := <-told:
			states[s.State] = true
		case <-ctx.Done():
			t.Fatalf("the doorbell told %v", states)
		}
	}
}

func TestRecordWithoutAnAssignment(t *testing.T) {
	for _, args := range [][]string{nil, {"a", "b"}, {"../../etc"}, {"."}, {""}} {
		if err := record(t.Context(), t.TempDir(), args, &logged.Text{}); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := record(t.Context(), t.TempDir(), []string{"front"}, &logged.Text{}); err == nil || !strings.Contains(err.Error(), "RUNNER=docker") {
		t.Errorf("it says %v", err)
	}
}
