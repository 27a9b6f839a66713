package html

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ttpctl/internal/browsertest"
)

// Of script/pictures: the page to take pictures of, and where to put them.
var (
	pictureOf = flag.String("picture-of", "", "page to take pictures of")
	liveAt    = flag.String("picture-server", "", "address of a server whose live page to take a picture of, with the token in PICTURE_TOKEN")
	pictures  = flag.String("pictures", "", "directory for the pictures")
)

// maxPicture is how large a picture in the docs may be, in bytes.
const maxPicture = 300_000

// TestPictures takes the pictures in docs/images; script/pictures runs it.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("takes pictures when script/pictures asks for them")
	}
	b := browsertest.Open(t)
	take := func(name, url string, width, height int64, dark, print bool, before string) {
		t.Helper()
		scheme, media := "light", "screen"
		if dark {
			scheme = "dark"
		}
		if print {
			media = "print"
		}
		var picture []byte
		b.Run(t, emulation.SetDeviceMetricsOverride(width, height, 1, false),
			emulation.SetEmulatedMedia().WithMedia(media).WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
			chromedp.Navigate(url), chromedp.WaitReady("#data", chromedp.ByQuery), chromedp.Evaluate(before, nil, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
			chromedp.ActionFunc(func(ctx context.Context) (err error) {
				picture, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatPng).WithOptimizeForSpeed(false).Do(ctx)
				return err
			}))
		if len(picture) > maxPicture {
			t.Errorf("%s has %d bytes, want at most %d", name, len(picture), maxPicture)
		}
		if err := os.WriteFile(filepath.Join(*pictures, name), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	report := "file://" + *pictureOf
	take("report.png", report, 1280, 1000, false, false, `void 0`)
	take("report-dark.png", report, 1280, 1000, true, false, `document.querySelector("#sessions").scrollIntoView({behavior: "instant"})`)
	take("report-phone.png", report, 390, 844, false, false, `void 0`)
	take("report-print.png", report, 794, 1123, false, true, `void 0`)
	take("report-session.png", report, 1280, 900, false, false, `document.querySelectorAll("#session-table tbody tr")[1].click()`)
	if *liveAt == "" {
		return
	}
	b.Run(t, chromedp.Navigate(*liveAt), chromedp.WaitVisible("#token", chromedp.ByQuery), chromedp.SendKeys("#token", os.Getenv("PICTURE_TOKEN")+"\r", chromedp.ByQuery), chromedp.WaitReady("#hits", chromedp.ByQuery))
	take("report-live.png", *liveAt, 1280, 900, false, false, `new Promise(done => setTimeout(done, 1500))`)
}
