package corpus

import (
	"context"
	"encoding/json"

	"ttpctl/internal/event"
)

// Benign is a [RowSource] of files of what harmless users do. A line is an
// event or a row of a corpus (it has source_kind), an object with a command
// (command, command_text) or several, a row each (commands), or, when it is no
// such object, a command itself. No line is an error but one that cannot be read.
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
			if err := dec.decode(l.text, &row); err == nil && row.Event.Kind != event.KindUnknown {
				if err := yield(&row); err != nil {
					return err
				}
				continue
			}
			for _, text := range commandsIn(l.text) {
				row.reset()
				row.File, row.Line = name, n
				row.setCommand(text)
				if err := yield(&row); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// commandsIn returns the commands of a line, of which there is at least one.
func commandsIn(line []byte) []string {
	var object struct {
		Command     *string  `json:"command"`
		CommandText *string  `json:"command_text"`
		Commands    []string `json:"commands"`
	}
	if json.Unmarshal(line, &object) == nil {
		switch {
		case len(object.Commands) > 0:
			return object.Commands
		case object.Command != nil:
			return []string{*object.Command}
		case object.CommandText != nil:
			return []string{*object.CommandText}
		}
	}
	return []string{string(line)}
}

// setCommand makes row the event of one command line.
func (row *Row) setCommand(text string) {
	ev := &row.Event
	ev.SetKind(event.KindCommand.String())
	ev.SetField("command_text", event.StringValue(text))
	ev.SourceID, ev.AttackerUUID, ev.IdentityUUID = rowSourceID, rowAttacker, rowIdentity
}
