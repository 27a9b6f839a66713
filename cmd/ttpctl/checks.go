package main

import (
	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
	"ttpctl/internal/report/findings"
)

// runExplain says what a code means.
func runExplain(code string, out outputs, s *streams) error {
	info, ok := engine.LookupCode(code)
	if !ok {
		return cannotRun("ttpctl validate --list-checks", "unknown code %q: codes are TTP001 and so on", code)
	}
	check := findings.NewCheck(info)
	return s.renderAs(out, s.newEnvelope("ttpctl.check/v1", check, nil), func(k *sink) error {
		check.Write(k, k.palette)
		return nil
	})
}

// runListChecks lists the code table.
func runListChecks(out outputs, s *streams) error {
	all := findings.Checks()
	return s.renderAs(out, s.newEnvelope("ttpctl.checks/v1", all, nil), func(k *sink) error {
		for i := range all {
			all[i].WriteLine(k)
		}
		return nil
	})
}

// runSchema prints the JSON Schema of a rule, which is its own format.
func runSchema(out outputs, s *streams) error {
	list, err := out.choose(s, "json", "json")
	if err != nil {
		return err
	}
	return s.render(list, func(k *sink) error {
		_, err := k.Write(engine.JSONSchema(lifters.Params()))
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
