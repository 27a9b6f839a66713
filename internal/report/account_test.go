package report

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func sampleAccount() *Account {
	return &Account{
		Files: 12, Bytes: 123_456_789, Lines: 34_775, Direct: 5058, Absorbed: 2000,
		Ignored: map[string]int64{
			"cowrie.session.connect": 20_000, "cowrie.session.closed": 7700, "a": 2, "b": 2, "c": 2, "d": 2, "e": 2, "f": 2,
		},
		Rejected: 3, Blank: 1, Reasons: []string{"a.json:12: not a JSON object", "b.json:3: \x1b[31m"},
		Events: 5158, Derived: 100, Filtered: 7, Unhandled: map[string]int64{"session": 40, "auth_attempt": 100},
		Tags: 1875, FilteredOut: 20, BelowFloor: 3, Panics: 1, Forgotten: 4,
		Rules: 11, Disabled: []string{"R0001", "R0002"}, Clipped: []string{"R0005"},
		Errors: []string{"c.json.gz: truncated gzip"}, Interrupted: true,
	}
}

func TestAccountText(t *testing.T) {
	tests := []struct {
		name string
		acc  *Account
		meta Meta
		want string
	}{
		{"full", sampleAccount(), meta, `
read      12 files, 34,775 lines, 123.5 MB
lines     34,775 = 5,058 direct + 2,000 absorbed + 27,712 ignored + 3 rejected + 1 blank + 1 unaccounted for
ignored   cowrie.session.connect 20,000, cowrie.session.closed 7,700, a 2, b 2, c 2, d 2 and 2 more (4)
rejected  a.json:12: not a JSON object
          b.json:3: \x1b[31m
          and 1 more
events    5,158 = 5,058 direct + 100 derived, 7 outside the time range
unhandled auth_attempt 100, session 40 (no rule in force reads them)
sequences 4 sessions forgotten early (more at once than are remembered)
tags      1,875, 20 left out by the filters, 3 dropped below the confidence floor
rules     11, 2 disabled (R0001, R0002), 1 clipped (R0005), broke on 1 event (a defect: please report it)
ruleset   aa11
state     bb22
ATT&CK    19.1
error     c.json.gz: truncated gzip
stopped   interrupted: the input was not read to its end
`},
		{"plain", &Account{Files: 1, Bytes: 423, Lines: 1, Direct: 1, Events: 1, Tags: 2, Rules: 1}, Meta{}, `
read      1 file, 1 line, 423 bytes
lines     1 = 1 direct
events    1
tags      2
rules     1
`},
		{"empty", &Account{}, Meta{}, `
read      0 files, 0 lines, 0 bytes
lines     0
events    0
tags      0
rules     0
`},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		if err := tt.acc.WriteText(&b, tt.meta); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want[1:], b.String()); diff != "" {
			t.Errorf("%s: WriteText() (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestAccountJSON(t *testing.T) {
	const empty = `{"files":0,"bytes":0,"lines":0,"direct":0,"absorbed":0,"ignored":{},"rejected":0,"blank":0,"rejections":[],` +
		`"events":0,"derived":0,"filtered":0,"unhandled":{},"tags":0,"filtered_out":0,"below_floor":0,"panics":0,"commands_cut_short":0,` +
		`"rules":0,"disabled":[],"clipped":[],"interrupted":false}`
	for _, acc := range []*Account{nil, {}} {
		if got := string(acc.JSON()); got != empty {
			t.Errorf("%v.JSON() = %s, want %s", acc, got, empty)
		}
	}
	var back Account
	if err := json.Unmarshal(sampleAccount().JSON(), &back); err != nil {
		t.Fatal(err)
	}
	back.Errors = sampleAccount().Errors // not in the summary
	if diff := cmp.Diff(sampleAccount(), &back); diff != "" {
		t.Errorf("account that went through JSON (-want +got):\n%s", diff)
	}
	for range 20 {
		if a, b := string(sampleAccount().JSON()), string(sampleAccount().JSON()); a != b {
			t.Fatalf("JSON() = %s, then %s", a, b)
		}
	}
}

func TestAccountJSONMergesNames(t *testing.T) {
	acc := &Account{Ignored: map[string]int64{"\xff": 1, "\xfe": 2, "\uFFFD": 4}}
	var back Account
	if err := json.Unmarshal(acc.JSON(), &back); err != nil {
		t.Fatal(err)
	}
	if want := map[string]int64{"\uFFFD": 7}; !cmp.Equal(back.Ignored, want) {
		t.Errorf("ignored = %v, want %v", back.Ignored, want)
	}
	if len(acc.Ignored) != 3 {
		t.Errorf("JSON() changed the account: %v", acc.Ignored)
	}
}
