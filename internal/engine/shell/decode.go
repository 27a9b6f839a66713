package shell

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// decode is the output of the decoders, when they decode what the line holds: their input, or a file that it wrote.
func (p *Parser) decode(name string, args []string, in stream) stream {
	how, file := coder(name, args)
	if how == nil {
		return stream{}
	}
	if file != "" && file != "-" && file != "/dev/stdin" {
		in = p.given(file)
	}
	if in = p.written(in); !in.ok {
		return stream{}
	}
	return p.charge(how(in.body))
}

// given returns what a file operand holds: one that the line wrote, or <(...) of known output.
func (p *Parser) given(name string) stream {
	for _, pr := range p.procs {
		if pr.source == name {
			return pr.out
		}
	}
	out, _ := p.contents(name)
	return out
}

// coder returns what a command does to its input and the file that it reads instead; nil when it encodes, or does something else.
func coder(name string, args []string) (how func(string) string, file string) {
	switch name {
	case "rev":
		if len(args) <= 1 {
			return reversed, strings.Join(args, "")
		}
	case "tr":
		return translator(args), ""
	case "b64decode": // BSD: -r is without the header line
		if on, file, ok := switches(args, "r", "", "rip"); ok && on {
			return fromBase64, file
		}
	case "base64":
		if on, file, ok := switches(args, "dD", "w", "dDiw"); ok && on {
			return fromBase64, file
		}
	case "base32":
		if on, file, ok := switches(args, "dD", "w", "dDiw"); ok && on {
			return fromBase32, file
		}
	case "openssl":
		return opensslCoder(args)
	case "xxd":
		letters := strings.Join(args, "")
		if strings.Contains(letters, "r") && strings.Contains(letters, "p") && only(args, "-r", "-p", "-ps", "-plain", "-revert", "-postscript", "-rp", "-pr", "-") {
			return fromHex, ""
		}
	}
	return nil, ""
}

// switches reads options of a decoder: on says that one of the letters of switchOn was given, or its long form. ok is false for an option that is
// not among all. Letters of values take the next word.
func switches(args []string, switchOn, values, all string) (on bool, file string, ok bool) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--decode":
			on = true
		case a == "--ignore-garbage" || strings.HasPrefix(a, "--wrap=") || a == "--":
		case a == "-" || a == "" || a[0] != '-':
			if file != "" {
				return false, "", false
			}
			file = a
		case a[1] == '-':
			return false, "", false
		default:
			last := byte(0)
			for k := 1; k < len(a) && !strings.Contains(values, string(last)); k++ {
				last = a[k]
				if strings.IndexByte(all, last) < 0 {
					return false, "", false
				}
				on = on || strings.IndexByte(switchOn, last) >= 0
				if strings.IndexByte(values, last) >= 0 {
					if k == len(a)-1 {
						i++
					}
					break
				}
			}
		}
	}
	return on, file, true
}

// opensslCoder is `openssl base64 -d` and `openssl enc -base64 -d`, options in any order.
func opensslCoder(args []string) (how func(string) string, file string) {
	if len(args) == 0 || args[0] != "base64" && args[0] != "enc" {
		return nil, ""
	}
	base, decode := args[0] == "base64", false
	for i := 1; i < len(args); i++ {
		switch args[i] {
		case "-base64", "-a":
			base = true
		case "-d":
			decode = true
		case "-A":
		case "-in":
			if i++; i < len(args) {
				file = args[i]
			}
		default:
			return nil, ""
		}
	}
	if !base || !decode {
		return nil, ""
	}
	return fromBase64, file
}

// only reports whether every argument is one of the words.
func only(args []string, words ...string) bool {
	return !slices.ContainsFunc(args, func(a string) bool { return !slices.Contains(words, a) })
}

// fromBase32 decodes what there is before the padding or the first error.
func fromBase32(s string) string {
	digits := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' || '2' <= r && r <= '7' {
			return r
		}
		return -1
	}, s)
	out := make([]byte, base32.StdEncoding.WithPadding(base32.NoPadding).DecodedLen(len(digits)))
	n, _ := base32.StdEncoding.WithPadding(base32.NoPadding).Decode(out, []byte(digits))
	return string(out[:n])
}

// fromBase64 decodes what there is before the padding or the first error; what is not of the alphabet is skipped.
func fromBase64(s string) string {
	digits := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		if c == '=' {
			break
		}
		if 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' {
			digits = append(digits, c)
		}
	}
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1]
	}
	n, _ := base64.RawStdEncoding.Decode(digits, digits)
	return string(digits[:n])
}

// fromHex decodes pairs of digits, blanks skipped.
func fromHex(s string) string {
	digits := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' {
			digits = append(digits, c)
		}
	}
	n, _ := hex.Decode(digits, digits[:len(digits)&^1])
	return string(digits[:n])
}

// reversed is rev: each line backwards.
func reversed(s string) string {
	out := []byte(s)
	for start := 0; start < len(out); {
		end := start
		for end < len(out) && out[end] != '\n' {
			end++
		}
		slices.Reverse(out[start:end])
		start = end + 1
	}
	return string(out)
}
