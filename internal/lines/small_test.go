package lines

import (
	"fmt"
	"strings"
	"testing"
)

func TestSmall(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "",
		"a \n\n  \t\r\n# b\n \t# c\nd #e\r\n": `1"a " 6"d #e" `,
		"a\n" + strings.Repeat("b", 20):       `1"a" 2: a line is shorter than 16 bytes`,
	} {
		got := ""
		for l, err := range Small(strings.NewReader(text), 16) {
			if err != nil {
				got += fmt.Sprintf("%d: %v", l.N, err)
				continue
			}
			got += fmt.Sprintf("%d%q ", l.N, l.Text)
		}
		if got != want {
			t.Errorf("Small(%q) = %s, want %s", text, got, want)
		}
	}
	for range Small(strings.NewReader("a\nb\n"), 16) {
		break // which must end it
	}
}
