package shell

import "strings"

// translator returns what tr does with its words: maps one set onto another, or deletes one. nil for what it does not know.
func translator(args []string) func(string) string {
	remove, squeeze := false, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		switch args[0] {
		case "-d", "--delete":
			remove = true
		case "-s", "--squeeze-repeats":
			squeeze = true
		case "--":
		default:
			return nil
		}
		args = args[1:]
	}
	switch {
	case squeeze:
		return nil
	case remove && len(args) == 1:
		set := trSet(args[0])
		return func(s string) string { return mapped(s, set, nil) }
	case !remove && len(args) == 2:
		from, to := trSet(args[0]), trSet(args[1])
		if len(from) == 0 || len(to) == 0 {
			return nil
		}
		return func(s string) string { return mapped(s, from, to) }
	}
	return nil
}

// mapped replaces the bytes of from by those of to, whose last one stands for what is missing; without to it removes them.
func mapped(s string, from, to []byte) string {
	var table [256]int16
	for i := range table {
		table[i] = int16(i)
	}
	for i, c := range from {
		switch {
		case len(to) == 0:
			table[c] = -1
		default:
			table[c] = int16(to[min(i, len(to)-1)])
		}
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := table[s[i]]; c >= 0 {
			out = append(out, byte(c))
		}
	}
	return string(out)
}

// trSet spells out a set: ranges, backslash escapes, [:upper:] and its like.
func trSet(s string) []byte {
	for name, letters := range map[string]string{"[:upper:]": "A-Z", "[:lower:]": "a-z", "[:digit:]": "0-9"} {
		s = strings.ReplaceAll(s, name, letters)
	}
	raw, _ := unescape(nil, s, false)
	var set []byte
	for i := 0; i < len(raw); i++ {
		if i+2 < len(raw) && raw[i+1] == '-' && raw[i] <= raw[i+2] {
			for c := int(raw[i]); c <= int(raw[i+2]); c++ {
				set = append(set, byte(c))
			}
			i += 2
			continue
		}
		set = append(set, raw[i])
	}
	return set
}
