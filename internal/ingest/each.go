package ingest

import (
	"context"
	"sync"

	"ttpctl/internal/event"
)

// Each reads inputs and hands every event of a known kind on instead of judging
// it, in order and on one goroutine. An event is valid during the call only. The
// first error of yield ends the reading and is returned.
func Each(ctx context.Context, inputs []Input, cfg Config, yield func(*event.Event) error) (Account, error) {
	cfg.Workers = 1 // which keeps the order
	h := &handover{yield: yield}
	account, err := Run(ctx, inputs, cfg, func() Evaluator { return h }, func(*Batch) error { return h.failure() })
	if err == nil {
		err = h.failure()
	}
	return account, err
}

// A handover is an [Evaluator] that hands each event on.
type handover struct {
	yield func(*event.Event) error

	mu  sync.Mutex
	err error
}

// Evaluate implements [Evaluator].
func (h *handover) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	if h.failure() != nil {
		return dst
	}
	if err := h.yield(ev); err != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.err = err
	}
	return dst
}

func (h *handover) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}
