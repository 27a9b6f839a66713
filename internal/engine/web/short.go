package web

import (
	"slices"
	"strings"
)

// Bounds of what an application takes for a value: a text that somebody wrote is
// longer, or has more lines.
const (
	maxShort      = 1000
	maxShortLines = 3
)

// textNames are parameters that hold what people write to people. Code, quotes
// and markup are at home there.
var textNames = []string{"content", "text", "message", "msg", "comment", "body", "description", "snippet", "note", "notes", "source", "summary",
	"excerpt", "subject", "bio", "about", "review", "feedback", "post", "post_content", "reply", "commit_message", "prompt", "markdown", "html", "file", "upload", "attachment"}

// Short reports whether a form of the input is a value rather than a text that
// somebody wrote. Queries, whose parameters are inputs of their own, and
// documents are none.
func (in *Input) Short(form string) bool {
	switch {
	case in.Place == Query, in.Place == Body && startsWith(form, '<', '{', '['), in.isText():
		return false
	}
	return len(form) <= maxShort && strings.Count(form, "\n") < maxShortLines
}

// isText reports whether the input is named for a text.
func (in *Input) isText() bool {
	return in.Place == Param && slices.ContainsFunc(textNames, func(n string) bool { return strings.EqualFold(n, in.Name) })
}
