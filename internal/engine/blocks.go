package engine

import (
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// eventBlock returns the reader of a key of a match block that holds a block
// of another sort, such as what the commands of a line are and do; nil for
// other keys.
func eventBlock(key string) func(b *matchBuilder, n *Node, depth int) condition {
	switch key {
	case "command":
		return (*matchBuilder).commandBlock
	case "effect":
		return (*matchBuilder).effectBlock
	case "sequence":
		return (*matchBuilder).sequenceBlock
	case "count":
		return (*matchBuilder).countBlock
	case "every":
		return (*matchBuilder).everyBlock
	case "techniques":
		return (*matchBuilder).techniquesBlock
	}
	return nil
}

func (b *matchBuilder) commandBlock(n *Node, depth int) condition {
	if !b.onCommands(n, "command") {
		return nil
	}
	if t := b.command(n, depth); t != nil {
		return t
	}
	return nil
}

func (b *matchBuilder) effectBlock(n *Node, _ int) condition {
	if !b.onCommands(n, "effect") {
		return nil
	}
	if t := b.effect(n); t != nil {
		return lineEffect{t}
	}
	return nil
}

// onCommands reports a block that looks at command lines where the kind has
// none. A request may carry some in its parameters.
func (b *matchBuilder) onCommands(n *Node, block string) bool {
	if b.kind != event.KindCommand && b.kind != event.KindHTTPRequest {
		b.errorf(CodeBlockKind, n, "%s looks at command lines, and %s events have none", block, b.kind)
		return false
	}
	b.line = true
	return true
}

// tableOf returns the program table to compile by.
func tableOf(cfg *Config) *program.Table {
	switch {
	case cfg.Programs != nil:
		return cfg.Programs
	case cfg.Previous != nil && cfg.Previous.table != nil:
		return cfg.Previous.table
	}
	return Programs()
}

// Programs returns the program's own table, for [Config].
func Programs() *program.Table {
	t, err := program.NewTable()
	if err != nil {
		panic("engine: " + err.Error()) // the table's own tests read it
	}
	return t
}
