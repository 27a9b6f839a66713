package publish

import (
	"context"
	"errors"

	"ttpctl/internal/bus"
	"ttpctl/internal/store"
)

// subjectOf returns the subject of what a message is about.
func subjectOf(t store.Topic) string {
	if t == store.Suppressed {
		return bus.Suppressed
	}
	return bus.Tagged
}

// A busOutput publishes messages on a bus: each tag under ttp.tagged and under
// that of its technique.
type busOutput struct{ bus *bus.Bus }

func openBus(_ string, o Options) (Output, error) {
	if o.Bus == nil {
		return nil, errors.New("output bus: there is no bus")
	}
	return busOutput{o.Bus}, nil
}

func (busOutput) Name() string { return "bus" }
func (busOutput) Close() error { return nil }

// Send implements [Output].
func (b busOutput) Send(_ context.Context, _ string, ms []store.Message) (int, error) {
	for i, m := range ms {
		b.bus.Publish(subjectOf(m.Topic), m.Body)
		if m.Topic != store.Tagged {
			continue
		}
		tag, err := parseTag(m.Body)
		if err != nil {
			return i, err
		}
		b.bus.Publish(bus.Fired+tag.Technique, m.Body)
	}
	return len(ms), nil
}
