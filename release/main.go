// Release makes of one commit what its users download: binaries for six platforms in
// archives, packages for Debian and Red Hat, a list of what is inside (SBOM) and the
// checksums of all. Every time in them is SOURCE_DATE_EPOCH, so that whoever builds
// the same commit with the same Go gets the same bytes. For example, from the root:
//
//	cd release && go run . -root .. -o ../dist -version 1.2.3
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A release is what is made of a commit.
type release struct {
	root    string // of the repository
	out     string
	version string
	commit  string
	when    time.Time // of every file
	targets []target
}

// A target is a platform, such as linux/amd64.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

const allTargets = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64"

func main() {
	r := release{}
	flag.StringVar(&r.root, "root", "..", "`directory` of the repository")
	flag.StringVar(&r.out, "o", "../dist", "`directory` to write to; it must not exist")
	flag.StringVar(&r.version, "version", "0.0.0", "version, without v")
	flag.StringVar(&r.commit, "commit", "", "commit, as `ttpctl version` names it")
	targets := flag.String("targets", allTargets, "platforms, comma-separated")
	rpm := flag.String("list", "", "print what this `rpm` holds, and do nothing else")
	flag.Parse()
	if *rpm != "" {
		if err := list(*rpm); err != nil {
			fmt.Fprintln(os.Stderr, "release:", err)
			os.Exit(1)
		}
		return
	}
	if err := r.run(*targets, os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func (r *release) run(targets, epoch string) error {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	r.when = time.Unix(seconds, 0).UTC()
	for word := range strings.SplitSeq(targets, ",") {
		system, arch, ok := strings.Cut(word, "/")
		if !ok || !slices.Contains(strings.Split(allTargets, ","), word) {
			return fmt.Errorf("no such target: %q", word)
		}
		r.targets = append(r.targets, target{system, arch})
	}
	if err := os.Mkdir(r.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	shared, err := r.sharedFiles(work)
	if err != nil {
		return err
	}
	for _, t := range r.targets {
		if err := r.make(t, work, shared); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return r.checksums()
}

// make builds one target and all that it comes in.
func (r *release) make(t target, work string, shared []file) error {
	binary, err := r.build(t, work)
	if err != nil {
		return err
	}
	if err := r.sbom(t, binary); err != nil {
		return err
	}
	if err := r.archive(t, binary, shared); err != nil {
		return err
	}
	if t.os != "linux" {
		return nil
	}
	return r.packages(t, binary, shared)
}

// name is how the files of a target are called, before their ends.
func (r *release) name(t target) string {
	return fmt.Sprintf("ttpctl_%s_%s_%s", r.version, t.os, t.arch)
}

// checksums writes SHA256SUMS, as sha256sum -c reads it.
func (r *release) checksums() error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(r.out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), e.Name())
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}
