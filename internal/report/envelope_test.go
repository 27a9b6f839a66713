package report

import "testing"

var meta = Meta{ToolVersion: "0.1.0", RulesetHash: "aa11", StateHash: "bb22", AttackRelease: "19.1"}

func TestEnvelope(t *testing.T) {
	const full = `{"schema":"ttpctl.tag/v1","tool_version":"0.1.0","ruleset_hash":"aa11","state_hash":"bb22",` +
		`"attack_release":"19.1","data":[],"summary":{},"errors":[{"message":"a.gz: \"cut\""},{"message":"b"}]}` + "\n"
	const empty = `{"schema":"ttpctl.tag/v1","tool_version":"","ruleset_hash":null,"state_hash":null,` +
		`"attack_release":"","data":[],"summary":{},"errors":[]}` + "\n"
	tests := []struct {
		meta Meta
		errs []string
		want string
	}{{meta, []string{`a.gz: "cut"`, "b"}, full}, {Meta{}, nil, empty}}
	for _, tt := range tests {
		got := string(appendFoot(append(appendHead(nil, TagSchema, tt.meta), "[]"...), []byte("{}"), tt.errs))
		if got != tt.want {
			t.Errorf("envelope of %+v, %q = %s, want %s", tt.meta, tt.errs, got, tt.want)
		}
	}
}
