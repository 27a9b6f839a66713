package sessions

import (
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
)

// Bounds of what is shown of a line's effects.
const (
	maxEffects = 64
	maxEffect  = 1 << 10 // bytes
)

// An Explainer works out what the commands of sessions would do. It is for one
// goroutine.
type Explainer struct {
	parser   *shell.Parser
	analyzer *program.Analyzer
	view     shell.View
	line     program.Line
}

// NewExplainer returns an Explainer of any number of sessions.
func NewExplainer() (*Explainer, error) {
	programs, err := program.NewTable()
	if err != nil {
		return nil, err
	}
	return &Explainer{parser: shell.NewParser(), analyzer: programs.NewAnalyzer()}, nil
}

// Effects fills in the effects of the lines of s that were typed, each in the
// directory to which the lines before it have led.
func (x *Explainer) Effects(s *Session) {
	dir := ""
	for i := range s.Lines {
		if l := &s.Lines[i]; l.Typed() {
			l.Effects, dir = x.effects(l.Text, dir)
		}
	}
}

// effects returns the effects of a line that is typed in dir, and where it
// leaves the shell.
func (x *Explainer) effects(text, dir string) (effects []string, behind string) {
	x.parser.Parse(text, &x.view)
	x.analyzer.Analyze(&x.view, dir, &x.line)
	for i := range x.line.Commands {
		c := &x.line.Commands[i]
		for k := range c.Effects {
			if len(effects) == maxEffects {
				break
			}
			effects = append(effects, strings.Clone(event.CutText(engine.EffectText(&c.Effects[k]), maxEffect)))
		}
	}
	if rest, home := strings.CutPrefix(x.line.Dir, "~"); home {
		return effects, "/root" + rest
	}
	return effects, strings.Clone(x.line.Dir)
}
