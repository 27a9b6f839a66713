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
	if c.settled || len(c.rows) == 0 || slices.ContainsFunc(c.rows, func(r *program.Row) bool { return r.Form().Can(t.verb) }) {
		return true
	}
	c.errorf(CodeNoEffect, n, "no effect of %s is %s", c.rows[0].Name, t.verb)
	return false
}
