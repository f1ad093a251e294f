// Package golden holds files of earlier versions against what is written now.
// Recorders live through upgrades, so what two versions read of each other keeps
// its keys and the meaning of its values, whatever happens to names in Go.
package golden

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// Fill sets every exported field of what v points to, to a value that depends
// on its type alone: a renamed field changes nothing.
func Fill(v any) { fill(reflect.ValueOf(v).Elem()) }

// instant is what every time is set to.
var instant = time.Date(2026, 11, 29, 10, 20, 30, 456_000_000, time.UTC)

func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(instant))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("text")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(4)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(2.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		fill(element)
		key := reflect.New(v.Type().Key()).Elem()
		fill(key)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, element)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	}
}

// Check holds the type against a file that an earlier version wrote with every
// field set. What is written now has every key of the file with the same value.
// So has the file when it is read and written again. Keys that have come
// since are no concern of that version.
func Check[T any](t *testing.T, path string) {
	t.Helper()
	var full T
	Fill(&full)
	if os.Getenv("GOLDEN") == "write" { // for a new file alone: an old one bears witness
		write(t, path, full)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var read T
	if err := json.Unmarshal(before, &read); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	had := plain(t, json.RawMessage(before))
	compare(t, filepath.Base(path), had, plain(t, full))
	compare(t, filepath.Base(path)+" read and written", had, plain(t, read))
}

// plain is v as JSON knows it.
func plain(t *testing.T, v any) (is any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &is)
	}
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func write(t *testing.T, path string, v any) {
	t.Helper()
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, at string, had, has any) {
	t.Helper()
	switch had := had.(type) {
	case map[string]any:
		object, ok := has.(map[string]any)
		if !ok {
			t.Errorf("%s: was an object, is %v", at, has)
			return
		}
		for key, value := range had {
			now, ok := object[key]
			if !ok {
				t.Errorf("%s.%s is gone", at, key)
				continue
			}
			compare(t, at+"."+key, value, now)
		}
	case []any:
		list, ok := has.([]any)
		if !ok || len(list) != len(had) {
			t.Errorf("%s: was %v, is %v", at, had, has)
			return
		}
		for i := range had {
			compare(t, at, had[i], list[i])
		}
	default:
		if had != has {
			t.Errorf("%s: was %v, is %v", at, had, has)
		}
	}
}
