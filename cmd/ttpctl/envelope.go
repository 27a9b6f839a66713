package main

import (
	"ttpctl/internal/report"
)

// newEnvelope returns an envelope of the schema with what the build knows. err
// is what went wrong with the tool.
func (s *streams) newEnvelope(schema string, err error) *report.Envelope {
	return &report.Envelope{Schema: schema, Meta: s.buildMeta(), Problems: problems(err)}
}

// buildMeta is what every result says, whatever rules are in force.
func (s *streams) buildMeta() report.Meta {
	return report.Meta{ToolVersion: readBuild().Version, AttackRelease: s.attack().Release()}
}

// renderAs writes data in an envelope, or for people as table does. What has
// no diagnostics has no other format.
func (s *streams) renderAs(out outputs, schema string, data any, table func(*sink)) error {
	list, err := out.choose(s, "table", "table", "json")
	if err != nil {
		return err
	}
	return s.render(list, func(k *sink) error {
		if k.format == "table" {
			table(k)
			return nil
		}
		e := s.newEnvelope(schema, nil)
		e.Data = data
		return e.Write(k)
	})
}
