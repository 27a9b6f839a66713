package rulesdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

// A dirFixture is a followed directory, with what its one subscriber was told.
type dirFixture struct {
	root   string // holds the directory and whatever stands beside it
	dir    string
	source *Directory
	seen   map[string]string // by base name
	sub    *store.Subscription[store.RuleChange]

	mu   sync.Mutex
	told []store.Notice
}

func followDir(t *testing.T, initial map[string]string) *dirFixture {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "rules")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range initial {
		writeFile(t, filepath.Join(dir, name), content)
	}
	return follow(t, root, dir, newWatcher(dir))
}

func follow(t *testing.T, root, dir string, w *watcher) *dirFixture {
	t.Helper()
	return followAs(t, root, dir, w, Options{Now: time.Now, FollowLinks: true})
}

func followAs(t *testing.T, root, dir string, w *watcher, opts Options) *dirFixture {
	t.Helper()
	f := &dirFixture{root: root, dir: dir, seen: map[string]string{}}
	opts.Notify = func(n store.Notice) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.told = append(f.told, n)
	}
	var err error
	f.source, err = openDirectory(t.Context(), dir, opts, w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.source.Close() })
	sources, sub, err := f.source.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.sub = sub
	for _, s := range sources {
		f.seen[filepath.Base(s.Name)] = string(s.Data)
	}
	return f
}

func (f *dirFixture) path(name string) string { return filepath.Join(f.dir, name) }

// await takes changes until the subscriber knows exactly want.
func (f *dirFixture) await(t *testing.T, want map[string]string) {
	t.Helper()
	for !cmp.Equal(f.seen, want) {
		f.apply(storetest.Next(t, f.sub))
		if t.Failed() {
			t.Fatalf("seen %v, want %v", f.seen, want)
		}
	}
}

// apply notes what c says.
func (f *dirFixture) apply(c store.RuleChange) {
	base := filepath.Base(c.Source.Name)
	if c.Op == store.Delete {
		delete(f.seen, base)
	} else {
		f.seen[base] = string(c.Source.Data)
	}
}

