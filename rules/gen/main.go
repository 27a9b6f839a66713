// Gen packs the rules for the binary (pack.zst), and what compiling tells of them
// (outlines.txt), which spares the program the reading of the pack when it starts.
package main

import (
	"fmt"
	"os"
	"path"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
	"ttpctl/internal/packed"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	pack, err := packed.PackFiles(os.DirFS(dir), "ttp/*.yaml")
	if err != nil {
		return err
	}
	text, err := outline(packed.Open(pack))
	if err != nil {
		return err
	}
	if err := os.WriteFile(path.Join(dir, "pack.zst"), pack, 0o644); err != nil {
		return err
	}
	return os.WriteFile(path.Join(dir, "outlines.txt"), []byte(text), 0o644)
}

// outline compiles the files of the pack.
func outline(pack *packed.Files) (string, error) {
	var sources []engine.Source
	for _, name := range pack.Names() {
		sources = append(sources, engine.Source{Name: path.Base(name), Data: []byte(pack.Text(name))})
	}
	return engine.WriteOutlines(sources, engine.Config{Catalogue: attack.Load(), Builders: lifters.Builders()})
}
