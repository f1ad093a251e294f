package web

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// noStore is for everything that the next part makes untrue. RFC 8216bis
// appendix B.1 would let caches keep a blocking answer for six target
// durations, but the same URL answers with whatever is newest, and a cache
// that adds no Age header makes a stale playlist look fresh.
const noStore = "no-store"

// immutable is for media: its URL never means other bytes.
const immutable = "public, max-age=31536000, immutable"

// problem is the body of every error.
type problem struct {
	Error struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		Parameter string `json:"parameter,omitempty"`
		Value     string `json:"value,omitempty"`
		Accepted  string `json:"accepted,omitempty"`
	} `json:"error"`
}

// fail answers with an error for people and machines.
func fail(w http.ResponseWriter, status int, code, message string) {
	var p problem
	p.Error.Code, p.Error.Message = code, message
	answer(w, status, p)
}

// answer writes JSON that nobody may keep.
func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", noStore)
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	if status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusNotFound, "not-found", "There is nothing under this path.")
}
