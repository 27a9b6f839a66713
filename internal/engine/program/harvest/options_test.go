package main

import (
	"strings"
	"testing"
)

// line sets text as a manual does: **bold**, _italic_.
func set(text string) line {
	var l line
	var b strings.Builder
	f := plain
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "**"):
			f, i = bold-f, i+1
		case text[i] == '_':
			f = italic - f
		default:
			b.WriteByte(text[i])
			l.fonts = append(l.fonts, f)
		}
	}
	l.text = b.String()
	return l
}

func TestReadTag(t *testing.T) {
	tests := []struct{ text, want string }{
		{"    **-q**, **--quiet**", "-q,--quiet"},
		{"    **-o**, **--output**=_FILE_", "-o,--output=FILE"},
		{"    **--rsh**=_COMMAND_, **-e**", "--rsh,-e=COMMAND"},
		{"    **-F**, **--classify**[=_WHEN_]", "-F --classify[=WHEN]"},
		{"    **-i**[_SUFFIX_]", "-i[=SUFFIX]"},
		{"    **-D** [_addr_:]_port_  listens", "-D=ADDR:PORT"},
		{"    **-I**_dir_", "-I=DIR"},
		{"    **-n** _num_ prints", "-n=NUM"},
		{"    **-a** shows all files", "-a"},
		{"    -c CMD  run it", "-c=CMD"},
		{"    -s STR,--set STR", "-s,--set=STR"},
		{"    **--detach**[=_true|false_]", "--detach"},
		{"    -g hop1[,hop2] (loose)", "-g=HOP1HOP2"},
		{"    **-d**, **--delay** = _SECS_", "-d,--delay=SECS"},
		{"    **-w**, **--width** [ = _COLUMNS_ ]", "-w --width[=COLUMNS]"},
		{"    **-u**, **-U** _NUM_, **--unified**[=_NUM_]", "-u -U=NUM --unified[=NUM]"},
		{"    **-CAfile** _file_, **-no-CAfile**, **-CApath** _dir_", "-CAfile=FILE -no-CAfile -CApath=DIR"},
		{"    a word", ""},
		{"    --", ""},
	}
	for _, test := range tests {
		found, _ := readTag(set(test.text))
		var got []string
		for _, o := range found {
			got = append(got, o.String())
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("readTag(%q) = %q, want %q", test.text, s, test.want)
		}
	}
}

func TestReadOptions(t *testing.T) {
	page := []string{
		"SYNOPSIS", "    -z FILE", "",
		"OPTIONS", "    **-o** _file_", "    **--output**=_file_", "        Writes to it, and not to", "        -x of the terminal.", "",
		"    **-o** _again_", "",
		"EXAMPLES", "    -y",
	}
	var lines []line
	for _, text := range page {
		lines = append(lines, set(text))
	}
	got := readOptions(lines)
	if len(got) != 1 || got[0].String() != "-o,--output=FILE" {
		t.Errorf("readOptions = %v, want -o,--output=FILE alone: what stands in a sentence, a synopsis or an example introduces nothing", got)
	}
}

func TestOverstruck(t *testing.T) {
	l := overstruck("-\b-o\bo _\bf_\b_")
	if l.text != "-o f_" || l.fonts[0] != bold || l.fonts[2] != plain || l.fonts[3] != italic {
		t.Errorf("overstruck = %q %v", l.text, l.fonts)
	}
}
