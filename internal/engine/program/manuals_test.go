package program

import "testing"

// TestManuals holds lines whose effects were read off manuals, family by family, before anybody looked at what the analyser makes of them.
func TestManuals(t *testing.T) {
	checkEffects(t, "", []effectTest{
		{"wget -q -O - -U 'x' http://192.0.2.1/a", "wget: fetches http://192.0.2.1/a to=-, connects 192.0.2.1:80"},
	})
}
