// Command dotenv prints the variables of a .env file for a shell to evaluate,
// read as Compose reads them: dotenv FILE. A variable that the environment has
// is left out, since the environment wins.
package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dotenv FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Environ(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string, environ []string, out io.Writer) error {
	has := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		has[name] = value
	}
	read, err := dotenv.GetEnvFromFile(has, []string{path})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if _, set := has[name]; !set {
			fmt.Fprintf(out, "export %s=%s\n", name, quoted(read[name]))
		}
	}
	return nil
}

// quoted is a word of the shell that stands for the value as it is.
func quoted(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
