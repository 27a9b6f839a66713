package html

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"ttpctl/internal/browsertest"
)

// openPage opens a page and waits for its script, if it has one that runs.
func openPage(t testing.TB, b *browsertest.Browser, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Run(t, chromedp.Navigate("file://"+path), chromedp.WaitReady("#data", chromedp.ByQuery))
}

// survived reports what a page let its texts do.
func survived(t testing.TB, b *browsertest.Browser) (harm []string) {
	t.Helper()
	if title := browsertest.Value[string](t, b, "document.title"); !strings.HasPrefix(title, "Honeypot report") {
		harm = append(harm, "the title is "+title)
	}
	strange := browsertest.Value[[]string](t, b, `[...document.querySelectorAll("*")].filter(e => ["IMG","IFRAME","OBJECT","EMBED","LINK","FORM","BASE"].includes(e.tagName) ||
		[...e.attributes].some(a => a.name.startsWith("on") || a.name === "style" && e.tagName !== "HTML") || e.tagName === "A" && !/^(https:\/\/attack\.mitre\.org\/|file:)/.test(e.href)).map(e => e.outerHTML.slice(0, 200))`)
	return append(append(harm, strange...), b.Complaints()...)
}

func TestBrowserHostile(t *testing.T) {
	b := browsertest.Open(t)
	for i, text := range append([]string{"uname -a"}, hostile...) {
		openPage(t, b, written(t, hostilePage(t, []string{text, "uname -a"})))
		b.Eventually(t, `document.documentElement.dataset.ready === "yes"`)
		b.Eventually(t, `document.querySelectorAll("#session-table tbody tr").length > 0`)
		b.Run(t, chromedp.Evaluate(`document.querySelector("#session-table tbody tr").click(); for (const c of document.querySelectorAll(".cell")) c.click(); for (const h of document.querySelectorAll("#attacker-table button.sort")) h.click(); for (const h of document.querySelectorAll(".copy, #copy-all")) h.click()`, nil))
		b.Run(t, chromedp.Evaluate(fmt.Sprintf(`for (const id of ["attacker-search", "session-search"]) { const s = document.getElementById(id); s.value = %q; s.dispatchEvent(new Event("input")); }`, "<img"), nil))
		if harm := survived(t, b); len(harm) > 0 {
			t.Errorf("text %d: %.600s", i, strings.Join(harm, "\n"))
		}
	}
}

// The checks of TestBrowserHostile find what they look for: on pages that were
// broken on purpose something is wrong, whichever way they were broken.
func TestBrowserFindsHarm(t *testing.T) {
	b := browsertest.Open(t)
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
		openPage(t, b, broken)
		time.Sleep(300 * time.Millisecond) // what the browser complains of comes by itself
		if harm := survived(t, b); len(harm) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
}

func TestBrowserWorks(t *testing.T) {
	b := browsertest.Open(t)
	p := hostilePage(t, []string{"b second", "a first", "c third"})
	p.Dossier.Attackers[0].Tags = 99
	begin := time.Now()
	openPage(t, b, written(t, p))
	b.Eventually(t, `document.documentElement.dataset.ready === "yes"`)
	t.Logf("the page opened in %v", time.Since(begin))

	first := func() string {
		return browsertest.Value[string](t, b, `document.querySelector("#attacker-table tbody code").textContent`)
	}
	click := func(i int) {
		b.Run(t, chromedp.Evaluate(fmt.Sprintf(`document.querySelectorAll("#attacker-table button.sort")[%d].click()`, i), nil))
	}
	click(0)
	up := first()
	click(0)
	if down := first(); up != "a first" || down != "c third" {
		t.Errorf("sorted by name the first is %q, and the other way %q, want a first and c third", up, down)
	}
	if sort := browsertest.Value[string](t, b, `document.querySelector("#attacker-table th").getAttribute("aria-sort")`); sort != "descending" {
		t.Errorf("aria-sort = %q, want descending", sort)
	}
	b.Run(t, chromedp.SendKeys("#attacker-search", "SECOND", chromedp.ByQuery))
	b.Eventually(t, `document.querySelectorAll("#attacker-table tbody tr").length === 1`)
	if got := first(); got != "b second" {
		t.Errorf("the search for SECOND finds %q, want b second", got)
	}

	b.Run(t, chromedp.Evaluate(`document.querySelector("#session-table tbody button").click()`, nil))
	b.Eventually(t, `document.querySelector("#session-panel.open ol li.command code") !== null`)
	if text := browsertest.Value[string](t, b, `document.querySelector("#session-panel").textContent`); !strings.Contains(text, "; wget 'http://192.0.2.200/") || !strings.Contains(text, "T1082") {
		t.Errorf("the session shows %q, want its command and technique", text)
	}
	b.Run(t, chromedp.KeyEvent("\u001b"))
	b.Eventually(t, `document.querySelector(".panel.open") === null`)
	b.Run(t, chromedp.Evaluate(`[...document.querySelectorAll(".cell")].find(c => c.textContent.includes("T1082")).click()`, nil))
	b.Eventually(t, `document.querySelector(".panel.open a[href='https://attack.mitre.org/techniques/T1082/#mitigations'], .panel.open a[href='https://attack.mitre.org/techniques/T1082#mitigations']") !== null`)
	if harm := survived(t, b); len(harm) > 0 {
		t.Errorf("%s", strings.Join(harm, "\n"))
	}
}

func TestBrowserPrints(t *testing.T) {
	b := browsertest.Open(t)
	openPage(t, b, written(t, hostilePage(t, hostile[:4])))
	b.Run(t, chromedp.ActionFunc(func(ctx context.Context) error {
		pdf, _, err := page.PrintToPDF().WithPrintBackground(true).Do(ctx)
		if err == nil && (!strings.HasPrefix(string(pdf), "%PDF-") || len(pdf) < 10_000) {
			t.Errorf("printed %d bytes that begin with %.8q, want a PDF", len(pdf), pdf)
		}
		return err
	}))
}

// Nothing but the list of tactics and wide tables may be wider than a phone.
func TestBrowserPhone(t *testing.T) {
	b := browsertest.Open(t)
	b.Run(t, emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	openPage(t, b, written(t, hostilePage(t, []string{"uname -a", strings.Repeat("W", 4000)})))
	if w := browsertest.Value[int](t, b, "document.documentElement.scrollWidth"); w > 390 {
		t.Errorf("the page is %d wide on a phone of 390", w)
	}
}
