package corpus

import "strings"

// fedPassword returns the length of the quoted text that s begins with when a
// program that sets passwords reads it from a pipe, else 0:
//
//	"root:x7Gh2kQ9"|chpasswd
//
// A password has no form by which to know it, so that what reads it decides. It
// looks ahead to the next quote of the same sort and takes linear time in all.
func fedPassword(s string) int {
	if s[0] != '"' && s[0] != '\'' {
		return 0
	}
	end := strings.IndexByte(s[1:], s[0]) + 2
	if end < 2 {
		return 0
	}
	reader, piped := strings.CutPrefix(strings.TrimLeft(s[end:], " \t"), "|")
	if !piped {
		return 0
	}
	reader = strings.TrimLeft(reader, " \t")
	if rest, ok := strings.CutPrefix(reader, "sudo "); ok {
		reader = rest
	}
	name := reader[:wordLen(reader)]
	switch name[strings.LastIndexByte(name, '/')+1:] {
	case "passwd", "chpasswd":
		return end
	}
	return 0
}
