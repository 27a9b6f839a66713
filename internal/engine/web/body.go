package web

import "strings"

// body takes a body by its content type or, where that does not say, by what it
// looks like. A body of a kind without parameters is one input.
func (p *Parser) body(body, contentType string) {
	before := len(p.view.Inputs)
	switch kind := strings.ToLower(contentType); {
	case strings.Contains(kind, "multipart/"), boundaryOf(body, "") != "":
		p.multipart(body, boundaryOf(body, contentType))
	case strings.Contains(kind, "json"), startsWith(body, '{', '['):
		p.json(body, "json")
	case strings.Contains(kind, "xml"), startsWith(body, '<'):
		p.add(Body, "", body, percent)
		p.xml(body)
	case strings.Contains(kind, "x-www-form-urlencoded"), looksForm(body):
		p.pairs(strings.TrimRight(body, "\r\n"), '&', plus)
	}
	if len(p.view.Inputs) == before {
		p.add(Body, "", body, plus)
	}
}

func startsWith(s string, first ...byte) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	return s != "" && strings.IndexByte(string(first), s[0]) >= 0
}

// looksForm reports whether body begins with name=, the name one word.
func looksForm(body string) bool {
	i := strings.IndexByte(body, '=')
	return i > 0 && !strings.ContainsAny(body[:i], " \t\r\n<>{}\"'()")
}

// boundaryOf returns the line that parts a multipart body: as the content type
// names it, else the first line when it looks like one. "" = there is none.
func boundaryOf(body, contentType string) string {
	if i := indexFold(contentType, "boundary="); i >= 0 {
		b := contentType[i+len("boundary="):]
		if strings.HasPrefix(b, `"`) {
			b, _, _ = strings.Cut(b[1:], `"`)
		} else {
			b, _, _ = strings.Cut(b, ";")
		}
		if b = strings.TrimSpace(b); b != "" && strings.Contains(body, "--"+b) {
			return "--" + b
		}
	}
	line, rest, ok := strings.Cut(strings.TrimLeft(body, "\r\n"), "\n")
	line = strings.TrimRight(line, "\r")
	if ok && len(line) > 2 && strings.HasPrefix(line, "--") && containsFold(rest[:min(len(rest), 1<<10)], "content-disposition") {
		return line
	}
	return ""
}

// multipart takes the parts of a body: each content under its name, and the
// names that files are sent with.
func (p *Parser) multipart(body, boundary string) {
	if boundary == "" {
		return
	}
	_, rest, _ := strings.Cut(body, boundary)
	for rest != "" && len(p.view.Inputs) < maxInputs {
		var part string
		part, rest, _ = strings.Cut(rest, boundary)
		head, content, ok := cutHead(part)
		if !ok {
			continue
		}
		name, file := parameter(head, "name"), parameter(head, "filename")
		p.add(Name, "", name, percent)
		p.add(Param, "filename", file, percent)
		if n := p.add(Param, name, strings.TrimRight(content, "\r\n"), plain); n >= 0 && file != "" {
			p.view.Inputs[n].text = true
		}
	}
}

// cutHead cuts a part of a multipart body at its first empty line.
func cutHead(part string) (head, content string, ok bool) {
	if head, content, ok = strings.Cut(part, "\r\n\r\n"); ok {
		return head, content, true
	}
	return strings.Cut(part, "\n\n")
}

// parameter returns the value of name= in the headers of a part.
func parameter(head, name string) string {
	for at := 0; ; {
		i := indexFold(head[at:], name+"=")
		if i < 0 {
			return ""
		}
		i += at
		at = i + len(name) + 1
		if i == 0 || strings.IndexByte(" ;\t", head[i-1]) < 0 {
			continue // filename= ends in name=
		}
		v := head[at:]
		if v != "" && (v[0] == '"' || v[0] == '\'') {
			v, _, _ = strings.Cut(v[1:], v[:1])
			return v
		}
		if j := strings.IndexAny(v, ";\r\n"); j >= 0 {
			v = v[:j]
		}
		return v
	}
}

// json takes the strings of a JSON text, members' names as names; name is that
// of strings before the first member. It reads no structure, so that a text
// that is cut or broken still shows its strings.
func (p *Parser) json(body, name string) {
	for i := 0; i < len(body); i++ {
		if body[i] != '"' {
			continue
		}
		end := stringEnd(body, i+1)
		text := body[i+1 : end]
		i = end
		if rest := strings.TrimLeft(body[min(end+1, len(body)):], " \t\r\n"); strings.HasPrefix(rest, ":") {
			name = text
			p.add(Name, "", text, inJSON)
			continue
		}
		p.add(Param, name, text, inJSON)
		if len(p.view.Inputs) >= maxInputs {
			p.view.BytesLeftOut += len(body) - i
			return
		}
	}
}

// xml takes the attributes and the texts of a document, by the names of
// attributes and elements. Like json it reads no structure.
func (p *Parser) xml(body string) {
	name := ""
	for body != "" && len(p.view.Inputs) < maxInputs {
		text, rest, _ := strings.Cut(body, "<")
		if text = strings.TrimSpace(text); text != "" {
			p.add(Param, name, text, inXML)
		}
		tag, after, _ := cutTag(rest)
		body = after
		if strings.HasPrefix(tag, "!") || strings.HasPrefix(tag, "?") {
			continue // declarations are for the body as a whole
		}
		name, rest = cutName(tag)
		for rest != "" && len(p.view.Inputs) < maxInputs {
			var attribute, value string
			attribute, value, rest = cutAttribute(rest)
			p.add(Param, attribute, value, inXML)
		}
	}
	p.view.BytesLeftOut += len(body)
}

// cutTag cuts s behind the > that ends the tag it begins with, quotes heeded.
func cutTag(s string) (tag, rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '>':
			return s[:i], s[i+1:], true
		case '"', '\'':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return s, "", false
			}
			i += 1 + end
		}
	}
	return s, "", false
}

func cutName(s string) (name, rest string) {
	i := strings.IndexAny(s, " \t\r\n/=")
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

// cutAttribute cuts the next name="value" from s; without one all is "".
func cutAttribute(s string) (name, value, rest string) {
	eq := strings.IndexByte(s, '=')
	if eq < 0 {
		return "", "", ""
	}
	name = strings.Trim(s[:eq], " \t\r\n/")
	rest = strings.TrimLeft(s[eq+1:], " \t\r\n")
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return name, "", rest
	}
	value, rest, _ = strings.Cut(rest[1:], rest[:1])
	return name, value, rest
}

// stringEnd returns where the JSON string ends whose first character is at
// start: at its closing quote, or at the end of s.
func stringEnd(s string, start int) int {
	for i := start; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}

func containsFold(s, sub string) bool { return indexFold(s, sub) >= 0 }

// indexFold returns where sub, in lower case, stands in s in any case.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}
