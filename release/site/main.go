// Site makes of the documentation plain pages: docs/*.md and the README as HTML, with
// a menu, a search over the pages and rules, light and dark, and no network: every page
// asks for nothing but style.css, search.js and index.json beside it, and says so
// (Content-Security-Policy). A link that leads nowhere is an error. The same files give
// the same bytes. For example, from the root of the repository:
//
//	cd release && go run ./site -root .. -o ../site
package main

import (
	"embed"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

//go:embed assets
var assets embed.FS

func main() {
	root := flag.String("root", "..", "`directory` of the repository")
	out := flag.String("o", "../site", "`directory` to write to")
	flag.Parse()
	if err := run(*root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func run(root, out string) error {
	s, err := read(root)
	if err != nil {
		return err
	}
	files, err := s.files()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%d pages, %d links checked, %d files in %s\n", len(s.pages), s.links, len(files), out)
	return nil
}
