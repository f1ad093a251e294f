// Command cmd lays the page out for nginx: go run ./controller/viewer/cmd -from viewer -to page
package main

import (
	"flag"
	"fmt"
	"os"

	"lookback/controller/viewer"
)

func main() {
	from := flag.String("from", "viewer", "folder with the page's sources and vendor/")
	to := flag.String("to", "page", "folder that nginx serves")
	flag.Parse()
	if err := viewer.Lay(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}
