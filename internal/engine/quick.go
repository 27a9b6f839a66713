package engine

import "bytes"

// parse reads a rule file. Of the shipped pack, whose files a test holds to what is
// taken for granted here, a quick Compile leaves out the examples: they are half of
// all values.
func (c *compiler) parse(src Source) (*ParsedRule, Diagnostics) {
	if !c.cfg.Quick || !c.cfg.Pack {
		return Parse(src)
	}
	short := src
	short.Data = withoutExamples(src.Data)
	p, diags := Parse(short)
	if p != nil {
		p.Source, p.Hash = src, src.Hash()
	}
	return p, diags
}

// withoutExamples returns a rule file with nothing on the lines of its examples, so
// that all else keeps its place.
func withoutExamples(data []byte) []byte {
	const head = "\nexamples:"
	begin := bytes.Index(data, []byte(head)) + 1
	if begin == 0 {
		return data
	}
	end := begin + len(head) - 1
	for end < len(data) && !(data[end-1] == '\n' && opensKey(data[end])) {
		end++
	}
	out := append([]byte(nil), data[:begin]...)
	if end < len(data) {
		out = append(out, bytes.Repeat([]byte{'\n'}, bytes.Count(data[begin:end], []byte{'\n'}))...)
	}
	return append(out, data[end:]...)
}

// opensKey reports whether a line that begins with c begins a key of the rule.
func opensKey(c byte) bool { return c >= 'a' && c <= 'z' }
