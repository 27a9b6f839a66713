package html

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A browser is a headless Chromium that remembers what it complained of.
type browser struct {
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// openBrowser starts the Chromium that TTPCTL_TEST_CHROMIUM names, or one that is
// installed.
func openBrowser(t testing.TB) *browser {
	t.Helper()
	path := os.Getenv("TTPCTL_TEST_CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path == "" {
			path, _ = exec.LookPath(name)
		}
	}
	if path == "" {
		t.Skip("LEFT OUT: there is no Chromium, and TTPCTL_TEST_CHROMIUM names none: what the page does in a browser is NOT TESTED")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{ctx: ctx}
	chromedp.ListenTarget(ctx, b.listen)
	b.run(t, cdplog.Enable(), network.Enable(), runtime.Enable())
	return b
}

// listen notes what no page of ours may cause.
func (b *browser) listen(ev any) {
	note := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, fmt.Sprintf(format, args...))
	}
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		note("exception: %v", ev.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		note("console: %s", ev.Type)
	case *cdplog.EventEntryAdded:
		note("log: %s: %s", ev.Entry.Source, ev.Entry.Text)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(ev.Request.URL, "file:") && !strings.HasPrefix(ev.Request.URL, "http://127.0.0.1:") {
			note("request: %s", ev.Request.URL)
		}
	case *page.EventJavascriptDialogOpening:
		note("dialog: %s", ev.Message)
	}
}

func (b *browser) run(t testing.TB, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// complaints returns what was complained of since it was last called.
func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.problems
	b.problems = nil
	return all
}

// open opens a page and waits for its script, if it has one that runs.
func (b *browser) open(t testing.TB, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, chromedp.Navigate("file://"+path), chromedp.WaitReady("#data", chromedp.ByQuery))
}

// value returns what an expression gives in the page.
func value[T any](t testing.TB, b *browser, expression string) (v T) {
	t.Helper()
	b.run(t, chromedp.Evaluate(expression, &v))
	return v
}

