package corpus

import (
	"errors"
	"fmt"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// A decoder reads rows from lines: events, strictly, with what a row says of
// them beside. It belongs to one goroutine.
type decoder struct {
	known  func(ruleID string) bool // nil = rule ids are not checked
	attack *attack.Catalogue        // nil = technique ids are not checked
	reader *lines.EventReader

	anchors event.Anchors

	row *Row
}

func newDecoder(known func(string) bool, c *attack.Catalogue) *decoder {
	d := &decoder{known: known, attack: c}
	d.reader = lines.NewEventReader(lines.EventRules{Wants: event.AllFields().Has, Member: d.member})
	return d
}

// decode reads line into row, which is empty.
func (d *decoder) decode(line []byte, row *Row) error {
	d.row = row
	given, err := d.reader.Read(&row.Event, line, string(line))
	if err != nil {
		return errors.New(lines.Reason(err, line))
	}
	return d.complete(given)
}

// complete checks what the row must have and fills what it may lack; an anchor
// that is null stays so.
func (d *decoder) complete(given lines.Given) error {
	ev := &d.row.Event
	switch {
	case ev.SourceKind == "":
		return errors.New("source_kind is missing")
	case !given.Payload:
		return errors.New("payload is missing")
	case given.IP != "" && !given.Addr.IsValid():
		return errors.New("attacker_ip is not an IP address")
	}
	if ev.SourceID == "" {
		ev.SourceID = rowSourceID
	}
	ev.Anchor(given.Addr, given.IP)
	if ev.Attacker(&d.anchors) == "" && !given.Attacker {
		ev.AttackerUUID = rowAttacker
	}
	if ev.IdentityUUID == "" && !given.Identity {
		ev.IdentityUUID = rowIdentity
	}
	return nil
}

// member reads the value of a top-level member that is no event's.
func (d *decoder) member(j *lines.JSON, name string) (err error) {
	row := d.row
	switch name {
	case "label":
		err = j.TextOrNull(&row.Label, name)
	case "note":
		err = j.TextOrNull(&row.Note, name)
	case "expected_rule_ids":
		row.Labelled = j.Peek() != 'n'
		row.Expected, err = d.rules(j, name)
	case "judged_rule_ids":
		row.Judged, err = d.rules(j, name)
	case "expected_techniques":
		row.Techniques, err = d.techniques(j, name)
	case "acceptable_techniques":
		row.Acceptable, err = d.techniques(j, name)
	default:
		return j.Skip()
	}
	return err
}

// texts reads a list of strings or null, which is nil.
func texts(j *lines.JSON, name string) ([]string, error) {
	var v event.Value
	null := j.Peek() == 'n'
	if err := j.Value(&v); err != nil || null {
		return nil, err
	}
	list := make([]string, len(v.List))
	for i := range v.List {
		if v.List[i].Kind != event.String {
			v.Kind = event.Absent
			break
		}
		list[i] = v.List[i].Str
	}
	if v.Kind != event.List {
		return nil, fmt.Errorf("%s is not a list of strings", name)
	}
	return list, nil
}

func (d *decoder) rules(j *lines.JSON, name string) ([]string, error) {
	ids, err := texts(j, name)
	for _, id := range ids {
		if d.known != nil && !d.known(id) {
			return nil, fmt.Errorf("%s names %q: no such rule", name, event.CutText(id, 64))
		}
	}
	return ids, err
}

func (d *decoder) techniques(j *lines.JSON, name string) ([]string, error) {
	ids, err := texts(j, name)
	if err != nil || d.attack == nil {
		return ids, err
	}
	return ids, checkTechniques(d.attack, name, ids)
}
