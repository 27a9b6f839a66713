// Gen packs files of the directory that it runs in into an archive for the binary. An
// archive that holds them already stays as it is.
package main

import (
	"flag"
	"fmt"
	"os"

	"ttpctl/internal/packed"
)

func main() {
	out := flag.String("o", "", "`archive` to write")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(out string, patterns []string) error {
	dir := os.DirFS(".")
	if old, err := os.ReadFile(out); err == nil && packed.Check(old, dir, patterns...) == nil {
		return nil
	}
	archive, err := packed.PackFiles(dir, patterns...)
	if err != nil {
		return err
	}
	return os.WriteFile(out, archive, 0o644)
}
