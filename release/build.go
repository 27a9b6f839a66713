package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// maxBytes bounds a binary.
const maxBytes = 30_000_000

// A file is one of a release: where it lies in an archive, and its bytes.
type file struct {
	name       string
	data       []byte
	executable bool
}

// build makes the binary of t and returns its path. Nothing of the machine, the
// directory or the moment gets into it.
func (r *release) build(t target, work string) (string, error) {
	path := filepath.Join(work, t.os+"_"+t.arch, "ttpctl")
	if t.os == "windows" {
		path += ".exe"
	}
	ldflags := "-s -w -buildid= -X main.version=" + r.version + " -X main.commit=" + r.commit
	cmd := exec.Command("go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o", path, "./cmd/ttpctl")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOOS="+t.os, "GOARCH="+t.arch, "GOAMD64=v1", "GOARM64=v8.0")
	cmd.Dir, cmd.Stderr = r.root, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go build: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if t.os == "linux" && info.Size() > maxBytes {
		return "", fmt.Errorf("the binary has %d bytes, at most %d", info.Size(), maxBytes)
	}
	return path, nil
}

// sharedFiles are those that every platform gets: what to read, what a shell
// completes, the manual. The binary of the machine that builds writes the latter two.
func (r *release) sharedFiles(work string) ([]file, error) {
	host, err := r.build(target{runtime.GOOS, runtime.GOARCH}, work)
	if err != nil {
		return nil, err
	}
	var files []file
	for _, name := range []string{"README.md", "NOTICE", "CHANGELOG.md"} {
		data, err := os.ReadFile(filepath.Join(r.root, name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: name, data: data})
	}
	licenses, err := r.output(host, "version", "--licenses")
	if err != nil {
		return nil, err
	}
	files = append(files, file{name: "LICENSES", data: licenses})
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		script, err := r.output(host, "completion", shell)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: "completions/" + completionName(shell), data: script})
	}
	dir := filepath.Join(work, "man")
	if _, err := r.output(host, "man", dir); err != nil {
		return nil, err
	}
	pages, err := os.ReadDir(dir)
	for _, p := range pages {
		data, err := os.ReadFile(filepath.Join(dir, p.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: "man/" + p.Name(), data: data})
	}
	return files, err
}

// completionName is the name that a shell looks for.
func completionName(shell string) string {
	return map[string]string{"bash": "ttpctl", "zsh": "_ttpctl", "fish": "ttpctl.fish", "powershell": "ttpctl.ps1"}[shell]
}

// output runs the program as nobody's: without a configuration or variables of ours.
func (r *release) output(host string, args ...string) ([]byte, error) {
	cmd := exec.Command(host, args...)
	cmd.Env = []string{"HOME=/nonexistent", fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.when.Unix())}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w: %s", cmd.Args, err, complaint.String())
	}
	return out, nil
}
