package publish

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

const (
	// syslogPriority is local0.notice.
	syslogPriority = 16*8 + 5
	// syslogData names our structured data; 32473 is the enterprise number of
	// documentation (RFC 5612), for want of one of our own.
	syslogData = "ttp@32473"
	// nilValue stands for a header field that is not known.
	nilValue = "-"
)

// syslogLine returns a message in the format of RFC 5424: the fields of the tag
// as structured data, and the tag as it is behind them.
func syslogLine(o *Options, now time.Time, m *store.Message) ([]byte, error) {
	data, err := structured(m)
	if err != nil {
		return nil, err
	}
	line := fmt.Appendf(nil, "<%d>1 %s %s ttpctl %s %s %s ", syslogPriority, now.UTC().Format("2006-01-02T15:04:05.000Z"),
		headerField(o.Host, 255), headerField(strconv.Itoa(o.PID), 128), subjectOf(m.Topic), data)
	return append(line, escape.JSON(string(m.Body))...), nil
}

// headerField returns s as a field of the header: printable ASCII, at most size
// bytes.
func headerField(s string, size int) string {
	s = strings.Map(func(r rune) rune {
		if r < '!' || r > '~' {
			return '?'
		}
		return r
	}, s[:min(len(s), size)])
	if s == "" {
		return nilValue
	}
	return s
}

// structured returns the structured data of a message.
func structured(m *store.Message) (string, error) {
	var b strings.Builder
	b.WriteString("[" + syslogData)
	add := func(name, value string) {
		if value != "" {
			b.WriteString(" " + name + `="` + paramValue.Replace(escape.Terminal(value)) + `"`)
		}
	}
	var err error
	if m.Topic == store.Suppressed {
		err = addSuppression(m.Body, add)
	} else {
		err = addTag(m.Body, add)
	}
	b.WriteByte(']')
	return b.String(), err
}

// paramValue escapes what ends a value (RFC 5424, section 6.3.3).
var paramValue = strings.NewReplacer(`"`, `\"`, `\`, `\\`, `]`, `\]`)

func addTag(body []byte, add func(name, value string)) error {
	t, err := parseTag(body)
	if err != nil {
		return err
	}
	add("uuid", t.UUID.String())
	add("rule_id", t.RuleID)
	add("tactic", t.Tactic)
	add("technique_id", t.Technique)
	add("sub_technique_id", t.SubTechnique)
	add("confidence", strconv.FormatFloat(t.Confidence, 'f', -1, 64))
	add("attacker_ip", t.AttackerIP)
	add("attacker_uuid", t.AttackerUUID)
	add("identity_uuid", t.IdentityUUID)
	add("session_id", bounded(t.SessionID.Value))
	add("decky_id", bounded(t.DeckyID.Value))
	add("source_kind", bounded(t.SourceKind))
	add("source_id", bounded(t.SourceID))
	add("observed_at", t.ObservedAt)
	return nil
}

// bounded cuts what a sensor wrote: receivers refuse long values.
func bounded(s string) string { return event.CutText(s, 255) }

func addSuppression(body []byte, add func(name, value string)) error {
	var s store.Suppression
	if err := json.Unmarshal(body, &s); err != nil {
		return fmt.Errorf("suppression in the outbox: %w", err)
	}
	add("rule_id", s.RuleID)
	add("attacker_uuid", s.AttackerUUID)
	add("identity_uuid", s.IdentityUUID)
	add("minute", s.Minute.UTC().Format(time.RFC3339))
	add("limit", strconv.Itoa(s.Limit))
	return nil
}