func (f *dirFixture) notice(ok func(store.Notice) bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.told {
		if ok(n) {
			return true
		}
	}
	return false
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Each way of saving leads to the directory's content.
func TestDirectorySaves(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		save    func(t *testing.T, f *dirFixture)
		want    map[string]string
		changes int // 0 = any number
	}{
		{"in place", func(t *testing.T, f *dirFixture) {
			writeFile(t, f.path("R0001.yaml"), "changed\n")
		}, map[string]string{"R0001.yaml": "changed\n", "R0002.yml": "two\n"}, 1},
		{"rename over", func(t *testing.T, f *dirFixture) {
			writeFile(t, f.path(".R0001.yaml.tmp123"), "changed\n")
			must(t, os.Rename(f.path(".R0001.yaml.tmp123"), f.path("R0001.yaml")))
		}, map[string]string{"R0001.yaml": "changed\n", "R0002.yml": "two\n"}, 1},
		{"rename over from elsewhere, same size, old mtime", func(t *testing.T, f *dirFixture) {
			side := filepath.Join(f.root, "side")
			writeFile(t, side, "uno\n")
			info, err := os.Stat(f.path("R0001.yaml"))
			must(t, err)
			must(t, os.Chtimes(side, info.ModTime(), info.ModTime()))
			must(t, os.Rename(side, f.path("R0001.yaml")))
		}, map[string]string{"R0001.yaml": "uno\n", "R0002.yml": "two\n"}, 1},
		{"create", func(t *testing.T, f *dirFixture) {
			writeFile(t, f.path("R0003.yaml"), "three\n")
		}, map[string]string{"R0001.yaml": "one\n", "R0002.yml": "two\n", "R0003.yaml": "three\n"}, 1},
		{"delete", func(t *testing.T, f *dirFixture) {
			must(t, os.Remove(f.path("R0001.yaml")))
		}, map[string]string{"R0002.yml": "two\n"}, 1},
		{"rename in", func(t *testing.T, f *dirFixture) {
			writeFile(t, filepath.Join(f.root, "x"), "three\n")
			must(t, os.Rename(filepath.Join(f.root, "x"), f.path("R0003.yaml")))
		}, map[string]string{"R0001.yaml": "one\n", "R0002.yml": "two\n", "R0003.yaml": "three\n"}, 1},
		{"rename out", func(t *testing.T, f *dirFixture) {
			must(t, os.Rename(f.path("R0001.yaml"), filepath.Join(f.root, "R0001.yaml")))
		}, map[string]string{"R0002.yml": "two\n"}, 1},
		{"rename within", func(t *testing.T, f *dirFixture) {
			must(t, os.Rename(f.path("R0001.yaml"), f.path("R0009.yaml")))
		}, map[string]string{"R0002.yml": "two\n", "R0009.yaml": "one\n"}, 2},
		{"two files of one id", func(t *testing.T, f *dirFixture) {
			writeFile(t, f.path("R0001.yml"), "the other\n")
		}, map[string]string{"R0001.yaml": "one\n", "R0001.yml": "the other\n", "R0002.yml": "two\n"}, 1},
		{"vim: backup by rename, create, remove backup", func(t *testing.T, f *dirFixture) {
			writeFile(t, f.path("4913"), "")
			must(t, os.Remove(f.path("4913")))
			must(t, os.Rename(f.path("R0001.yaml"), f.path("R0001.yaml~")))
			writeFile(t, f.path("R0001.yaml"), "changed\n")
			must(t, os.Remove(f.path("R0001.yaml~")))
		}, map[string]string{"R0001.yaml": "changed\n", "R0002.yml": "two\n"}, 1},
		{"torn, then whole", func(t *testing.T, f *dirFixture) {
			writeFile(t, f.path("R0001.yaml"), "rule_id: R00")
			file, err := os.OpenFile(f.path("R0001.yaml"), os.O_APPEND|os.O_WRONLY, 0)
			must(t, err)
			defer file.Close()
			storetest.Quiet(t, f.sub, 300*time.Millisecond)
			_, err = file.WriteString("01\n")
			must(t, err)
		}, map[string]string{"R0001.yaml": "rule_id: R0001\n", "R0002.yml": "two\n"}, 1},
		{"no newline at the end", func(t *testing.T, f *dirFixture) {
			writeFile(t, f.path("R0001.yaml"), "rule_id: R0001")
			storetest.Quiet(t, f.sub, time.Second)
		}, map[string]string{"R0001.yaml": "rule_id: R0001", "R0002.yml": "two\n"}, 1},
		{"link to a file elsewhere", func(t *testing.T, f *dirFixture) {
			writeFile(t, filepath.Join(f.root, "target"), "linked\n")
			must(t, os.Symlink(filepath.Join(f.root, "target"), f.path("R0003.yaml")))
		}, map[string]string{"R0001.yaml": "one\n", "R0002.yml": "two\n", "R0003.yaml": "linked\n"}, 1},
		{"emptied", func(t *testing.T, f *dirFixture) {
			must(t, os.Remove(f.path("R0001.yaml")))
			must(t, os.Remove(f.path("R0002.yml")))
		}, map[string]string{}, 2},
		{"directory replaced", func(t *testing.T, f *dirFixture) {
			fresh := filepath.Join(f.root, "fresh")
			must(t, os.Mkdir(fresh, 0o700))
			writeFile(t, filepath.Join(fresh, "R0001.yaml"), "one\n")
			writeFile(t, filepath.Join(fresh, "R0005.yaml"), "five\n")
			must(t, os.Rename(f.dir, filepath.Join(f.root, "old")))
			must(t, os.Rename(fresh, f.dir))
		}, map[string]string{"R0001.yaml": "one\n", "R0005.yaml": "five\n"}, 2},
		{"directory removed and recreated", func(t *testing.T, f *dirFixture) {
			must(t, os.RemoveAll(f.dir))
			must(t, os.Mkdir(f.dir, 0o700))
			writeFile(t, f.path("R0005.yaml"), "five\n")
		}, map[string]string{"R0005.yaml": "five\n"}, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := followDir(t, map[string]string{"R0001.yaml": "one\n", "R0002.yml": "two\n", "notes.txt": "no rule\n"})
			c.save(t, f)
			n := 0
			for ; !cmp.Equal(f.seen, c.want); n++ {
				f.apply(storetest.Next(t, f.sub))
			}
			if c.changes != 0 && n != c.changes {
				t.Errorf("%d changes, want %d", n, c.changes)
			}
			storetest.Quiet(t, f.sub, 250*time.Millisecond)
		})
	}
}

