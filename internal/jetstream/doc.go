// Package jetstream brings events to taggers, and what they publish to others,
// over NATS JetStream.
//
// The model: finished events lie in partitions, subjects of one stream; what is
// of one attacker lies in one of them, in order. A partition is read like a log:
// its source is opened at a cursor, which names a message of the stream, and
// nothing is acknowledged, for the ledger is the position. Streams keep messages
// for a time (limits retention), whoever has read them.
//
// Invariants:
//   - The number of partitions is that of the stream's creation, and written into
//     its description; who asks for another is refused.
//   - A message carries who produced it, its number, and up to which number all
//     of its producer's messages are in the stream. So who reads knows a repeat
//     however late it comes, from a bounded memory: see [seen].
//   - Messages that were removed before they were read are told of and counted.
//   - What is sent counts as sent when the stream has acknowledged it.
//   - No password, token or key is in an error or a name.
//
// For example:
//
//	c, err := jetstream.Dial(ctx, jetstream.Config{Address: "nats://nats.example", Getenv: os.Getenv})
//	n, err := c.Partitions(ctx)
//	in := c.Partition(3) // a lines.Input
//	sent, err := c.Send(ctx, []jetstream.Message{{Subject: c.Subject("ttp.tagged"), ID: "1", Data: tag}})
package jetstream
