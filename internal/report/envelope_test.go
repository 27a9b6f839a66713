package report

import (
	"strings"
	"testing"
)

var meta = Meta{ToolVersion: "0.1.0", RulesetHash: "aa11", StateHash: "bb22", AttackRelease: "19.1"}

// TestEnvelope holds the pieces of an envelope to the whole of it.
func TestEnvelope(t *testing.T) {
	const full = `{"schema":"ttpctl.tag/v1","tool_version":"0.1.0","ruleset_hash":"aa11","state_hash":"bb22",` +
		`"attack_release":"19.1","data":[],"summary":{},"errors":[{"message":"a.gz: \"data\":0"},{"message":"b","help":"<c>"}]}` + "\n"
	const empty = `{"schema":"ttpctl.tag/v1","tool_version":"","ruleset_hash":null,"state_hash":null,` +
		`"attack_release":"","data":[],"summary":{},"errors":[]}` + "\n"
	tests := []struct {
		meta     Meta
		problems []Problem
		want     string
	}{{meta, []Problem{{Message: `a.gz: "data":0`}, {"b", "<c>"}}, full}, {Meta{}, nil, empty}}
	for _, tt := range tests {
		e := Envelope{Schema: TagSchema, Meta: tt.meta, Data: []int{}, Summary: struct{}{}, Problems: tt.problems}
		head, tail, err := e.Around("")
		if got := head + "[]" + tail; err != nil || got != tt.want {
			t.Errorf("Around of %+v = %s, %v, want %s", e, got, err, tt.want)
		}
		var whole strings.Builder
		if err := e.Write(&whole); err != nil {
			t.Fatal(err)
		}
		head, tail, err = e.Around("  ")
		if got := head + "[]" + tail; err != nil || got != whole.String() {
			t.Errorf("Around of %+v, indented = %s, %v, want %s", e, got, err, whole.String())
		}
	}
}
