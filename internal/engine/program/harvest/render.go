package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A font is how a letter of a manual is set: manuals set options in bold and their values in italics.
type font byte

const (
	plain font = iota
	bold
	italic
)

// A line is one rendered line of a manual, with the font of each byte.
type line struct {
	text  string
	fonts []font
}

// plainLine returns a line of a help text, which has no fonts.
func plainLine(text string) line {
	text = strings.ReplaceAll(text, "\t", "        ")
	return line{text, make([]font, len(text))}
}

// renderPage sets a manual page in type and returns its lines. root holds usr/share/man.
func renderPage(root, page string) ([]line, error) {
	man := filepath.Join(root, "usr/share/man")
	src, err := readPage(man, page, 0)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("groff", "-t", "-K", "utf8", "-mandoc", "-Tascii", "-P-c", "-rLL=220n", "-rLT=220n")
	cmd.Stdin = bytes.NewReader(src)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("groff %s: %w", page, err)
	}
	var lines []line
	for l := range strings.Lines(string(out)) {
		lines = append(lines, overstruck(strings.TrimRight(l, "\n")))
	}
	return lines, nil
}

// readPage unpacks a page and follows a page that only names another one.
func readPage(man, page string, hops int) ([]byte, error) {
	f, err := os.Open(filepath.Join(man, page))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(page, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("%s: %w", page, err)
		}
	}
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", page, err)
	}
	if other, ok := bytes.CutPrefix(bytes.TrimSpace(src), []byte(".so ")); ok && hops < 3 && !bytes.Contains(other, []byte("\n")) {
		return readPage(man, string(other)+".gz", hops+1)
	}
	return src, nil
}

// overstruck reads what a line printer would show: a letter struck twice is bold, one over an underscore is italic.
func overstruck(s string) line {
	var l line
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		f, c := plain, s[i]
		for i+2 < len(s) && s[i+1] == '\b' {
			if s[i] == '_' && s[i+2] != '_' {
				f = italic
			} else if f == plain {
				f = bold
			}
			c = s[i+2]
			i += 2
		}
		b.WriteByte(c)
		l.fonts = append(l.fonts, f)
	}
	l.text = b.String()
	return l
}
