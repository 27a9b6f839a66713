package corpus

import (
	"context"
	"encoding/json"

	"ttpctl/internal/event"
)

// Benign is a [RowSource] of files of what harmless users do. A line is an
// event or a row of a corpus (it has source_kind), an object with a command
// (command, command_text), or, when it is no such object, a command itself. No
// line is an error but one that cannot be read.
type Benign []Corpus

// Rows implements [RowSource].
func (b Benign) Rows(ctx context.Context, yield func(*Row) error) error {
	dec := newDecoder(nil, nil)
	var row Row
	return readAll(ctx, b, func(blk *block) error {
		for n, l := range blk.lines {
			name := b[blk.corpus].Name
			if l.bad != "" {
				return &RowError{name, n, l.bad}
			}
			row.reset()
			row.File, row.Line = name, n
			if err := dec.decode(l.text, &row); err != nil || row.Event.Kind == event.KindUnknown {
				row.reset()
				row.File, row.Line = name, n
				row.setCommand(commandIn(l.text))
			}
			if err := yield(&row); err != nil {
				return err
			}
		}
		return nil
	})
}

// commandIn returns the command of a line.
func commandIn(line []byte) string {
	var object struct {
		Command     *string `json:"command"`
		CommandText *string `json:"command_text"`
	}
	if json.Unmarshal(line, &object) == nil {
		if object.Command != nil {
			return *object.Command
		}
		if object.CommandText != nil {
			return *object.CommandText
		}
	}
	return string(line)
}

// setCommand makes row the event of one command line.
func (row *Row) setCommand(text string) {
	ev := &row.Event
	ev.SetKind(event.KindCommand.String())
	ev.SetField("command_text", event.StringValue(text))
	ev.SourceID, ev.AttackerUUID, ev.IdentityUUID = rowSourceID, rowAttacker, rowIdentity
}
