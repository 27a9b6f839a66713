package lines

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"ttpctl/internal/sorting"
)

// A logFile is one file of a log: the one that is written, or a rotation of it.
type logFile struct {
	path   string
	info   fs.FileInfo
	live   bool
	suffix []string // the numbers behind the log's name
}

// rotations returns the files of the log at path, the oldest first and the one
// that is written last. A rotation that is being compressed is listed once, by
// the name of the file that is still whole.
//
// While files are renamed, a listing may miss one: that would lose its lines.
// It is believed when a second one says the same.
func rotations(path string) []logFile {
	files := listRotations(path)
	for range 20 {
		again := listRotations(path)
		if slices.EqualFunc(files, again, func(a, b logFile) bool { return a.path == b.path && os.SameFile(a.info, b.info) }) {
			break
		}
		files = again
	}
	return files
}

func listRotations(path string) []logFile {
	dir, base := filepath.Split(path)
	files := rotationsIn(dir, base)
	if target, err := filepath.EvalSymlinks(path); err == nil && target != path {
		files = append(files, rotationsOfTarget(target)...)
	}
	sortRotations(files)
	return files
}

// rotationsOfTarget returns the rotations that lie beside a file to which a
// link of the log's name leads.
func rotationsOfTarget(target string) []logFile {
	live, err := os.Stat(target)
	if err != nil {
		return nil
	}
	dir, name := filepath.Split(target)
	base, _ := splitRotation(name)
	return slices.DeleteFunc(rotationsIn(dir, base), func(l logFile) bool { return l.live || os.SameFile(l.info, live) })
}

// rotationsIn returns the files in dir of the log called base.
func rotationsIn(dir, base string) (files []logFile) {
	names, _ := readNames(dir)
	for _, name := range names {
		suffix, ok := rotationOf(name, base)
		if plain := withoutPacking(name); !ok || plain != name && plain != base && slices.Contains(names, plain) {
			continue
		}
		f := logFile{path: dir + name, live: name == base, suffix: suffix}
		var err error
		if f.info, err = os.Stat(f.path); err == nil && f.info.Mode().IsRegular() {
			files = append(files, f)
		}
	}
	return files
}

// readNames returns the names in a directory, sorted; none in one that is not
// there.
func readNames(dir string) ([]string, error) {
	d, err := os.Open(cmp.Or(dir, "."))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

// rotationOf reports whether name is that of the log called base or of one of
// its rotations, of which it returns the numbers behind base.
func rotationOf(name, base string) (numbers []string, ok bool) {
	if name == base {
		return nil, true
	}
	rest, ok := strings.CutPrefix(withoutPacking(name), base)
	if !ok {
		return nil, false
	}
	numbers = rotationNumbers(rest)
	return numbers, numbers != nil
}

// splitRotation returns what a log is called of which name is a rotation, and
// whether that is certain: in `10.0.0.5` the last number may well be part of
// the name. The log is called name itself when that is no rotation.
func splitRotation(name string) (base string, certain bool) {
	plain := withoutPacking(name)
	for i := len(strings.TrimRight(plain, rotationBytes)); i < len(plain); i++ {
		if numbers := rotationNumbers(plain[i:]); i > 0 && numbers != nil {
			return plain[:i], !isCount(numbers) || plain[i-1] < '0' || plain[i-1] > '9'
		}
	}
	return name, true
}

// rotationNumbers returns the numbers in what rotation adds to a name: a count
// of up to three digits behind a dot, or a date. nil = it adds no such thing.
func rotationNumbers(rest string) []string {
	if rest == "" || strings.IndexByte("-_.", rest[0]) < 0 || strings.Trim(rest, rotationBytes) != "" {
		return nil
	}
	numbers := strings.FieldsFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
	if len(numbers) == 0 || rest[1] < '0' || rest[1] > '9' {
		return nil
	}
	first := numbers[0]
	year := len(first) == 4 && (first[:2] == "19" || first[:2] == "20")
	if rest[0] == '.' && isCount(numbers) || year || len(first) >= 6 {
		return numbers
	}
	return nil
}

// isCount reports whether numbers say that a file is the nth rotation, the
// first being the newest. Anything else is a date.
func isCount(numbers []string) bool { return len(numbers) == 1 && len(numbers[0]) < 4 }

// sortRotations sorts by name when all names count alike, which no copying and
// no touching changes, else by the time of the last write.
func sortRotations(files []logFile) {
	counted, dated := 0, 0
	for _, f := range files {
		switch {
		case f.live:
		case isCount(f.suffix):
			counted++
		default:
			dated++
		}
	}
	sorting.By(files, func(a, b logFile) int {
		byTime := a.info.ModTime().Compare(b.info.ModTime())
		switch {
		case a.live != b.live:
			return cmp.Compare(btoi(a.live), btoi(b.live))
		case dated == 0:
			return compareNumbers(b.suffix, a.suffix)
		case counted == 0:
			return cmp.Or(compareNumbers(a.suffix, b.suffix), byTime)
		}
		return cmp.Or(byTime, compareNumbers(a.suffix, b.suffix))
	})
}

// compareNumbers compares numbers of any length.
func compareNumbers(a, b []string) int {
	return slices.CompareFunc(a, b, func(x, y string) int {
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