// What changes no rule leads to no change.
func TestDirectorySilence(t *testing.T) {
	t.Parallel()
	f := followDir(t, map[string]string{"R0001.yaml": "one\n"})
	must(t, os.Chtimes(f.path("R0001.yaml"), time.Now(), time.Now()))
	writeFile(t, f.path("R0001.yaml"), "one\n")
	for _, name := range []string{".R0001.yaml.swp", "R0001.yaml~", "#R0001.yaml#", ".#R0001.yaml", "R0001.yaml.bak", "4913", "README.md", "R-2.yaml"} {
		writeFile(t, f.path(name), "x\n")
	}
	must(t, os.Mkdir(f.path("sub"), 0o700))
	writeFile(t, f.path("sub/R0002.yaml"), "below\n")
	must(t, os.Symlink("nowhere", f.path("R0003.yaml")))
	storetest.Quiet(t, f.sub, 500*time.Millisecond)
	if f.notice(func(store.Notice) bool { return true }) {
		t.Errorf("notices = %v, want none", f.told)
	}
}

// Kubernetes mounts a ConfigMap as links through ..data and swaps that.
func TestDirectoryKubernetes(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "rules")
	version := func(name string, files map[string]string) {
		must(t, os.MkdirAll(filepath.Join(dir, name), 0o700))
		for file, content := range files {
			writeFile(t, filepath.Join(dir, name, file), content)
		}
	}
	version("..2026_1", map[string]string{"R0001.yaml": "one\n", "R0002.yaml": "two\n"})
	must(t, os.Symlink("..2026_1", filepath.Join(dir, "..data")))
	for _, file := range []string{"R0001.yaml", "R0002.yaml"} {
		must(t, os.Symlink("..data/"+file, filepath.Join(dir, file)))
	}
	f := follow(t, root, dir, newWatcher(dir))
	f.await(t, map[string]string{"R0001.yaml": "one\n", "R0002.yaml": "two\n"})

	version("..2026_2", map[string]string{"R0001.yaml": "ONE\n", "R0003.yaml": "three\n"})
	must(t, os.Symlink("..data/R0003.yaml", filepath.Join(dir, "R0003.yaml")))
	must(t, os.Symlink("..2026_2", filepath.Join(dir, "..data_tmp")))
	must(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	must(t, os.Remove(filepath.Join(dir, "R0002.yaml")))
	must(t, os.RemoveAll(filepath.Join(dir, "..2026_1")))
	f.await(t, map[string]string{"R0001.yaml": "ONE\n", "R0003.yaml": "three\n"})
	storetest.Quiet(t, f.sub, 200*time.Millisecond)
}

