package main

import (
	"ttpctl/internal/report"
)

// newEnvelope returns data in an envelope of the schema, with what the build
// knows. err is what went wrong with the tool.
func (s *streams) newEnvelope(schema string, data any, err error) *report.Envelope {
	return &report.Envelope{Schema: schema, Meta: s.buildMeta(), Data: data, Problems: problems(err)}
}

// buildMeta is what every result says, whatever rules are in force.
func (s *streams) buildMeta() report.Meta {
	return report.Meta{ToolVersion: readBuild().Version, AttackRelease: s.attack().Release()}
}

// renderAs writes e as JSON, or what text writes for people. What has no
// diagnostics has no other format.
func (s *streams) renderAs(out outputs, e *report.Envelope, text func(*sink) error) error {
	list, err := out.choose(s, "table", "table", "json")
	if err != nil {
		return err
	}
	return s.render(list, func(k *sink) error { return e.As(k.format, k, func() error { return text(k) }) })
}
