package program

import (
	"strings"
	"testing"
)

func TestBadRows(t *testing.T) {
	const head = "a gnu # x\n"
	tests := []struct{ name, text, want string }{
		{"no dash", head + " -a,--bc=read operands\n", "has no dash"},
		{"role", head + " -a=nonsense\n", "unknown role"},
		{"option twice", head + " -a -b,-a\n", `option "-a" stands twice`},
		{"no source", "a gnu\n effect fetch\n", "without a source"},
		{"effect", head + " effect nonsense\n", "unknown effect"},
		{"operands", head + " operands nonsense\n", "unknown role"},
		{"operands with", head + " operands -q read\n", "no such option"},
		{"sub twice", head + " sub b\n -a\n sub b\n -c\n", "stands twice"},
		{"word", head + " nonsense b\n", "unknown word"},
		{"like", head + " like b\n", "no such row"},
		{"like a like", head + " like b\nb gnu\n like c\nc gnu\n", "is like another"},
		{"name twice", head + "b a gnu\n", "stands twice"},
		{"parted", head + "# c\n -a\n", "belong to no row"},
		{"no grammar", "a b # x\n", "names and a grammar"},
		{"head", "a gnu b\n", "unknown word"},
		{"fine", "# c\n" + head + "\t-a,--bc=read -d[=text]\n\toperands -a pattern read...\n\toperands read... write\n\teffect fetch\n\tsub b,c d\n\t-a\n", ""},
	}
	for _, test := range tests {
		table := &Table{}
		err := table.add("x.txt", test.text)
		if err == nil {
			err = table.Check()
		}
		if got := errorText(err); (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: error %q, want %q", test.name, got, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLookup(t *testing.T) {
	table := &Table{}
	if err := table.add("x.txt", "python gnu versioned\ngcc gnu versioned\nbusybox gnu\nsh gnu\n7z gnu\n"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"python": "python", "python3.11": "python", "gcc-12": "gcc", "busybox-armv7l": "busybox", "7z": "7z",
		"sh4": "", "PYTHON": "", "3": "", "": "",
	} {
		got := ""
		if r := table.Lookup(name); r != nil {
			got = r.Name
		}
		if got != want {
			t.Errorf("Lookup(%q) = %q, want %q", name, got, want)
		}
	}
}
