package report

import (
	"encoding/xml"
	"io"

	"ttpctl/internal/escape"
)

// A JUnit is a suite of the JUnit XML that CI systems read.
type JUnit struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr,omitempty"`
	Cases    []JUnitCase `xml:"testcase"`
}

// A JUnitCase has at most one of Failure, Error and Skipped.
type JUnitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *JUnitMessage `xml:"failure"` // of what was tested
	Error   *JUnitMessage `xml:"error"`   // of the tool
	Skipped *JUnitMessage `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

// A JUnitMessage says why a case did not pass.
type JUnitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// Add appends a case and counts it. Its texts may be anyone's.
func (j *JUnit) Add(c JUnitCase) {
	c.Name, c.Out = escape.XML(c.Name), escape.XML(c.Out)
	j.Tests++
	for _, m := range []struct {
		message *JUnitMessage
		count   *int
	}{{c.Failure, &j.Failures}, {c.Error, &j.Errors}, {c.Skipped, &j.Skipped}} {
		if m.message != nil {
			*m.message = JUnitMessage{escape.XML(m.message.Message), escape.XML(m.message.Text)}
			*m.count++
		}
	}
	j.Cases = append(j.Cases, c)
}

// Write writes the suite as a document of its own.
func (j *JUnit) Write(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(struct {
		XMLName xml.Name `xml:"testsuites"`
		Suite   *JUnit
	}{Suite: j}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
