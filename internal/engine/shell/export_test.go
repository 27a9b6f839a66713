package shell

import "strings"

// TakesValue reports whether the wrapper of that name takes the next word as the value of an option, which has its dashes; known is false for a program
// that is no wrapper, and for an option that makes it run nothing.
func TakesValue(name, option string) (takes, known bool) {
	w, known := wrapperOf(name)
	long, isLong := strings.CutPrefix(option, "--")
	switch {
	case !known:
		return false, false
	case isLong:
		return takesLong(w, long), true
	}
	letter := strings.TrimPrefix(option, "-")
	if strings.Contains(w.stops, letter) {
		return false, false // nothing is run then
	}
	return letter == w.script || strings.Contains(w.values, letter), true
}

func takesLong(w wrapper, name string) bool {
	return w.script != "" && longScript(name) || takes(w.longs, name)
}
