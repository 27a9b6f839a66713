package shell

import (
	"fmt"
	"strings"
	"testing"
)

// describe writes a view's structure: each command with its scope, marks that stand (* glob, $ expands, ' quoted) and known input, scopes with
// their parent, kind and pipe, redirections of no simple command with their place.
func describe(v *View) string {
	var b strings.Builder
	for i := range v.Commands {
		c := &v.Commands[i]
		fmt.Fprintf(&b, "%s@%d", c.Name, c.Scope)
		if c.Or {
			b.WriteString(" or")
		}
		for k, m := range c.Marks {
			for bit, sign := range [...]string{"*", "$", "'"} {
				if m&(1<<bit) != 0 {
					fmt.Fprintf(&b, " %d%s", k, sign)
				}
			}
		}
		if c.Input != "" || c.InputKnown {
			fmt.Fprintf(&b, " <%q", c.Input)
			if !c.InputKnown {
				b.WriteString("..")
			}
		}
		b.WriteString("; ")
	}
	for i, s := range v.Scopes[1:] {
		fmt.Fprintf(&b, "%d:%s<%d", i+1, [...]string{"", "()", "|", "$()", "<()", "text"}[s.Kind], s.Parent)
		if s.Pipe > 0 {
			fmt.Fprintf(&b, " pipe %d.%d", s.Pipe, s.Stage)
		}
		b.WriteString("; ")
	}
	for _, r := range v.Redirects {
		if r.Command < 0 {
			fmt.Fprintf(&b, "%s at %d of %d, compound %v; ", r.Text, r.At, r.Scope, r.Compound)
		}
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestStructure(t *testing.T) {
	p := NewParser()
	for _, test := range []struct{ line, want string }{
		{"cd /tmp; rm a", "cd@0; rm@0"},
		{"(cd /tmp; rm a); rm b", "cd@1; rm@1; rm@0; 1:()<0"},
		{"a | b; c && d | e", "a@1; b@2; c@0; d@3; e@4; 1:|<0 pipe 1.0; 2:|<0 pipe 1.1; 3:|<0 pipe 2.0; 4:|<0 pipe 2.1"},
		{"(a; b) | c", "a@2; b@2; c@3; 1:|<0 pipe 1.0; 2:()<1; 3:|<0 pipe 1.1"},
		{"sudo a | xargs b", "sudo@1; a@1; xargs@2; b@2; 1:|<0 pipe 1.0; 2:|<0 pipe 1.1"},
		{"a || b && c || d | e; f", "a@0; b@0 or; c@0; d@1 or; e@2 or; f@0; 1:|<0 pipe 1.0; 2:|<0 pipe 1.1"},
		{"a || { b; c && d; }; e", "a@0; b@0 or; c@0 or; d@0 or; e@0"},
		{"sh -c 'a; b'", "sh@0 2'; a@1; b@1; 1:text<0"},
		{"eval 'cd x'; a", "eval@0 1'; cd@0; a@0"},
		{"echo $(a) <(b)", "echo@0 1$ 2$; a@1; b@2; 1:$()<0; 2:<()<0"},
		{"cat /etc/sh*ow '/etc/x*' /???/x \\* a[b]", "cat@0 1* 2' 3* 4' 5*"},
		{`cat "$x" '$x' $x/y "a$(b)*"`, "cat@0 1$ 1' 2' 3$ 4$ 4'; b@1; 1:$()<0"},
		{"A=* b c=* ~/d '~/d'", "b@0 3'"},
		{"while a; do b; done < f; c", "a@0; b@0; c@0; < f at 2 of 0, compound true"},
		{"> f; (a; b > h) > g; c", "a@1; b@1; c@0; 1:()<0; > f at 0 of 0, compound false; > g at 2 of 0, compound true"},
		{"echo x | crontab -", "echo@1; crontab@2 <\"x\\n\"; 1:|<0 pipe 1.0; 2:|<0 pipe 1.1"},
		{"(crontab -l; echo x) | crontab -", "crontab@2; echo@2; crontab@3 <\"x\\n\"..; 1:|<0 pipe 1.0; 2:()<1; 3:|<0 pipe 1.1"},
		{"sudo crontab <<E\nx\nE", "sudo@0; crontab@0 <\"x\\n\""},
		{"a )*( '$x", "a@0; *@0 0*; $x@0 0'"},
	} {
		var v View
		p.Parse(test.line, &v)
		if got := describe(&v); got != test.want {
			t.Errorf("Parse(%q) =\n\t%s, want\n\t%s", test.line, got, test.want)
		}
	}
}

func TestFeeds(t *testing.T) {
	p := NewParser()
	for _, test := range []struct{ line, want string }{
		{"a | b | c", "ab ac bc"},
		{"(a; b) | sudo c; d", "ac bc as bs"},
		{"a; b | c", "bc"},
		{"x $(a) | b", "xb"},
		{"a | { b | c; }", "ab ac bc"},
	} {
		var v View
		p.Parse(test.line, &v)
		got := map[string]bool{}
		for i := range v.Commands {
			for k := range v.Commands {
				if i != k && v.Feeds(i, k) {
					got[v.Commands[i].Name[:1]+v.Commands[k].Name[:1]] = true
				}
			}
		}
		for want := range strings.FieldsSeq(test.want) {
			if !got[want] {
				t.Errorf("%q: %s does not feed %s, want that it does", test.line, want[:1], want[1:])
			}
			delete(got, want)
		}
		if len(got) > 0 {
			t.Errorf("%q: feeds %v too", test.line, got)
		}
	}
}
