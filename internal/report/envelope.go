package report

import "github.com/go-json-experiment/json/jsontext"

// Meta is what every JSON result says about the run that made it.
type Meta struct {
	ToolVersion   string
	RulesetHash   string
	StateHash     string
	AttackRelease string // 19.1
}

// appendHead appends the document in which every verb gives its JSON result
// (CLI.md), up to where the value of data begins. A hash that nobody made is
// null.
func appendHead(dst []byte, schema string, m Meta) []byte {
	dst = append(dst, `{"schema":`...)
	dst = appendQuoted(dst, schema)
	dst = append(dst, `,"tool_version":`...)
	dst = appendQuoted(dst, m.ToolVersion)
	dst = append(dst, `,"ruleset_hash":`...)
	dst = appendHash(dst, m.RulesetHash)
	dst = append(dst, `,"state_hash":`...)
	dst = appendHash(dst, m.StateHash)
	dst = append(dst, `,"attack_release":`...)
	dst = appendQuoted(dst, m.AttackRelease)
	return append(dst, `,"data":`...)
}

func appendHash(dst []byte, hash string) []byte {
	if hash == "" {
		return append(dst, "null"...)
	}
	return appendQuoted(dst, hash)
}

// appendFoot appends the document from where the value of data ended. errs
// are failures of the tool, not of its input.
func appendFoot(dst []byte, summary jsontext.Value, errs []string) []byte {
	dst = append(dst, `,"summary":`...)
	dst = append(dst, summary...)
	dst = append(dst, `,"errors":[`...)
	for i, e := range errs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"message":`...)
		dst = append(appendQuoted(dst, e), '}')
	}
	return append(dst, "]}\n"...)
}