// A release link that is swapped to another directory is followed at once.
func TestDirectoryLinkSwap(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, release := range []string{"1", "2"} {
		must(t, os.MkdirAll(filepath.Join(root, "releases", release), 0o700))
		writeFile(t, filepath.Join(root, "releases", release, "R0001.yaml"), release+"\n")
	}
	dir := filepath.Join(root, "rules")
	must(t, os.Symlink("releases/1", dir))
	f := follow(t, root, dir, newWatcher(dir))
	storetest.Quiet(t, f.sub, 300*time.Millisecond) // past the looks of the start
	must(t, os.Symlink("releases/2", filepath.Join(root, "next")))
	must(t, os.Rename(filepath.Join(root, "next"), dir))
	start := time.Now()
	f.await(t, map[string]string{"R0001.yaml": "2\n"})
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the swap took %v, want it seen by an event", took)
	}
	// The new target is watched, the old one is not.
	writeFile(t, filepath.Join(root, "releases/2/R0001.yaml"), "2b\n")
	f.await(t, map[string]string{"R0001.yaml": "2b\n"})
	// Another directory in its place, perhaps under the same inode number.
	must(t, os.RemoveAll(filepath.Join(root, "releases/2")))
	must(t, os.Mkdir(filepath.Join(root, "releases/2"), 0o700))
	writeFile(t, filepath.Join(root, "releases/2/R0004.yaml"), "4\n")
	f.await(t, map[string]string{"R0004.yaml": "4\n"})
	writeFile(t, filepath.Join(root, "releases/2/R0004.yaml"), "4b\n")
	f.await(t, map[string]string{"R0004.yaml": "4b\n"})
}

// While the directory is gone its rules stay; when it is back, what it holds
// counts.
func TestDirectoryGone(t *testing.T) {
	t.Parallel()
	f := followDir(t, map[string]string{"R0001.yaml": "one\n", "R0002.yaml": "two\n"})
	must(t, os.Rename(f.dir, f.dir+".away"))
	storetest.Eventually(t, "a notice that the directory is gone", func() bool {
		return f.notice(func(n store.Notice) bool { return errors.Is(n.Err, fs.ErrNotExist) })
	})
	storetest.Quiet(t, f.sub, 200*time.Millisecond)
	must(t, os.Remove(f.dir+".away/R0002.yaml"))
	must(t, os.Rename(f.dir+".away", f.dir))
	f.await(t, map[string]string{"R0001.yaml": "one\n"})
	writeFile(t, f.path("R0001.yaml"), "1\n")
	f.await(t, map[string]string{"R0001.yaml": "1\n"})
	storetest.Eventually(t, "a notice that it is back", func() bool {
		return f.notice(func(n store.Notice) bool { return n.Err == nil })
	})
}

// A file that cannot be read keeps its last good content, and says so once.
func TestDirectoryUnreadable(t *testing.T) {
	t.Parallel()
	f := followDir(t, map[string]string{"R0001.yaml": "one\n"})
	must(t, os.Remove(f.path("R0001.yaml")))
	must(t, syscall.Mkfifo(f.path("R0001.yaml"), 0o600))
	must(t, os.Mkdir(f.path("R0002.yaml"), 0o700))
	isTold := func(n store.Notice) bool {
		return strings.HasSuffix(n.Subject, "R0001.yaml") && errors.Is(n.Err, errNotRegular)
	}
	storetest.Eventually(t, "a notice on the pipe", func() bool { return f.notice(isTold) })
	storetest.Quiet(t, f.sub, 200*time.Millisecond)
	if _, err := readRule(f.path("R0001.yaml")); !errors.Is(err, errNotRegular) {
		t.Errorf("readRule(pipe) error = %v, want %v", err, errNotRegular)
	}
	must(t, os.Remove(f.path("R0001.yaml")))
	writeFile(t, f.path("R0001.yaml"), "back\n")
	f.await(t, map[string]string{"R0001.yaml": "back\n"})
}

// A file larger than any rule may be is cut, not swallowed.
func TestDirectoryHugeFile(t *testing.T) {
	t.Parallel()
	f := followDir(t, nil)
	file, err := os.Create(f.path("R0001.yaml"))
	must(t, err)
	must(t, file.Truncate(1<<33))
	must(t, file.Close())
	if c := storetest.Next(t, f.sub); len(c.Source.Data) != maxRuleBytes {
		t.Errorf("a file of 8 GiB gives %d bytes, want %d", len(c.Source.Data), maxRuleBytes)
	}
}

