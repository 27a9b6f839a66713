package matrix

import "testing"

func TestParseReasons(t *testing.T) {
	got, err := parseReasons("# comment\nwire\tin traffic\n\nT1001\twire\thow it is dressed\n")
	if want := (Reason{"wire", "in traffic", "how it is dressed"}); err != nil || len(got) != 1 || got["T1001"] != want {
		t.Errorf("parseReasons = %v, %v, want T1001 for %v", got, err, want)
	}
	for _, text := range []string{
		"T1001\twire\tno such class\n",
		"wire\tin traffic\nwire\tagain\n",
		"wire\tin traffic\nT1001\twire\ta\nT1001\twire\tb\n",
		"wire\tin traffic\nT1001\twire\t\n",
		"wire\n",
	} {
		if got, err := parseReasons(text); err == nil {
			t.Errorf("parseReasons(%q) = %v, want an error", text, got)
		}
	}
}
