// Package corpus holds the seed corpora: labelled rows for every rule of the
// shipped pack, embedded so that precision works with nothing but the binary. The
// files are packed into seeds.zst by `go generate ./testdata/corpus` after a change:
// plain, they would be 1.8 MB of the binary, and are a tenth of that.
//
// The rows are ours, with addresses and names that are kept for documentation
// (RFC 5737, RFC 3849, RFC 2606). Each rule has at least eight rows that it
// should fire on, and each cohort at least as many that nothing should fire on,
// near misses above all: a row is worth having when a careless pattern would
// get it wrong. A label begins with the rule that the row was written for; the
// labels are exact, so that a rule that is wrong about one row is a defect of
// the rule or of the row.
//
// For example, seed_commands.jsonl holds
//
//	{"label":"r0019_not_whois_example_com","source_kind":"command",
//	 "payload":{"command_text":"whois example.com"},"expected_rule_ids":[]}
package corpus

import (
	_ "embed"
	"sync"

	"ttpctl/internal/packed"
)

//go:generate go run ttpctl/internal/packed/gen -o seeds.zst seed_*.jsonl crossfire.txt
//go:embed seeds.zst
var archive []byte

// Files holds seed_<cohort>.jsonl, and crossfire.txt, the pairs of rules that may fire
// together.
var Files = sync.OnceValue(func() *packed.Files { return packed.Open(archive) })
