package store

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ttpctl/internal/hint"
)

// Bounds of a file of campaigns: all of its links are in memory until the last
// row is checked. Names in it may come from attackers by way of other tools.
const (
	campaignFileLimit = 32 << 20 // bytes
	campaignRowLimit  = 500_000
	campaignLineLimit = 64 << 10 // bytes of a line of JSON
	campaignNameLimit = 256      // bytes of an identity_uuid or a campaign
	// campaignFaults is how many bad rows are reported one by one.
	campaignFaults = 20
)

// campaignColumns is the header of CSV.
var campaignColumns = []string{"identity_uuid", "campaign"}

// campaignHelp is for a file that is not of the form that [ReadCampaigns] reads.
const campaignHelp = "CSV under the header identity_uuid,campaign, or one JSON object with these members a line"

var (
	errCampaignFile = fmt.Errorf("larger than %d MiB: import it in pieces", campaignFileLimit>>20)
	errCampaignRows = fmt.Errorf("more than %d rows: import it in pieces", campaignRowLimit)
)

// countOf returns `1 row` or `3 rows`.
func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// A campaignReader collects the links of one file, and what is wrong with it.
type campaignReader struct {
	name   string
	links  []CampaignLink
	faults []error // of the first bad rows
	bad    int
}

// ReadCampaigns reads r, which is called name: CSV under the header
// identity_uuid,campaign, or a JSON object with these members a line. It returns
// the links only when all of them are well, else the errors of the first bad
// rows, joined.
func ReadCampaigns(name string, r io.Reader) ([]CampaignLink, error) {
	c := &campaignReader{name: name}
	br := bufio.NewReader(&cappedReader{r, campaignFileLimit})
	first, err := br.Peek(1)
	switch {
	case errors.Is(err, io.EOF):
		return nil, hint.Errorf(campaignHelp, "%s: empty", name)
	case err != nil:
	case first[0] == '{':
		err = c.readLines(br)
	default:
		err = c.readCSV(br)
	}
	if err != nil {
		c.faults = append(c.faults, hint.Errorf("", "%s: %w", name, err))
	}
	if more := c.bad - campaignFaults; more > 0 {
		c.faults = append(c.faults, hint.Errorf("", "%s: and %s", name, countOf(more, "more bad row")))
	}
	return c.links, errors.Join(c.faults...)
}

// CountCampaigns returns how many campaigns links are of.
func CountCampaigns(links []CampaignLink) int {
	seen := map[string]bool{}
	for _, l := range links {
		seen[l.Campaign] = true
	}
	return len(seen)
}

// A cappedReader fails where io.LimitReader would pretend that the file ends.
type cappedReader struct {
	io.Reader
	left int64
}

func (c *cappedReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p[:min(int64(len(p)), c.left+1)])
	if c.left -= int64(n); c.left < 0 {
		return 0, errCampaignFile
	}
	return n, err
}

func (c *campaignReader) readLines(r io.Reader) error {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, campaignLineLimit)
	n := 0
	for sc.Scan() {
		n++
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		if err := c.object(n, sc.Bytes()); err != nil {
			return err
		}
	}
	if errors.Is(sc.Err(), bufio.ErrTooLong) {
		c.fault(n+1, fmt.Errorf("line longer than %d KiB; the rest was not read", campaignLineLimit>>10))
		return nil
	}
	return sc.Err()
}

// object keeps the link of one line of JSON.
func (c *campaignReader) object(line int, text []byte) error {
	link, err := parseCampaign(text)
	if err != nil {
		c.fault(line, err)
		return nil
	}
	return c.link(line, link)
}

func parseCampaign(text []byte) (link CampaignLink, err error) {
	var row struct {
		Identity string `json:"identity_uuid"`
		Campaign string `json:"campaign"`
	}
	if !utf8.Valid(text) { // which encoding/json would replace
		return link, errors.New("not valid UTF-8")
	}
	err = json.Unmarshal(text, &row)
	wrong, isType := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case isType && wrong.Field != "":
		return link, errors.New(wrong.Field + " is not a string")
	case err != nil:
		return link, errors.New("not a JSON object")
	}
	return CampaignLink{Campaign: row.Campaign, Identity: row.Identity}, nil
}

// readCSV reads CSV to its end, or to what breaks the quoting: nothing behind
// that is sure to be what it seems.
func (c *campaignReader) readCSV(r io.Reader) error {
	cr := csv.NewReader(r)
	cr.FieldsPerRecord = -1
	cr.ReuseRecord = true
	for header := true; ; header = false {
		fields, err := cr.Read()
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			c.fault(parse.StartLine, fmt.Errorf("%w; the rest was not read", parse.Err))
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := cr.FieldPos(0)
		if !header {
			err = c.record(line, fields)
		} else if !slices.Equal(fields, campaignColumns) {
			c.faults = append(c.faults, hint.Errorf(campaignHelp, "%s:%d: the header is not %s", c.name, line, strings.Join(campaignColumns, ",")))
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// record keeps the link of one record of CSV.
func (c *campaignReader) record(line int, fields []string) error {
	if len(fields) != len(campaignColumns) {
		c.fault(line, fmt.Errorf("%s, not %d", countOf(len(fields), "field"), len(campaignColumns)))
		return nil
	}
	return c.link(line, CampaignLink{Campaign: fields[1], Identity: fields[0]})
}

// link checks and keeps one link.
func (c *campaignReader) link(line int, l CampaignLink) error {
	faults := []error{checkCampaignName("identity_uuid", l.Identity), checkCampaignName("campaign", l.Campaign)}
	faults = slices.DeleteFunc(faults, func(err error) bool { return err == nil })
	switch {
	case len(faults) > 0:
		c.fault(line, faults...)
	case len(c.links) == campaignRowLimit:
		return errCampaignRows
	case c.bad == 0: // else nothing is stored
		c.links = append(c.links, l)
	}
	return nil
}

// fault notes errs as those of one row.
func (c *campaignReader) fault(line int, errs ...error) {
	c.bad++
	if c.bad > campaignFaults {
		return
	}
	for _, err := range errs {
		c.faults = append(c.faults, hint.Errorf("", "%s:%d: %w", c.name, line, err))
	}
}

// checkCampaignName says what is wrong with a name. Space around it and control
// characters are slips of an export that would make a second campaign of a like
// name.
func checkCampaignName(column, s string) error {
	switch {
	case s == "":
		return errors.New(column + " is missing")
	case len(s) > campaignNameLimit:
		return fmt.Errorf("%s is longer than %d bytes", column, campaignNameLimit)
	case !utf8.ValidString(s):
		return errors.New(column + " is not valid UTF-8")
	case strings.TrimSpace(s) != s:
		return errors.New(column + " has space around it")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New(column + " has a control character")
	}
	return nil
}
