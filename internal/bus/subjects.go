// Package bus brings messages to whoever subscribes to their subjects, within
// the process, and says what events the messages of other systems are.
//
// The model: a [Bus] has subscribers by subject, in the words and wildcards of
// NATS. A subscriber has a mailbox of its own: whoever is slow loses the oldest
// of what waits, and is told how many; nobody who publishes waits. What must not
// be lost is not on a bus but in the outbox, which the bus is one output of.
//
//	b := &bus.Bus{}
//	sub := b.Subscribe("ttp.rule.fired.>")
//	defer sub.Close()
//	e, err := sub.Next(ctx)
package bus

// The subjects that are published (DESIGN.md, section 5).
const (
	Tagged     = "ttp.tagged"          // the data is a tag
	Suppressed = "ttp.rule.suppressed" // the data is a suppression, see package store
	Fired      = "ttp.rule.fired."     // and a technique; the data is a tag
	Reloaded   = "ttp.rule.reloaded."  // and a rule
	State      = "ttp.rule.state."     // and a rule
)
