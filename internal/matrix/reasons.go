package matrix

import (
	_ "embed"
	"fmt"
	"strings"
)

// reasonsText has a line for each class, class TAB words, and for each
// technique, id TAB class TAB words; # begins a comment.
//
//go:embed reasons.tsv
var reasonsText string

// A Reason is why no rule tags a technique.
type Reason struct {
	Class string // host, traffic
	About string // what the class means
	Words string // what is particular to the technique
}

// Reasons returns the reasons by technique id.
func Reasons() map[string]Reason {
	reasons, err := parseReasons(reasonsText)
	if err != nil {
		panic("matrix: " + err.Error()) // reasons.tsv is part of the program, and tests parse it
	}
	return reasons
}

func parseReasons(text string) (map[string]Reason, error) {
	classes, reasons := map[string]string{}, map[string]Reason{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		f := strings.Split(line, "\t")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case len(f) == 2 && classes[f[0]] == "" && f[1] != "":
			classes[f[0]] = f[1]
		case len(f) == 3 && classes[f[1]] != "" && reasons[f[0]] == Reason{} && f[2] != "":
			reasons[f[0]] = Reason{Class: f[1], About: classes[f[1]], Words: f[2]}
		default:
			return nil, fmt.Errorf("reasons, line %d: no class, no reason of a class above, or one that stands above", n)
		}
	}
	return reasons, nil
}