// eventually waits until an expression is true in the page.
func (b *browser) eventually(t testing.TB, expression string) {
	t.Helper()
	for range 200 {
		if value[bool](t, b, expression) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("never true in the page: %s", expression)
}

// survived reports what a page let its texts do.
func (b *browser) survived(t testing.TB) (harm []string) {
	t.Helper()
	if title := value[string](t, b, "document.title"); !strings.HasPrefix(title, "Honeypot report") {
		harm = append(harm, "the title is "+title)
	}
	strange := value[[]string](t, b, `[...document.querySelectorAll("*")].filter(e => ["IMG","IFRAME","OBJECT","EMBED","LINK","FORM","BASE"].includes(e.tagName) ||
		[...e.attributes].some(a => a.name.startsWith("on") || a.name === "style" && e.tagName !== "HTML") || e.tagName === "A" && !/^(https:\/\/attack\.mitre\.org\/|file:)/.test(e.href)).map(e => e.outerHTML.slice(0, 200))`)
	return append(append(harm, strange...), b.complaints()...)
}

func TestBrowserHostile(t *testing.T) {
	b := openBrowser(t)
	for i, text := range append([]string{"uname -a"}, hostile...) {
		b.open(t, written(t, hostilePage(t, []string{text, "uname -a"})))
		b.eventually(t, `document.documentElement.dataset.ready === "yes"`)
		b.eventually(t, `document.querySelectorAll("#session-table tbody tr").length > 0`)
		b.run(t, chromedp.Evaluate(`document.querySelector("#session-table tbody tr").click(); for (const c of document.querySelectorAll(".cell")) c.click(); for (const h of document.querySelectorAll("#attacker-table button.sort")) h.click(); for (const h of document.querySelectorAll(".copy, #copy-all")) h.click()`, nil))
		b.run(t, chromedp.Evaluate(fmt.Sprintf(`for (const id of ["attacker-search", "session-search"]) { const s = document.getElementById(id); s.value = %q; s.dispatchEvent(new Event("input")); }`, "<img"), nil))
		if harm := b.survived(t); len(harm) > 0 {
			t.Errorf("text %d: %.600s", i, strings.Join(harm, "\n"))
		}
	}
}

// The checks of TestBrowserHostile find what they look for: on pages that were
// broken on purpose something is wrong, whichever way they were broken.
func TestBrowserFindsHarm(t *testing.T) {
	b := openBrowser(t)
	whole := written(t, hostilePage(t, []string{"uname -a"}))
	loose := strings.Replace(whole, `http-equiv="Content-Security-Policy"`, `name="none"`, 1)
	for name, broken := range map[string]string{
		"a script that the policy stops":    strings.Replace(whole, "</main>", `<script>document.title='pwned'</script></main>`, 1),
		"a script that no policy stops":     strings.Replace(loose, "</main>", `<script>document.title='pwned'</script></main>`, 1),
		"an image":                          strings.Replace(whole, "</main>", `<img src=x onerror="document.title='pwned'"></main>`, 1),
		"an attribute with a handler":       strings.Replace(loose, "<main ", `<main onclick="document.title='pwned'" `, 1),
		"a link to elsewhere":               strings.Replace(whole, "</main>", `<a href="javascript:document.title='pwned'">x</a></main>`, 1),
		"a script that is not the page's":   strings.Replace(whole, `"use strict";`, `"use strict"; `, 1),
		"markup made of an attacker's text": strings.Replace(loose, `if (text !== undefined) e.textContent = text;`, `if (text !== undefined) e.innerHTML = "<img src=x onerror=1>";`, 1),
	} {
		b.open(t, broken)
		time.Sleep(300 * time.Millisecond) // what the browser complains of comes by itself
		if harm := b.survived(t); len(harm) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
}

func TestBrowserWorks(t *testing.T) {
	b := openBrowser(t)
	p := hostilePage(t, []string{"b second", "a first", "c third"})
	p.Dossier.Attackers[0].Tags = 99
	begin := time.Now()
	b.open(t, written(t, p))
	b.eventually(t, `document.documentElement.dataset.ready === "yes"`)
	t.Logf("the page opened in %v", time.Since(begin))

	first := func() string {
		return value[string](t, b, `document.querySelector("#attacker-table tbody code").textContent`)
	}
	click := func(i int) {
		b.run(t, chromedp.Evaluate(fmt.Sprintf(`document.querySelectorAll("#attacker-table button.sort")[%d].click()`, i), nil))
	}
	click(0)
	up := first()
	click(0)
	if down := first(); up != "a first" || down != "c third" {
		t.Errorf("sorted by name the first is %q, and the other way %q, want a first and c third", up, down)
	}
	if sort := value[string](t, b, `document.querySelector("#attacker-table th").getAttribute("aria-sort")`); sort != "descending" {
		t.Errorf("aria-sort = %q, want descending", sort)
	}
	b.run(t, chromedp.SendKeys("#attacker-search", "SECOND", chromedp.ByQuery))
	b.eventually(t, `document.querySelectorAll("#attacker-table tbody tr").length === 1`)
	if got := first(); got != "b second" {
		t.Errorf("the search for SECOND finds %q, want b second", got)
	}

	b.run(t, chromedp.Evaluate(`document.querySelector("#session-table tbody button").click()`, nil))
	b.eventually(t, `document.querySelector("#session-panel.open ol li.command code") !== null`)
	if text := value[string](t, b, `document.querySelector("#session-panel").textContent`); !strings.Contains(text, "; wget 'http://192.0.2.200/") || !strings.Contains(text, "T1082") {
		t.Errorf("the session shows %q, want its command and technique", text)
	}
	b.run(t, chromedp.KeyEvent("\u001b"))
	b.eventually(t, `document.querySelector(".panel.open") === null`)
	b.run(t, chromedp.Evaluate(`[...document.querySelectorAll(".cell")].find(c => c.textContent.includes("T1082")).click()`, nil))
	b.eventually(t, `document.querySelector(".panel.open a[href='https://attack.mitre.org/techniques/T1082/#mitigations'], .panel.open a[href='https://attack.mitre.org/techniques/T1082#mitigations']") !== null`)
	if harm := b.survived(t); len(harm) > 0 {
		t.Errorf("%s", strings.Join(harm, "\n"))
	}
}

func TestBrowserPrints(t *testing.T) {
	b := openBrowser(t)
	b.open(t, written(t, hostilePage(t, hostile[:4])))
	b.run(t, chromedp.ActionFunc(func(ctx context.Context) error {
		pdf, _, err := page.PrintToPDF().WithPrintBackground(true).Do(ctx)
		if err == nil && (!strings.HasPrefix(string(pdf), "%PDF-") || len(pdf) < 10_000) {
			t.Errorf("printed %d bytes that begin with %.8q, want a PDF", len(pdf), pdf)
		}
		return err
	}))
}

// Nothing but the list of tactics and wide tables may be wider than a phone.
func TestBrowserPhone(t *testing.T) {
	b := openBrowser(t)
	b.run(t, emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	b.open(t, written(t, hostilePage(t, []string{"uname -a", strings.Repeat("W", 4000)})))
	if w := value[int](t, b, "document.documentElement.scrollWidth"); w > 390 {
		t.Errorf("the page is %d wide on a phone of 390", w)
	}
}
