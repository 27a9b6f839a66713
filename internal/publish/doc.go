// Package publish brings what is stored to who wants to know: it drains the
// outbox of a [store.Ledger] into outputs (files, webhooks, syslog, the bus, NATS).
//
// A [Publisher] has a goroutine for each [Output], and each output a position of
// its own in each source, which the outbox keeps: one that is slow or gone holds
// up no other, and goes on where it was, also after a restart.
//
// Invariants:
//   - Nothing is published that is not stored: messages come from the outbox
//     alone.
//   - Publishing is at-least-once. A position moves behind what was sent, a
//     little later, so that a process that is killed in between sends it again.
//     Receivers dedupe on the uuid of the tag.
//   - Messages of one source go out in order. An output that fails is tried
//     again, at longer and longer intervals, until it works; what it may leave
//     behind meanwhile is bounded, and what is lost by that is counted and told.
//   - No secret is in the name of an output, nor in an error.
//
// A [Limiter] decides what goes into the outbox: no more tags of one rule and
// attacker in a minute than an operator wants to hear of.
//
// For example:
//
//	hook, err := publish.Open("webhook", "https://siem.example/ttp", publish.Options{Now: time.Now, Secret: secret})
//	p, err := publish.New(publish.Config{Outbox: db.Outbox(), Outputs: []publish.Output{hook}})
//	err = p.Add(ctx, "cowrie.json") // once it is resumed, before its first commit
//	p.Committed("cowrie.json")      // after each of its commits
//	err = p.Close(ctx)
package publish