// When inotify runs out, the directory is polled, and that is told.
func TestDirectoryWithoutEvents(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{syscall.EMFILE, syscall.ENOSPC} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			writeFile(t, filepath.Join(root, "R0001.yaml"), "one\n")
			w := newWatcher(root)
			w.open = func() (*fsnotify.Watcher, error) { return nil, cause }
			f := follow(t, root, root, w)
			writeFile(t, f.path("R0001.yaml"), fmt.Sprintf("%v\n", cause))
			f.await(t, map[string]string{"R0001.yaml": fmt.Sprintf("%v\n", cause)})
			f.source.Close()
			if len(f.told) != 1 || !errors.Is(f.told[0].Err, cause) || !strings.Contains(f.told[0].Err.Error(), "fs.inotify") {
				t.Errorf("notices = %v, want one with %v and what to raise", f.told, cause)
			}
		})
	}
}

// A queue of the kernel that ran over is a reason to look: the change here, in
// a file behind a link, sends no event of its own.
func TestDirectoryOverflow(t *testing.T) {
	t.Parallel()
	f := followDir(t, nil)
	target := filepath.Join(t.TempDir(), "target")
	writeFile(t, target, "one\n")
	must(t, os.Symlink(target, f.path("R0001.yaml")))
	f.await(t, map[string]string{"R0001.yaml": "one\n"})
	storetest.Quiet(t, f.sub, 300*time.Millisecond) // past the last look
	writeFile(t, target, "changed\n")
	storetest.Quiet(t, f.sub, 300*time.Millisecond)
	f.source.watcher.fsw.Errors <- fsnotify.ErrEventOverflow
	f.await(t, map[string]string{"R0001.yaml": "changed\n"})
}

// A link that leaves the directory is told of and not read; what was in force
// under its name stays. One inside the directory is as good as a file.
func TestDirectoryLinks(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "rules")
	must(t, os.Mkdir(dir, 0o700))
	writeFile(t, filepath.Join(dir, "R0001.yaml"), "one\n")
	writeFile(t, filepath.Join(dir, "data"), "inside\n")
	writeFile(t, filepath.Join(root, "secret"), "hunter2\n")
	f := followAs(t, root, dir, newWatcher(dir), Options{Now: time.Now})
	must(t, os.Symlink("../secret", f.path("R0003.yaml")))
	must(t, os.Remove(f.path("R0001.yaml")))
	must(t, os.Symlink("../secret", f.path("R0001.yaml")))
	must(t, os.Symlink("data", f.path("R0002.yaml")))
	f.await(t, map[string]string{"R0001.yaml": "one\n", "R0002.yaml": "inside\n"})
	storetest.Quiet(t, f.sub, 300*time.Millisecond)
	for _, name := range []string{"R0001.yaml", "R0003.yaml"} {
		if !f.notice(func(n store.Notice) bool { return n.Subject == f.path(name) && n.Err != nil }) {
			t.Errorf("no notice of the link %s", name)
		}
	}
}

// A storm of saves ends in the right set.
func TestDirectoryStorm(t *testing.T) {
	t.Parallel()
	f := followDir(t, map[string]string{"R0001.yaml": "0\n"})
	want := map[string]string{}
	for i := range 3000 {
		name := fmt.Sprintf("R%04d.yaml", i%100)
		content := fmt.Sprintf("%d\n", i)
		writeFile(t, f.path(name), content)
		want[name] = content
	}
	f.await(t, want)
}

func TestOpenDirectoryErrors(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := Open(t.Context(), missing, Options{Now: time.Now}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("Open(missing) error = %v, want one that names it", err)
	}
}
