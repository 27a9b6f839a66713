package lines

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// A walker is a reader of JSON: the scanner, or the oracle.
type walker interface {
	Reset(l []byte, text string)
	Peek() byte
	Object(member func(name string) error) error
	Members(member func(name string) error) error
	Str() (string, error)
	Skip() error
	Text(s *string) error
	TextOrNull(s *string, name string) error
	OptText(s *event.OptString) error
	Number(v *event.Value) error
	Raw() (string, error)
	Span() (begin, end int, err error)
	Value(v *event.Value) error
}

// walkLine reads line as an object, each member by the method that its name and how
// choose, and returns what was read, and why it broke off.
func walkLine(j walker, line []byte, how uint8) (read []string, why string) {
	var value event.Value // read into again and again, as readers do
	var text string
	var opt event.OptString
	var member func(name string) error
	note := func(what ...any) { read = append(read, fmt.Sprintf("%q", what)) }
	member = func(name string) (err error) {
		note(name, j.Peek())
		switch (hash(name) + how) % 10 {
		case 0:
			return j.Skip()
		case 1:
			err = j.Text(&text)
		case 2:
			err = j.TextOrNull(&text, "it")
		case 3:
			err = j.OptText(&opt)
		case 4:
			err = j.Number(&value)
		case 5:
			text, err = j.Raw()
		case 6:
			var begin, end int
			if begin, end, err = j.Span(); err == nil {
				text = fmt.Sprint(begin, " to ", end)
			}
		case 7:
			if j.Peek() == '{' {
				return j.Members(member)
			}
			return j.Skip()
		case 8:
			if j.Peek() == '"' {
				text, err = j.Str()
			} else {
				err = j.Skip()
			}
		default:
			value = event.Value{}
			err = j.Value(&value)
		}
		if err == nil {
			note(text, opt, value)
		}
		return err
	}
	j.Reset(line, string(line))
	if err := j.Object(member); err != nil {
		why = Reason(err, line)
	}
	return read, why
}

func hash(name string) (h uint8) {
	for _, c := range []byte(name) {
		h = h*31 + c
	}
	return h
}

