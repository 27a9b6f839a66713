package storetest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"ttpctl/internal/store"
)

// A MemoryClaims is [store.Claims] in memory, for tests of those who use them.
type MemoryClaims struct {
	mu     sync.Mutex
	claims map[string]store.Claim
}

// NewMemoryClaims returns claims that nobody has taken.
func NewMemoryClaims() *MemoryClaims { return &MemoryClaims{claims: map[string]store.Claim{}} }

// All implements [store.Claims].
func (m *MemoryClaims) All(ctx context.Context) ([]store.Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.claims), func(a, b store.Claim) int { return strings.Compare(a.Name, b.Name) }), ctx.Err()
}

// Take implements [store.Claims].
func (m *MemoryClaims) Take(ctx context.Context, seen store.Claim, owner, note string) (store.Claim, error) {
	if err := ctx.Err(); err != nil {
		return store.Claim{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.claims[seen.Name]
	if c.Epoch != seen.Epoch || c.Counter != seen.Counter {
		return store.Claim{}, store.ErrClaimed
	}
	c = store.Claim{Name: seen.Name, Owner: owner, Epoch: c.Epoch + 1, Counter: c.Counter + 1, Note: note}
	m.claims[c.Name] = c
	return c, nil
}

// Renew implements [store.Claims].
func (m *MemoryClaims) Renew(ctx context.Context, owner string, held []store.Claim) (lost []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range held {
		c := m.claims[h.Name]
		if c.Owner != owner || c.Epoch != h.Epoch {
			lost = append(lost, h.Name)
			continue
		}
		c.Counter++
		m.claims[h.Name] = c
	}
	return lost, nil
}

// GiveUp implements [store.Claims].
func (m *MemoryClaims) GiveUp(ctx context.Context, owner string, held store.Claim) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.claims[held.Name]; c.Owner == owner && c.Epoch == held.Epoch {
		c.Owner, c.Counter, c.Note = "", c.Counter+1, ""
		m.claims[held.Name] = c
	}
	return nil
}
