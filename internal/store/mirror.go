package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine"
)

// mirrorRetry is the time after which a change that could not be stored is
// tried again.
const mirrorRetry = time.Second

// A Mirror copies a RuleSource into the definitions of a database. A file that
// does not parse leaves what is stored of its rule; of several files that claim
// one rule_id the first in name order is copied. It belongs to one goroutine.
type Mirror struct {
	defs    Definitions
	into    string
	by      string
	sub     *Subscription[RuleChange]
	notices *Notices
	files   map[string]mirrored // by source name
}

// mirrored is one file: its last content that parsed, and the rule it claims.
type mirrored struct {
	id   string
	rule *StoredRule // nil when no content ever parsed
}

// MirrorOptions are what a Mirror needs besides its two ends.
type MirrorOptions struct {
	By   string // updated_by of what it writes
	Into string // the database, as notices name it
	// Notify is told of files that are not copied and of a database that
	// cannot be written. It must not block. Nil = nobody wants to know.
	Notify func(Notice)
}

// NewMirror makes defs those of src, whatever they were
// before, and subscribes to src for Run.
func NewMirror(ctx context.Context, src RuleSource, defs Definitions, opts MirrorOptions) (*Mirror, error) {
	sources, sub, err := src.Watch(ctx)
	if err != nil {
		return nil, fmt.Errorf("mirroring rules: %w", err)
	}
	m := &Mirror{defs: defs, into: opts.Into, by: opts.By, sub: sub, notices: &Notices{Notify: opts.Notify}, files: map[string]mirrored{}}
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
	ids := map[string]bool{}
	for _, r := range stored {
		ids[r.ID] = true
	}
	for _, src := range sources {
		ids[m.read(src)] = true
	}
	return m.store(ctx, slices.Sorted(maps.Keys(ids)))
}

// Run copies changes until ctx ends or the source is closed. It returns nil
// for both.
func (m *Mirror) Run(ctx context.Context) error {
	defer m.sub.Close()
	for {
		c, err := m.sub.Next(ctx)
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, ErrClosed) {
				return nil
			}
			return err
		}
		ids := []string{m.files[c.Source.Name].id}
		if c.Op == Delete {
			delete(m.files, c.Source.Name)
			m.notices.Tell(c.Source.Name, nil)
		} else if id := m.read(c.Source); id != ids[0] {
			ids = append(ids, id)
		}
		m.keepStoring(ctx, ids)
	}
}

func (m *Mirror) keepStoring(ctx context.Context, ids []string) {
	for {
		err := m.store(ctx, ids)
		if ctx.Err() != nil {
			return
		}
		if m.notices.Tell(m.into, err) {
			return
		}
		select {
		case <-time.After(mirrorRetry):
		case <-ctx.Done():
		}
	}
}

// read notes what src holds and returns the rule it claims.
func (m *Mirror) read(src engine.Source) (id string) {
	rule, err := parseStored(src, m.by)
	m.notices.Tell(src.Name, err)
	if err != nil {
		old, ok := m.files[src.Name]
		if !ok {
			base := filepath.Base(src.Name)
			old.id = strings.TrimSuffix(base, filepath.Ext(base))
		}
		m.files[src.Name] = old
		return old.id
	}
	m.files[src.Name] = mirrored{rule.ID, rule}
	return rule.ID
}

// parseStored returns src as it is stored; the error is the first that its
// author should mend.
func parseStored(src engine.Source, by string) (*StoredRule, error) {
	parsed, diags := engine.Parse(src)
	for i := range diags {
		if diags[i].Severity == engine.Error {
			return nil, &diags[i]
		}
	}
	if parsed == nil || parsed.ID.V == "" || parsed.Version.V < 1 {
		return nil, errors.New("no rule_id, or no rule_version of 1 or more")
	}
	return &StoredRule{
		ID: parsed.ID.V, Version: parsed.Version.V, Path: src.Name, Content: src.Data, UpdatedBy: by,
	}, nil
}

// store brings the definitions of ids to what the files say.
func (m *Mirror) store(ctx context.Context, ids []string) error {
	var puts []StoredRule
	var deletes []string
	for _, id := range ids {
		rule, claimed := m.owner(id)
		switch {
		case rule != nil:
			puts = append(puts, *rule)
		case !claimed && id != "":
			deletes = append(deletes, id)
		}
	}
	_, err := m.defs.Write(ctx, puts, deletes)
	return err
}

// owner returns the rule of the first file that claims id; claimed is true
// also when no such file ever parsed.
func (m *Mirror) owner(id string) (rule *StoredRule, claimed bool) {
	first := ""
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		f := m.files[name]
		if f.id != id {
			continue
		}
		claimed = true
		switch {
		case f.rule == nil:
		case rule == nil:
			rule, first = f.rule, name
		default:
			m.notices.Tell(name, fmt.Errorf("rule_id %s is in force from %s, which comes first", id, first))
		}
	}
	return rule, claimed
}
