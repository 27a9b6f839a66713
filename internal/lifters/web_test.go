package lifters

import "testing"

func TestCalls(t *testing.T) {
	functions := map[string]bool{"exec": true, "date_add": true}
	for _, tt := range []struct {
		text    string
		leading bool
		want    string
	}{
		{"exec(1)", false, "exec"},
		{"a;EXEC (1)", false, "exec"},
		{"exec # x\n (1)", false, "exec"},
		{"exec//x\n(1)", false, "exec"},
		{"exec /* ( */ (1)", false, "exec"},
		{"x.exec(1)", false, ""},
		{"$exec(1)", false, ""},
		{"execute(1)", false, ""},
		{"exec", false, ""},
		{"what exec(1) does", true, ""},
		{"' 1, date_add(", true, "date_add"},
		{"(((", false, ""},
		{"exec() in manuals", true, ""},
		{"exec() -- ", true, "exec"},
		{"exec()", true, "exec"},
		{"exec() in 1", true, "exec"},
		{"exec (band)", true, ""},
		{"exec (2014) movie", true, ""},
		{"exec (5)", true, "exec"},
		{"exec (band", true, "exec"},
		{"exec (band)", false, "exec"},
	} {
		if got, _ := calls(tt.text, tt.leading, functions); got != tt.want {
			t.Errorf("calls(%q, leading %v) = %q, want %q", tt.text, tt.leading, got, tt.want)
		}
	}
}

func TestSteps(t *testing.T) {
	for _, tt := range []struct {
		text string
		up   int
		path string
	}{
		{"../../etc/passwd", 2, "etc/passwd"},
		{`..\..\Windows\win.ini`, 2, "windows/win.ini"},
		{"....//....//etc/passwd", 2, "etc/passwd"},
		{"/a/..;/b", 1, "a/b"},
		{"file=../../x?y", 2, "x"},
		{"/etc/passwd\x00.png", 0, "etc/passwd"},
		{"/a/./b//c", 0, "a/b/c"},
		{"a..b", 0, "a..b"},
	} {
		if up, path := steps(tt.text); up != tt.up || path != tt.path {
			t.Errorf("steps(%q) = %d, %q, want %d, %q", tt.text, up, path, tt.up, tt.path)
		}
	}
}

// TestStyles: markup with a look of its own runs nothing.
func TestStyles(t *testing.T) {
	for text, want := range map[string]bool{
		`<p style="text-align:center">x</p>`:          false,
		`<svg xmlns="http://www.w3.org/2000/svg"/>`:   false,
		`<svg onload=alert(1)>`:                       true,
		`"><script>alert(1)</script>`:                 true,
		`<p style="x" onclick="alert(1)">`:            true,
		`<iframe src="javascript:alert(1)"></iframe>`: true,
	} {
		if got := runsScript(text); got != want {
			t.Errorf("runsScript(%q) = %v, want %v", text, got, want)
		}
	}
}
