// Package access is the table of who may ask: the rules of HOSTS and CORS_ORIGINS
// by examples. The controller and nginx are both tested by it.
package access

import (
	_ "embed"
	"encoding/json"
	"testing"
)

//go:embed access.json
var text []byte

// Table are requests, and whether the settings let them in.
type Table struct {
	Hosts []struct {
		Hosts, Host string // HOSTS, and the name in the request
		Allowed     bool
	}
	Origins []struct {
		CORSOrigins string `json:"cors_origins"`
		Origin      string // of the page that asks
		Allowed     bool
	}
}

// Read returns the table.
func Read(t testing.TB) (table Table) {
	t.Helper()
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Hosts) == 0 || len(table.Origins) == 0 {
		t.Fatal("the table is empty")
	}
	return table
}
