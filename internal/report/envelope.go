package report

import "github.com/go-json-experiment/json/jsontext"

// Meta is what every JSON result says about the run that made it.
type Meta struct {
	ToolVersion   string
	RulesetHash   string
	StateHash     string
	AttackRelease string // 19.1
}

// AppendEnvelope appends the JSON document in which every verb gives its
// result: `{"schema":...,"data":...,"summary":...}` and a line end. data and
// summary are JSON values.
func AppendEnvelope(dst []byte, schema string, m Meta, data, summary jsontext.Value) []byte {
	dst = appendHead(dst, schema, m)
	dst = append(dst, data...)
	return appendFoot(dst, summary)
}

// appendHead appends the document up to where the value of data begins.
func appendHead(dst []byte, schema string, m Meta) []byte {
	dst = append(dst, `{"schema":`...)
	dst = appendQuoted(dst, schema)
	for _, member := range [...]struct{ name, value string }{
		{"tool_version", m.ToolVersion},
		{"ruleset_hash", m.RulesetHash},
		{"state_hash", m.StateHash},
		{"attack_release", m.AttackRelease},
	} {
		dst = append(dst, `,"`...)
		dst = append(dst, member.name...)
		dst = append(dst, `":`...)
		dst = appendQuoted(dst, member.value)
	}
	return append(dst, `,"data":`...)
}

// appendFoot appends the document from where the value of data ended.
func appendFoot(dst []byte, summary jsontext.Value) []byte {
	dst = append(dst, `,"summary":`...)
	dst = append(dst, summary...)
	return append(dst, "}\n"...)
}
