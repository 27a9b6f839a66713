package outfile

import (
	"io/fs"
	"os"

	"ttpctl/internal/hint"
)

// A Target is what is to be written: a format, and the file that it goes to, ""
// being stdout.
type Target struct{ Format, Path string }

// where names the destination in messages.
func (t Target) where() string {
	if t.Path == "" {
		return "stdout"
	}
	return t.Path
}

// A Guard keeps outputs from the files that a run reads. It holds the streams of
// the process, which may be files.
type Guard struct{ Stdin, Stdout any }

// Check refuses, before anything is read, an output that is one of the files that
// the run reads, whatever it is called: a link, a hard link, another case,
// /dev/fd/N, the file that stdout was redirected to. reads gives the names of
// files, - is stdin; it is asked only when an output exists. Check also refuses
// two outputs to one file, which stdout may go to.
func (g Guard) Check(list []Target, reads func() []string) error {
	var names []string
	asked := false
	for i, t := range list {
		for _, other := range list[:i] {
			if samePlace(other.Path, t.Path) {
				return bothGo(other, t)
			}
		}
		info := g.existing(t)
		if info == nil {
			continue
		}
		if !asked {
			names, asked = reads(), true
		}
		for _, name := range names {
			if in := stat(name, "-", g.Stdin); in != nil && os.SameFile(info, in) {
				return hint.Errorf("write to another file: -o "+t.Format+"=FILE", "output %s: it is the input %s", t.where(), name)
			}
		}
		if other := g.twice(t, info, list); other != nil {
			return bothGo(*other, t)
		}
	}
	return nil
}

func bothGo(a, b Target) error {
	return hint.Errorf("write one of them to another file: -o "+b.Format+"=FILE", "%s and %s both go to %s", a.Format, b.Format, b.where())
}

// existing returns the file that t would replace, nil when there is none, or one
// that may be read and written at once, such as a terminal.
func (g Guard) existing(t Target) fs.FileInfo {
	info := stat(t.Path, "", g.Stdout)
	if info == nil || info.Mode()&fs.ModeDevice != 0 {
		return nil
	}
	return info
}

// twice returns the output of list to stdout when t is a file that stdout goes to.
func (g Guard) twice(t Target, info fs.FileInfo, list []Target) *Target {
	for i := range list {
		if list[i].Path != "" || t.Path == "" {
			continue
		}
		if out := statOf(g.Stdout); out != nil && os.SameFile(info, out) {
			return &list[i]
		}
	}
	return nil
}

// stat returns the file called name, that of stream when that is its name, nil when
// there is none.
func stat(name, streamName string, stream any) fs.FileInfo {
	if name == streamName {
		return statOf(stream)
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil
	}
	return info
}

// statOf returns the file behind a stream, nil when there is none.
func statOf(stream any) fs.FileInfo {
	f, ok := stream.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}
