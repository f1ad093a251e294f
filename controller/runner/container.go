package runner

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/docker/docker/api/types/container"
	"github.com/google/renameio/v2"

	"lookback/controller/spool"
)

// Labels of recorders' containers.
const (
	LabelProject  = "lookback.project"
	LabelCamera   = "lookback.camera"
	LabelSettings = "lookback.settings" // keyed hash of everything that makes a recorder what it is
	LabelFormat   = "lookback.format"   // of the spool
	LabelVersion  = "lookback.version"  // of the program, for people
)

// StopSeconds is how long a recorder may take to end its run.
const StopSeconds = 15

// ContainerName is what the container of a camera's recorder is called.
func ContainerName(project, camera string) string { return project + "-recorder-" + camera }

// spec is the container that a camera is to have.
type spec struct {
	Job
	name     string
	settings string // for LabelSettings
	config   *container.Config
	host     *container.HostConfig
	networks []string
}

// makeSpec is pure but for the key: the same settings have the same hash,
// whatever the version of this program.
func makeSpec(t template, c Job, mediaDir, version string, key []byte) spec {
	host := t.host
	host.NanoCPUs = int64(c.CPUs * 1e9)
	host.Memory, host.MemorySwap = c.Memory, c.Memory // no swap: a recorder that swaps is late for ever
	if c.Processes > 0 {
		host.PidsLimit = &c.Processes
	}
	seconds := StopSeconds
	env := append([]string{"MEDIA_DIR=" + mediaDir}, t.env...)
	w := spec{Job: c, name: ContainerName(t.project, c.Name), host: &host, networks: t.networks}
	w.settings = hash(key, struct {
		Assignment any
		User       string
		Env        []string
		Host       container.HostConfig
		Networks   []string
	}{c.Assignment, t.user, env, host, t.networks})
	w.config = &container.Config{
		Image: t.image, User: t.user, Env: env, Cmd: []string{"record", c.Name}, StopTimeout: &seconds,
		Labels: map[string]string{
			LabelProject: t.project, LabelCamera: c.Name, LabelSettings: w.settings,
			LabelFormat: strconv.Itoa(spool.Format), LabelVersion: version,
		},
	}
	return w
}

// hash is keyed, since labels are for everyone to see and addresses contain
// passwords that could be guessed. What is zero does not count, so that a
// setting that a newer version knows changes nothing while it is not used.
func hash(key []byte, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // there is nothing in it that could fail
	}
	var plain any
	if err := json.Unmarshal(data, &plain); err != nil {
		panic(err)
	}
	data, _ = json.Marshal(withoutZero(plain))
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// withoutZero is nil for whatever is zero or has nothing else in it.
func withoutZero(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if v[key] = withoutZero(value); v[key] == nil {
				delete(v, key)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = withoutZero(v[i])
		}
	case string, bool, float64:
		if v == "" || v == false || v == 0.0 {
			return nil
		}
	}
	return v
}

// hashKey is this media directory's own, made when there is none.
func hashKey(mediaDir string) ([]byte, error) {
	path := filepath.Join(spool.Root(mediaDir), "key")
	key, err := spool.ReadRegular(path, spool.SmallFile)
	if err == nil && len(key) == sha256.Size {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, spool.ErrIrregular) {
		return nil, err
	}
	key = make([]byte, sha256.Size)
	rand.Read(key)
	if err := renameio.WriteFile(path, key, 0o600, renameio.WithTempDir(filepath.Dir(path))); err != nil {
		return nil, fmt.Errorf("the key for settings' hashes: %w", err)
	}
	return key, nil
}
