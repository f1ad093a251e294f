package config

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"strings"
	"sync"

	"github.com/kelseyhightower/envconfig"
)

// environment is the variables that are set, by name. An empty one is not.
type environment map[string]string

func newEnvironment(environ []string) environment {
	env := environment{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		delete(env, name)
		if value = strings.TrimSpace(value); value != "" {
			env[name] = value
		}
	}
	return env
}

// process has envconfig fill spec. envconfig stops at the first mistake, so
// each mistaken variable is put aside and envconfig asked again.
func (env environment) process(prefix string, spec any) []*Error {
	names := variables(prefix, spec)
	rest := maps.Clone(env)
	var errs []*Error
	for {
		err := rest.lend(names, func() error { return envconfig.Process(prefix, spec) })
		var mistake *envconfig.ParseError
		if !errors.As(err, &mistake) {
			var unfit *Error
			if errors.As(err, &unfit) {
				return append(errs, unfit)
			}
			return errs
		}
		errs = append(errs, explain(mistake)...)
		if _, ok := rest[mistake.KeyName]; !ok {
			panic("config: default of " + mistake.KeyName + ": " + mistake.Err.Error())
		}
		delete(rest, mistake.KeyName)
	}
}

// explain turns what a Decode method returned into errors with the setting's
// name: it returns either the accepted values or the errors themselves.
func explain(mistake *envconfig.ParseError) []*Error {
	many, ok := mistake.Err.(mistakes)
	if !ok {
		return []*Error{{Setting: mistake.KeyName, Value: RedactURL(mistake.Value), Accepted: mistake.Err.Error()}}
	}
	for _, e := range many {
		if e.Setting == "" {
			e.Setting = mistake.KeyName
		}
	}
	return many
}

// mistakes are several errors in one variable.
type mistakes []*Error

func (m mistakes) Error() string {
	lines := make([]string, len(m))
	for i, e := range m {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// lent is held while the process's environment is not its own.
var lent sync.Mutex

// lend makes the named variables of the process those of env while f runs:
// envconfig looks nowhere else. What the process had is put back afterwards.
func (env environment) lend(names []string, f func() error) error {
	lent.Lock()
	defer lent.Unlock()
	for _, name := range names {
		old, had := os.LookupEnv(name)
		value, has := env[name]
		if had == has && old == value {
			continue
		}
		if had {
			defer os.Setenv(name, old)
		} else {
			defer os.Unsetenv(name)
		}
		if !has {
			os.Unsetenv(name)
		} else if err := os.Setenv(name, value); err != nil {
			return &Error{Setting: name, Accepted: "a value without NUL bytes"}
		}
	}
	return f()
}

// variables are the names that envconfig reads into spec, in the order of its fields.
func variables(prefix string, spec any) []string {
	var names bytes.Buffer
	if err := envconfig.Usagef(prefix, spec, &names, "{{range .}}{{usage_key .}}\n{{end}}"); err != nil {
		panic(err) // spec is one of ours, and a pointer to a struct
	}
	return strings.Fields(names.String())
}
