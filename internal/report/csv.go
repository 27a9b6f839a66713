package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"ttpctl/internal/escape"
	"ttpctl/internal/event"
)

// tagColumns is the header of CSV tags: the fields of EVENTS.md section 2, in
// its order. What is null or absent is an empty field.
var tagColumns = [...]string{
	"uuid", "attacker_ip", "source_kind", "source_id", "attacker_uuid", "identity_uuid", "session_id", "decky_id",
	"tactic", "technique_id", "sub_technique_id", "confidence", "rule_id", "rule_version",
	"evidence", "attack_release", "mitre_url", "observed_at",
}

// csvWriter writes RFC 4180 with a header; evidence is its JSON text.
type csvWriter struct {
	csv   *csv.Writer
	row   [len(tagColumns)]string
	begun bool // the header is written
}

func newCSVWriter(w io.Writer, o Options) Writer {
	return &csvWriter{csv: csv.NewWriter(w), begun: o.Continued}
}

func (c *csvWriter) Write(tags []event.Tag) error {
	if err := c.begin(); err != nil {
		return err
	}
	for i := range tags {
		c.fill(&tags[i])
		if err := c.csv.Write(c.row[:]); err != nil {
			return err
		}
	}
	c.csv.Flush()
	return c.csv.Error()
}

func (c *csvWriter) Finish(*Account) error {
	if err := c.begin(); err != nil {
		return err
	}
	c.csv.Flush()
	return c.csv.Error()
}

func (c *csvWriter) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.csv.Write(tagColumns[:])
}

// fill sets the row to t. Every text passes escape.CSV, whoever wrote it: a
// rule file may be a stranger's too.
func (c *csvWriter) fill(t *event.Tag) {
	c.row = [...]string{
		t.UUID.String(), escape.CSV(t.AttackerIP), escape.CSV(t.SourceKind), escape.CSV(t.SourceID),
		escape.CSV(t.AttackerUUID), escape.CSV(t.IdentityUUID), escape.CSV(t.SessionID.Value), escape.CSV(t.DeckyID.Value),
		escape.CSV(t.Tactic), escape.CSV(t.Technique), escape.CSV(t.SubTechnique),
		strconv.FormatFloat(t.Confidence, 'f', -1, 64), escape.CSV(t.RuleID), strconv.Itoa(t.RuleVersion),
		escape.CSV(escape.JSON(string(t.Evidence))), escape.CSV(t.AttackRelease), escape.CSV(t.MitreURL), escape.CSV(t.ObservedAt),
	}
}
