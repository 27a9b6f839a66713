package worker

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
)

// mirrorRetry is the time after which a change that could not be stored is
// tried again.
const mirrorRetry = time.Second

// A Mirror copies the rules of a RuleSource that would be in force into the
// definitions of a database: which of several files that claim a rule, and
// which content of one that is broken now, is decided as for a [Follower]. A
// file of which no content was ever good leaves what is stored of its rule. It
// belongs to one goroutine.
type Mirror struct {
	defs    store.Definitions
	opts    MirrorOptions
	sub     *store.Subscription[store.RuleChange]
	files   *definitions
	notices store.Notices
}

// MirrorOptions are what a Mirror needs besides its two ends.
type MirrorOptions struct {
	Compile engine.Config
	By      string // updated_by of what it writes
	Into    string // the database, as notices name it
	// Notify is told of files that are not copied and of a database that
	// cannot be written. It must not block. Nil = nobody wants to know.
	Notify func(store.Notice)
}

// NewMirror makes defs the rules of src, whatever they were before, and
// subscribes to src for Run.
func NewMirror(ctx context.Context, src store.RuleSource, defs store.Definitions, opts MirrorOptions) (*Mirror, error) {
	sources, sub, err := src.Watch(ctx)
	if err != nil {
		return nil, fmt.Errorf("mirroring rules: %w", err)
	}
	m := &Mirror{defs: defs, opts: opts, sub: sub, files: newDefinitions(opts.Compile), notices: store.Notices{Notify: opts.Notify}}
	if err := m.reconcile(ctx, sources); err != nil {
		sub.Close()
		return nil, fmt.Errorf("mirroring rules: %w", err)
	}
	return m, nil
}

func (m *Mirror) reconcile(ctx context.Context, sources []engine.Source) error {
	stored, err := m.defs.All(ctx)
	if err != nil {
		return err
	}
	for _, src := range sources {
		m.files.put(src)
	}
	ids := m.rebuild()
	for _, r := range stored {
		ids[r.ID] = true
	}
	return m.store(ctx, ids)
}

// Run copies changes until ctx ends or the source is closed. It returns nil
// for both.
func (m *Mirror) Run(ctx context.Context) error {
	defer m.sub.Close()
	changes := make(chan store.RuleChange, burst)
	go func() {
		defer close(changes)
		pump(ctx, m.sub, changes)
	}()
	for c := range changes {
		b := batch{rules: []store.RuleChange{c}}
		b.drain(changes, nil)
		ids := map[string]bool{}
		for _, c := range b.rules {
			if id := m.claims(c.Source.Name); id != "" {
				ids[id] = true // the file may not claim it any more
			}
		}
		m.files.take(b.rules)
		maps.Copy(ids, m.rebuild())
		m.keepStoring(ctx, ids)
	}
	return nil
}

// rebuild compiles the files, tells of those that are refused, and returns the
// ids of the rules that changed.
func (m *Mirror) rebuild() map[string]bool {
	ids := map[string]bool{}
	for _, c := range m.files.rebuild() {
		if c.Op == Refused {
			m.notices.Tell(c.File, &c.Diagnostics[0])
		} else {
			ids[c.RuleID] = true
		}
	}
	for name, f := range m.files.files {
		if f.told == "" {
			m.notices.Tell(name, nil)
		}
	}
	return ids
}

func (m *Mirror) keepStoring(ctx context.Context, ids map[string]bool) {
	for {
		err := m.store(ctx, ids)
		if ctx.Err() != nil || m.notices.Tell(m.opts.Into, err) {
			return
		}
		select {
		case <-time.After(mirrorRetry):
		case <-ctx.Done():
		}
	}
}

// store brings the definitions of ids to what the files say.
func (m *Mirror) store(ctx context.Context, ids map[string]bool) error {
	var puts []store.StoredRule
	var deletes []string
	claimed := m.unknown()
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		rule := m.files.ruleset.Rule(id)
		switch {
		case rule != nil:
			puts = append(puts, store.StoredRule{
				ID: id, Version: rule.Version, Path: rule.Source.Name, Content: rule.Source.Text(), UpdatedBy: m.opts.By,
			})
		case !claimed[id]:
			deletes = append(deletes, id)
		}
	}
	_, err := m.defs.Write(ctx, puts, deletes)
	return err
}

// unknown returns the rules that are claimed by files of which no content was
// ever good.
func (m *Mirror) unknown() map[string]bool {
	ids := map[string]bool{}
	for name, f := range m.files.files {
		if f.good == nil {
			ids[m.claims(name)] = true
		}
	}
	return ids
}

// claims returns the rule that the file called name says it is, else that of
// its name; "" when there is no such file.
func (m *Mirror) claims(name string) string {
	f := m.files.files[name]
	if f == nil {
		return ""
	}
	if parsed, _ := engine.Parse(f.latest); parsed != nil && parsed.ID.V != "" {
		return parsed.ID.V
	}
	base := filepath.Base(name)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
