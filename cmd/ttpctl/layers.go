package main

import (
	"context"

	"ttpctl/internal/store"
	"ttpctl/internal/store/rulesdir"
	"ttpctl/rules"
)

// readLayers reads the rules of the layers. Those of the embedded pack alone have the names
// that they have in this repository.
func (s *streams) readLayers(ctx context.Context, l rulesdir.Layers, in *rulesdir.Reader) *rulesdir.Reader {
	pack := rulesdir.PackName
	if !l.Given() {
		pack = "rules/ttp"
	}
	for i, name := range l.OrPack() {
		in.Layer(i)
		if name == rulesdir.PackLayer {
			in.Add(s.packSource(pack).Sources()...)
			continue
		}
		in.Read(ctx, name)
	}
	return in
}

// ruleReader returns a reader of rules; stdinName is what those from stdin are
// reported by.
func (s *streams) ruleReader(stdinName string) *rulesdir.Reader {
	return &rulesdir.Reader{Stdin: s.in, StdinName: stdinName, FollowLinks: s.followLinks}
}

// packSource returns the pack in the binary, whose rules seem to stand in dir.
func (s *streams) packSource(dir string) *store.Embedded {
	return store.NewEmbedded(s.outlines().Sources(dir, rules.Text))
}
