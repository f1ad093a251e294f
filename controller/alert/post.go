package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	randv2 "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Headers of a delivery.
const (
	headerID        = "Lookback-Delivery"  // the message's id: the same however often it is sent
	headerTimestamp = "Lookback-Timestamp" // Unix seconds of this attempt
	headerSignature = "Lookback-Signature" // see sign
)

// post sends a message once. The error holds nothing of the URL.
func (w *watch) post(ctx context.Context, m message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("not a URL that can be asked for")
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "Lookback/"+w.Version)
	q.Header.Set(headerID, m.ID)
	q.Header.Set(headerTimestamp, now)
	if w.Secret != "" {
		q.Header.Set(headerSignature, sign(w.Secret, now, body))
	}
	answer, err := w.Client.Do(q)
	if err != nil {
		// A url.Error names the URL.
		if named := (*url.Error)(nil); errors.As(err, &named) {
			err = named.Err
		}
		return err
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the receiver answers %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	return nil
}

// sign is "sha256=" and the HMAC-SHA256, in hex, of timestamp, a dot and the
// body: a receiver that compares the timestamp with its clock can't be sent an
// old alert again.
func sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// jitter is between half of d and d.
func jitter(d time.Duration) time.Duration { return d/2 + randv2.N(d/2) }
