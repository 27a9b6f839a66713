package report

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

var meta = Meta{ToolVersion: "0.1.0", RulesetHash: "aa11", StateHash: "bb22", AttackRelease: "19.1"}

func TestAppendEnvelope(t *testing.T) {
	got := string(AppendEnvelope(nil, "ttpctl.validate/v1", meta, jsontext.Value(`[1]`), jsontext.Value(`{"n":1}`)))
	const want = `{"schema":"ttpctl.validate/v1","tool_version":"0.1.0","ruleset_hash":"aa11","state_hash":"bb22",` +
		`"attack_release":"19.1","data":[1],"summary":{"n":1}}` + "\n"
	if got != want {
		t.Errorf("AppendEnvelope() = %s, want %s", got, want)
	}
}
