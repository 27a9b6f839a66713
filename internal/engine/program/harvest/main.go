// Command harvest reads what tools say of their own options, in manual pages and help texts, and writes it down as facts: for each option whether
// it takes a value, and how the manual calls it. The facts are test data for the program table; see harvest.sh for how the tools are unpacked.
//
//	harvest -root DIR -pages FILE -help DIR NAME... > ../testdata/facts.txt
//
// NAME is a page's title (wget, git-clone) or `help:NAME`, the file of that name below -help. The facts of one tool are lines of
//
//	wget # wget 1.21.3-1 wget.1
//	 -V,--version -o,--output-file=LOGFILE --color[=WHEN]
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	root := flag.String("root", "", "where the packages are unpacked")
	pages := flag.String("pages", "", "list of their manual pages: package, version, page, link")
	help := flag.String("help", "", "directory of help texts, `package version` in the first line")
	flag.Parse()
	if err := run(*root, *pages, *help, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "harvest:", err)
		os.Exit(1)
	}
}

func run(root, pages, help string, names []string) error {
	all, err := readPages(pages)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(os.Stdout)
	for _, name := range names {
		if title, ok := strings.CutPrefix(name, "help:"); ok {
			if err := fromHelp(w, filepath.Join(help, title), title); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			continue
		}
		p, ok := all[name]
		if !ok {
			fmt.Fprintf(os.Stderr, "%s: no page\n", name)
			continue
		}
		lines, err := renderPage(root, p.file)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		source := fmt.Sprintf("%s %s %s", p.pkg, p.version, strings.TrimSuffix(filepath.Base(p.file), ".gz"))
		writeFacts(w, name, source, readOptions(lines))
	}
	return w.Flush()
}

// fromHelp writes the facts of a help text.
func fromHelp(w *bufio.Writer, file, name string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	source, rest, _ := strings.Cut(string(text), "\n")
	var lines []line
	for l := range strings.Lines(rest) {
		lines = append(lines, plainLine(strings.TrimRight(l, "\n")))
	}
	writeFacts(w, name, source+" --help", readOptions(lines))
	return nil
}
