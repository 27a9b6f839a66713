package engine

import (
	"slices"

	"ttpctl/internal/engine/program"
)

// piped reads a command block that another command of the pipe must show; feeds
// reports whether that one stands on the right side.
func piped(feeds func(l *analysis, other, i int) bool) commandReader {
	return func(c *commandBuilder, n *Node) (func(*analysis, int) bool, bool) {
		t := c.matchBuilder.command(n, c.depth+1)
		if t == nil {
			return nil, false
		}
		c.test.around = append(c.test.around, t)
		return func(l *analysis, i int) bool {
			for other := range l.Commands {
				if feeds(l, other, i) && t.at(l, other) {
					return true
				}
			}
			return false
		}, true
	}
}

// canHave reports an effect that none of the block's programs can have.
func (c *commandBuilder) canHave(t *effectTest, n *Node) bool {
	if len(c.rows) == 0 || slices.ContainsFunc(c.rows, func(r *program.Row) bool { return formCan(r.Form(), t.verb) }) {
		return true
	}
	c.errorf(CodeNoEffect, n, "no effect of %s is %s", c.rows[0].Name, t.verb)
	return false
}

// formCan reports whether a program may have effects of verb v: by its effect
// functions, whatever they do; by what its words are; or, as every program, by
// redirections, assignments and its path.
func formCan(f *program.Form, v program.Verb) bool {
	switch v {
	case program.Runs, program.Reads, program.Writes, program.Fetches, program.Sends, program.Connects, program.Sets:
		return true
	}
	if len(f.Effects) > 0 || slices.ContainsFunc(f.Subs, func(s *program.Form) bool { return formCan(s, v) }) {
		return true
	}
	return slices.ContainsFunc(f.Operands, func(o program.Operands) bool {
		roles := append(append([]program.Role{o.Rest}, o.First...), o.Last...)
		return v == program.Removes && slices.Contains(roles, program.RoleRemove) || v == program.Searches && slices.Contains(roles, program.RoleSearch)
	})
}
