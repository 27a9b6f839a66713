package program

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A fact is what a manual says of one option; see package harvest for its form.
type fact struct {
	tool  string // title of the page, or busybox:APPLET
	names []string
	value Takes
}

// readFacts reads testdata/facts.txt.
func readFacts(t *testing.T) []fact {
	t.Helper()
	data, err := os.ReadFile("testdata/facts.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []fact
	tool := ""
	for line := range strings.Lines(string(data)) {
		if line[0] != ' ' {
			tool, _, _ = strings.Cut(line, " # ")
			continue
		}
		for _, word := range strings.Fields(line) {
			f := fact{tool: tool}
			name, _, valued := strings.Cut(word[1:], "=")
			names := word[:1] + name
			if valued {
				f.value = NeedsValue
				if open, ok := strings.CutSuffix(names, "["); ok {
					names, f.value = open, MayValue
				}
			}
			f.names = strings.Split(names, ",")
			all = append(all, f)
		}
	}
	return all
}

// exceptions are the facts that the table does not follow, `tool option`, each with a reason in testdata/exceptions.txt.
func exceptions(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile("testdata/exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	reason := ""
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "#" {
			reason = strings.Join(words[1:], " ")
			continue
		}
		if reason == "" || len(words) < 2 {
			t.Errorf("exceptions.txt: %q: a tool and its options below a reason", line)
		}
		for _, option := range words[1:] {
			all[words[0]+" "+option] = true
		}
	}
	return all
}

// formOf returns the form that a tool's facts are about: `wget`, `busybox:wget`, `git-clone`, or nil.
func formOf(table *Table, tool string) *Form {
	tool = strings.TrimPrefix(tool, "busybox:")
	if r := table.Lookup(tool); r != nil {
		return r.Form()
	}
	for i := len(tool) - 1; i > 0; i-- {
		if tool[i] != '-' {
			continue
		}
		if r := table.Lookup(tool[:i]); r != nil {
			return r.Form().Sub(tool[i+1:])
		}
	}
	return nil
}

// TestFacts compares the table with what tools say of themselves: an option that a row has takes a value as the manual says, and the row has every
// option that takes one, lest the value be read as an operand.
func TestFacts(t *testing.T) {
	table := table(t)
	known := exceptions(t)
	used := map[string]bool{}
	excepted := func(tool, name string) bool {
		key := tool + " " + name
		used[key] = known[key]
		return known[key]
	}
	options, flags := 0, []string{}
	for _, f := range readFacts(t) {
		form := formOf(table, f.tool)
		if form == nil {
			t.Errorf("facts of %s: no row", f.tool)
			continue
		}
		for _, name := range f.names {
			options++
			switch spec := form.Option(name); {
			case spec != nil && spec.Value == f.value:
			case spec == nil && f.value == NoValue:
				flags = append(flags, f.tool+" "+name)
			case excepted(f.tool, name):
			case spec == nil:
				t.Errorf("%s %s: the manual gives it a value, the row does not have it", f.tool, name)
			default:
				t.Errorf("%s %s: takes %d in the manual and %d in the row (0 no value, 1 needs one, 2 may have one)", f.tool, name, f.value, spec.Value)
			}
		}
	}
	for key := range known {
		if !used[key] {
			t.Errorf("exceptions.txt: %s: the table follows the manual there", key)
		}
	}
	slices.Sort(flags)
	t.Logf("%d options compared; %d switches of manuals are in no row: %s", options, len(flags), strings.Join(flags, ", "))
}
