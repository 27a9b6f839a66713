package metrics

import "bytes"

// NATS is how a connection does, and what it counted since the start.
type NATS struct {
	Server                              string // as the operator gave it
	Connected                           bool
	Reconnects, Lost                    int64
	Published, Acknowledged, Duplicates int64 // messages
	Failed, TooLarge                    int64
	Sources                             []NATSSource
}

// A NATSSource is what was read of a stream, or a partition of it.
type NATSSource struct {
	Source        string
	Read, Repeats int64 // messages
	Lag           int64 // messages that were not read, -1 = not known
}

// Carried counts lines of messages over NATS: those that could be read as events, and
// those that could not.
func (m *Metrics) Carried(source string, decoded, poisoned int) {
	source = m.names.of(source)
	m.decoded.counter(source).Add(decoded)
	m.poisoned.counter(source).Add(poisoned)
}

// sampledNATS writes what connections told. Those of one server are one.
func (m *Metrics) sampledNATS(to *bytes.Buffer, list []NATS) {
	for _, f := range []struct {
		name, help string
		of         func(n *NATS) int64
	}{
		{"nats_connected", "Connections to NATS that are up; 0 while it is away.", func(n *NATS) int64 { return bit(n.Connected) }},
		{"nats_reconnects_total", "Times that a connection to NATS was made again.", func(n *NATS) int64 { return n.Reconnects }},
		{"nats_lost_total", "Messages at most that NATS had removed before they were read.", func(n *NATS) int64 { return n.Lost }},
		{"nats_published_total", "Messages that were sent to NATS.", func(n *NATS) int64 { return n.Published }},
		{"nats_acknowledged_total", "Messages that NATS has stored.", func(n *NATS) int64 { return n.Acknowledged }},
		{"nats_duplicates_total", "Messages, of those acknowledged, that NATS had before.", func(n *NATS) int64 { return n.Duplicates }},
		{"nats_publish_errors_total", "Times that sending to NATS ended with an error.", func(n *NATS) int64 { return n.Failed }},
		{"nats_too_large_total", "Messages that were larger than NATS takes.", func(n *NATS) int64 { return n.TooLarge }},
	} {
		sums := map[string]int64{}
		for i := range list {
			sums[m.names.of(list[i].Server)] += f.of(&list[i])
		}
		m.sampled(to, f.name, f.help, sums, "server")
	}
	read, repeats, lag := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, n := range list {
		for _, s := range n.Sources {
			name := m.names.of(s.Source)
			read[name] += s.Read
			repeats[name] += s.Repeats
			if s.Lag >= 0 {
				lag[name] += s.Lag
			}
		}
	}
	m.sampled(to, "nats_read_total", "Messages that were read, repeats too.", read, "source")
	m.sampled(to, "nats_repeats_total", "Messages that were dropped since they had been read before.", repeats, "source")
	m.sampled(to, "nats_lag_messages", "Messages that this process has to read and has not read yet.", lag, "source")
}

func bit(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
