package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// description is what package managers show.
const description = `Tags honeypot telemetry with MITRE ATT&CK techniques
One program: rules, tags with evidence, and a service that follows logs.`

// packages writes the deb and the rpm of a Linux target. The unit is not enabled, and
// no user is made: docs/operating/ttpctl.service says how.
func (r *release) packages(t target, binary string, shared []file) error {
	contents, err := r.contents(binary, shared)
	if err != nil {
		return err
	}
	for _, format := range []string{"deb", "rpm"} {
		packager, err := nfpm.Get(format)
		if err != nil {
			return err
		}
		info := nfpm.WithDefaults(&nfpm.Info{
			Name: "ttpctl", Arch: t.arch, Platform: "linux", Version: r.version, Section: "utils", Priority: "optional",
			Maintainer: "ttpctl maintainers <maintainers@ttpctl.invalid>", Description: description, License: "see /usr/share/doc/ttpctl/NOTICE",
			MTime:        r.when,
			Overridables: nfpm.Overridables{Contents: clone(contents), RPM: nfpm.RPM{Summary: strings.SplitN(description, "\n", 2)[0], BuildHost: "localhost", Compression: "gzip"}},
		})
		if err := nfpm.PrepareForPackager(info, format); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := packager.Package(info, &b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(r.out, packager.ConventionalFileName(info)), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// clone copies the list: each packager fills in its own.
func clone(list files.Contents) files.Contents {
	all := make(files.Contents, len(list))
	for i, c := range list {
		one := *c
		info := *c.FileInfo
		one.FileInfo = &info
		all[i] = &one
	}
	return all
}

// contents lays the files out as distributions have them.
func (r *release) contents(binary string, shared []file) (files.Contents, error) {
	dir := filepath.Join(filepath.Dir(binary), "root")
	var list files.Contents
	add := func(from, to string, mode os.FileMode) {
		list = append(list, &files.Content{Source: from, Destination: to, Type: files.TypeFile, FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.when}})
	}
	add(binary, "/usr/bin/ttpctl", 0o755)
	unit, err := os.ReadFile(filepath.Join(r.root, "docs/operating/ttpctl.service"))
	if err != nil {
		return nil, err
	}
	unit = bytes.ReplaceAll(unit, []byte("/usr/local/bin/ttpctl"), []byte("/usr/bin/ttpctl"))
	unit = bytes.ReplaceAll(unit, []byte("/etc/systemd/system/ttpctl.service"), []byte("/usr/lib/systemd/system/ttpctl.service"))
	for _, f := range append([]file{{name: "ttpctl.service", data: unit}}, shared...) {
		to, data := place(f)
		if to == "" {
			continue
		}
		if strings.HasSuffix(to, ".gz") {
			if data, err = gzipped(data); err != nil {
				return nil, err
			}
		}
		from := filepath.Join(dir, filepath.FromSlash(to))
		if err := os.MkdirAll(filepath.Dir(from), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(from, data, 0o644); err != nil {
			return nil, err
		}
		add(from, to, 0o644)
	}
	return list, nil
}

// place is where a file of the archive lies on a system, "" for nowhere.
func place(f file) (string, []byte) {
	switch dir, name := filepath.Split(f.name); {
	case f.name == "ttpctl.service":
		return "/usr/lib/systemd/system/" + name, f.data
	case dir == "man/":
		return "/usr/share/man/man1/" + name + ".gz", f.data
	case dir == "":
		return "/usr/share/doc/ttpctl/" + name, f.data
	case name == "ttpctl":
		return "/usr/share/bash-completion/completions/" + name, f.data
	case name == "_ttpctl":
		return "/usr/share/zsh/site-functions/" + name, f.data
	case name == "ttpctl.fish":
		return "/usr/share/fish/vendor_completions.d/" + name, f.data
	}
	return "", nil
}

// gzipped compresses without a name or a time.
func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}
