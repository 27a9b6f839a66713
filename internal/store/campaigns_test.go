package store

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// A refrain is a file that says the same again and again.
type refrain struct{ unit, rest string }

func (e *refrain) Read(p []byte) (int, error) {
	if e.rest == "" {
		e.rest = strings.Repeat(e.unit, 1000)
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestReadCampaignsBounds(t *testing.T) {
	t.Parallel()
	const header = "identity_uuid,campaign\n"
	wide := strings.Repeat("x", 200)
	for _, c := range []struct {
		name, text string
		rest       string // again and again
		want       string
	}{
		{"rows", header, "i,c\n", "f: " + errCampaignRows.Error()},
		{"rows of JSON", `{"identity_uuid":"i","campaign":"c"}` + "\n", `{"identity_uuid":"i","campaign":"c"}` + "\n", "f: " + errCampaignRows.Error()},
		{"bytes", header, wide + "," + wide + "\n", "f: " + errCampaignFile.Error()},
		{"one quoted field", header + `"`, "x", "f: " + errCampaignFile.Error()},
		{"blank lines", "{}", "\n", "f:1: identity_uuid is missing\nf:1: campaign is missing\nf: " + errCampaignFile.Error()},
		{"a long line of JSON", "{", " ", "f:1: line longer than 64 KiB; the rest was not read"},
	} {
		links, err := ReadCampaigns("f", io.MultiReader(strings.NewReader(c.text), &refrain{unit: c.rest}))
		if got := fmt.Sprint(err); got != c.want {
			t.Errorf("ReadCampaigns(%s) = %d links, %v, want %v", c.name, len(links), got, c.want)
		}
	}
}

// Of many bad rows the first are reported, the rest counted.
func TestReadCampaignsManyFaults(t *testing.T) {
	t.Parallel()
	_, err := ReadCampaigns("f", strings.NewReader("identity_uuid,campaign\n"+strings.Repeat("i,\n", campaignFaults+5)))
	lines := strings.Split(fmt.Sprint(err), "\n")
	if got, want := lines[len(lines)-1], "f: and 5 more bad rows"; len(lines) != campaignFaults+1 || got != want {
		t.Errorf("ReadCampaigns = %d errors, the last %q, want %d and %q", len(lines), got, campaignFaults+1, want)
	}
}

func FuzzReadCampaigns(f *testing.F) {
	for _, seed := range []string{
		"identity_uuid,campaign\ni,c\n", "identity_uuid,campaign\r\n\"i\",\"c\"\r\n", "identity_uuid,campaign\n\"i", "a\nb",
		`{"identity_uuid":"i","campaign":"c"}`, `{"campaign":"\ud800"}`, "{\xff}", "{}\n\n[]", "{", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		links, _ := ReadCampaigns("f", strings.NewReader(text))
		for _, l := range links {
			if e := errors.Join(checkCampaignName("i", l.Identity), checkCampaignName("c", l.Campaign)); e != nil {
				t.Errorf("ReadCampaigns(%q) = %q: %v", text, links, e)
			}
		}
	})
}
