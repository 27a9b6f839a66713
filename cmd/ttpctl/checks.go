package main

import (
	"strings"

	"ttpctl/internal/engine"
)

// jsonCheck is a row of the code table as JSON has it.
type jsonCheck struct {
	Code     engine.Code `json:"code"`
	Severity string      `json:"severity"`
	Title    string      `json:"title"`
	Text     string      `json:"text"`
	Example  string      `json:"example,omitempty"`
}

func toCheck(c engine.CodeInfo) jsonCheck {
	return jsonCheck{c.Code, c.Severity.String(), c.Title, c.Text, c.Example}
}

// runExplain says what a code means.
func runExplain(code string, out outputs, s *streams) error {
	info, ok := engine.LookupCode(code)
	if !ok {
		return cannotRun("ttpctl validate --list-checks", "unknown code %q: codes are TTP001 and so on", code)
	}
	return s.renderAs(out, "ttpctl.check/v1", toCheck(info), func(k *sink) {
		k.printf("%s: %s (%s)\n\n%s\n", k.palette.Bold(string(info.Code)), info.Title, info.Severity, info.Text)
		if info.Example != "" {
			k.printf("\nFor example, this rule has the problem:\n\n%s\n", indent(info.Example))
		}
	})
}

// runListChecks lists the code table.
func runListChecks(out outputs, s *streams) error {
	all := []jsonCheck{}
	for _, c := range engine.Codes() {
		all = append(all, toCheck(c))
	}
	return s.renderAs(out, "ttpctl.checks/v1", all, func(k *sink) {
		for _, c := range all {
			k.printf("%s  %-7s  %s\n", c.Code, c.Severity, c.Title)
		}
	})
}

// runSchema prints the JSON Schema of a rule, which is its own format.
func runSchema(out outputs, s *streams) error {
	list, err := out.choose(s, "json", "json")
	if err != nil {
		return err
	}
	return s.render(list, func(k *sink) error {
		_, err := k.Write(engine.JSONSchema(lifterParams()))
		return err
	})
}

// codeNames returns all codes.
func codeNames() []string {
	var names []string
	for _, c := range engine.Codes() {
		names = append(names, string(c.Code))
	}
	return names
}

// indent sets text off by four spaces.
func indent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = "    " + l
		}
	}
	return strings.Join(lines, "\n")
}
