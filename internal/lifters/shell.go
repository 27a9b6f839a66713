package lifters

import (
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func shellSpecs() []Spec {
	return []Spec{{Name: "shell_cut_short", Kinds: []event.Kind{event.KindCommand}, build: cutShort,
		Params:   []engine.Param{or(atLeast("min_commands", 1), 1001), or(atLeast("min_bytes", 1), 64<<10+1)},
		Evidence: []string{"commands_left_out", "bytes_left_out", "uid", "user", "src", "pwd"}}}
}

// cutShort finds lines so long that their shell view left out as much as the
// parameters say: nobody types those.
func cutShort(b *binding) matchFunc {
	commands, bytes := b.field("commands_left_out"), b.field("bytes_left_out")
	b.demand("commands_left_out", "bytes_left_out")
	minCommands, minBytes := b.args.Number("min_commands"), b.args.Number("min_bytes")
	shown := b.shows("commands_left_out", "bytes_left_out", "uid", "user", "src", "pwd")
	return func(ev *event.Event, h *engine.Hit) bool {
		if !commands.reaches(ev, minCommands) && !bytes.reaches(ev, minBytes) {
			return false
		}
		show(ev, h, shown)
		return true
	}
}
