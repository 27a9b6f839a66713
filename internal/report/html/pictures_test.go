package html

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"ttpctl/internal/browsertest"
)

// Of script/pictures: the page to take pictures of, and where to put them.
var (
	pictureOf = flag.String("picture-of", "", "page to take pictures of")
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
	take := func(name string, width, height int64, dark, print bool, before string) {
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
			chromedp.Navigate("file://"+*pictureOf), chromedp.WaitReady("#data", chromedp.ByQuery), chromedp.Evaluate(before, nil),
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
	take("report.png", 1280, 1000, false, false, `void 0`)
	take("report-dark.png", 1280, 1000, true, false, `document.querySelector("#sessions").scrollIntoView({behavior: "instant"})`)
	take("report-phone.png", 390, 844, false, false, `void 0`)
	take("report-print.png", 794, 1123, false, true, `void 0`)
	take("report-session.png", 1280, 900, false, false, `document.querySelectorAll("#session-table tbody tr")[1].click()`)
}