// oddLines are lines at the edges of what JSON is.
func oddLines() []string {
	all := []string{
		``, ` `, `{`, `{}`, ` {} `, `{}{}`, `{},`, `[]`, `null`, `"a"`, `,{}`, `:{}`, `{,}`, `{"a"}`, `{"a" 1}`, `{"a":}`, `{"a"::1}`, `{"a":,1}`,
		`{"a":1,}`, `{"a":1,,"b":2}`, `{"a":1 "b":2}`, `{1:2}`, `{null:2}`, `{nul:2}`, `{-:2}`, `{"a":1]`, `{"a":[1}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":{"b":1]}`,
		`{"a":tru}`, `{"a":truex}`, `{"a":nul`, `{"a":falsE}`, `{"a":nulll}`, `{"a":t}`, `{"a":01}`, `{"a":-}`, `{"a":-0}`, `{"a":1.}`, `{"a":.1}`, `{"a":1e}`, `{"a":1e+}`, `{"a":1E-07}`,
		`{"a":1e999}`, `{"a":-1e999}`, `{"a":123456789012345678901234567890}`, `{"a":0.1}`, `{"a":1x}`, `{"a":+1}`, `{"a":0x1}`, `{"a":1`, `{"a":1.5e3`,
		`{"a":"x}`, `{"a":"\x"}`, `{"a":"\`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\u0041\n\t\/\\\""}`, `{"a":"\ud83d\ude00"}`, `{"a":"\ud83d"}`, `{"a":"\ude00\ud83d"}`, `{"a":"\ud83d\n"}`, `{"a":"\u`,
		"{\"a\":\"\x01\"}", "{\"a\":\"\t\"}", "{\"a\":\"\x7f\"}", "{\"a\":\"\x00\"}", "{\"a\x1f\":1}", "{\"a\":\"\xff\"}", "{\"a\":\"\xe2\x82\"}", "{\"a\":\"\xe2\x82\xac\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xe2", "{\"\xff\":1,\"\xfe\":2}", "{\"\xff\":1,\"\\ufffd\":2}",
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"\u0061":1,"a":2}`, `{"a":{"b":1,"b":2}}`, `{"a":[{"b":1},{"b":1}]}`, `{"a":[{"b":1,"c":{"b":1},"b":2}]}`, `{"":1,"":2}`, `{"a":1,"b":1,"c":{"a":1},"a":2}`,
		"{\"a\"\t:\r\n1\n}\r", "{\"a\":1}\n", "{\"a\":1}\v", "\ufeff{}", `{"a":"` + strings.Repeat("x", 7) + `"}`, `{"a":"` + strings.Repeat("x", 8) + `"}`, `{"a":"` + strings.Repeat("é", 9) + `","b":"\\"}`,
		`{"a":[[],{},"",0,null,true,false,{"x":[1,"y",null]}]}`, `{"source_id" 5}`, `{"source_id"5:1}`, `{"source_id":}`, `{"source_id":,"x"}`, `{"a" [1,}`,
	}
	for _, n := range []int{fewNames - 1, fewNames, fewNames + 1, 300} {
		many := "{"
		for i := range n {
			many += `"name` + strconv.Itoa(i) + `":[],`
		}
		all = append(all, many+`"x":1}`, many+`"name0":1}`, many+`"name`+strconv.Itoa(n-1)+`":1}`, many+`"n\u0061me3":1}`)
	}
	return all
}

// deepLines are lines about as deep as jsontext goes.
func deepLines() []string {
	deep := func(n int, open, inner, closing string) string {
		return `{"a":` + strings.Repeat(open, n) + inner + strings.Repeat(closing, n) + "}"
	}
	var all []string
	for _, n := range []int{maxDepth - 2, maxDepth - 1, maxDepth, 9997, 9998, 9999, 10000, 20000} {
		all = append(all, deep(n, "[", "", "]"), deep(n, "[", "1", "]"), deep(n, "[", "{}", "]"), deep(n, `{"b":`, "[]", "}"), deep(n, `{"b":`, "1", "}"), deep(n, `{"b":`, "", ""))
	}
	return all
}

func TestJSONEqualsJSONText(t *testing.T) {
	t.Parallel()
	for how := range uint8(10) {
		for _, l := range oddLines() {
			compareJSON(t, []byte(l), how)
		}
		for i, l := range deepLines() {
			if (i+int(how))%rounds.Every(t, 8) == 0 { // they are long
				compareJSON(t, []byte(l), how)
			}
		}
	}
}

// FuzzJSONEqualsJSONText holds the scanner to jsontext: in what is JSON, in what
// is read, and in what is said of the rest.
func FuzzJSONEqualsJSONText(f *testing.F) {
	for _, l := range oddLines() {
		f.Add([]byte(l), uint8(0))
		f.Add([]byte(l), uint8(7))
	}
	f.Fuzz(compareJSON)
}

func compareJSON(t *testing.T, line []byte, how uint8) {
	for _, pair := range []struct {
		name           string
		scanner, truth walker
	}{{"strict", NewStrictJSON(), newStrictOracle()}, {"tolerant", NewTolerantJSON(), newTolerantOracle()}} {
		before := slices.Clone(line)
		got, why := walkLine(pair.scanner, line, how)
		want, because := walkLine(pair.truth, line, how)
		if shape := CheckShape(line); shape != "" {
			because = Reason(errors.New(shape), line)
			want = want[:min(len(got), len(want))] // what was read before it was seen
		}
		if why != because {
			t.Errorf("%s: %q: %q, want %q", pair.name, cut(line), why, because)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q reads as\n%s\nwant\n%s", pair.name, cut(line), got, want)
		}
		if !slices.Equal(before, line) {
			t.Errorf("%s: %q was changed", pair.name, cut(line))
		}
	}
}

func cut(l []byte) []byte { return l[:min(len(l), 400)] }
