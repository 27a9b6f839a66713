package ingest

import "ttpctl/internal/event"

// A Witness is an [Evaluator] that has more to say of a batch than tags: Seen
// is asked once for each, behind its events. What it returns belongs to the sink,
// and comes back with a later batch as before, to be made use of again.
type Witness interface{ Seen(before any) any }

// A judge evaluates batches on one goroutine.
type judge struct {
	Evaluator
	mail    *postman    // nil = no stored mail is read
	command event.Event // room for one
}

// batch judges the events of b, each session followed by its commands. Those
// are made one at a time, and messages read one at a time: a batch may hold
// very many.
func (j *judge) batch(b *Batch) {
	for i := range b.events {
		ev := &b.events[i]
		if ev.aggregated {
			b.account.Aggregated++
		}
		if ev.Kind == event.KindEmail && j.mail != nil {
			j.email(b, &ev.Event)
			continue
		}
		j.event(b, &ev.Event)
		for k := range ev.commands {
			if ev.fanOut(&j.command, k) {
				b.account.FannedOut++
				j.event(b, &j.command)
			}
		}
	}
	if w, ok := j.Evaluator.(Witness); ok {
		b.Seen = w.Seen(b.Seen)
	}
}

func (j *judge) event(b *Batch, ev *event.Event) {
	b.account.countEvent(ev)
	if ev.Kind != event.KindUnknown {
		b.Tags = j.Evaluate(b.Tags, ev)
	}
}

// email judges an email with its message at hand.
func (j *judge) email(b *Batch, ev *event.Event) {
	if read, why := j.mail.deliver(ev); read {
		b.account.Mail++
	} else if why != "" {
		b.account.MailUnread.add(why, 1)
	}
	j.event(b, ev)
	j.mail.take(ev)
}
