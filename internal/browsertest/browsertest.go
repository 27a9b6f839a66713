// Package browsertest drives a headless Chromium, for the tests of pages.
//
// For example:
//
//	b := browsertest.Open(t)
//	b.Run(t, chromedp.Navigate(url))
//	b.Eventually(t, `document.title === "Report"`)
//	if all := b.Complaints(); len(all) > 0 { t.Error(all) }
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
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

// A Browser is a headless Chromium that remembers what it complained of. It belongs
// to one test.
type Browser struct {
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// Open starts the Chromium that TTPCTL_TEST_CHROMIUM names, or one that is
// installed.
func Open(t testing.TB) *Browser {
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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(profile(t)), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return newBrowser(t, ctx)
}

// profile returns a directory for what a browser writes. Processes of it outlive the one
// that is waited for, and still write while the directory is removed.
func profile(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "browsertest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 100 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Logf("%s stays: %v", dir, err)
	})
	return dir
}

func newBrowser(t testing.TB, ctx context.Context) *Browser {
	t.Helper()
	b := &Browser{ctx: ctx}
	chromedp.ListenTarget(ctx, b.listen)
	// A tab behind another one counts as seen.
	b.Run(t, cdplog.Enable(), network.Enable(), runtime.Enable(), emulation.SetFocusEmulationEnabled(true))
	return b
}

// Tab opens another tab of the same browser.
func (b *Browser) Tab(t testing.TB) *Browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	return newBrowser(t, ctx)
}

// ours are the addresses that pages may ask: files, and servers of tests.
var ours = regexp.MustCompile(`^(file:|http://(127\.0\.0\.1|localhost):)`)

// listen notes what no page of ours may cause.
func (b *Browser) listen(ev any) {
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
		if !ours.MatchString(ev.Request.URL) {
			note("request: %s", ev.Request.URL)
		}
	case *page.EventJavascriptDialogOpening:
		note("dialog: %s", ev.Message)
	}
}

// Run has the browser do something.
func (b *Browser) Run(t testing.TB, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// Complaints returns what was complained of since it was last called.
func (b *Browser) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.problems
	b.problems = nil
	return all
}

// Value returns what an expression gives in the page.
func Value[T any](t testing.TB, b *Browser, expression string) (v T) {
	t.Helper()
	b.Run(t, chromedp.Evaluate(expression, &v))
	return v
}

// patience is how long the page is given: on a busy machine a live report rests for twenty
// times as long as it took.
const patience = 2 * time.Minute

// Eventually waits until an expression is true in the page.
func (b *Browser) Eventually(t testing.TB, expression string) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; {
		if Value[bool](t, b, expression) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("never true in the page: %s", expression)
}
