// Package live keeps the report on the stored tags up to date while somebody looks
// at it.
//
// A [Board] has one goroutine ([Board.Run]), which works only while somebody asked
// within the last minute. It looks for tags that were stored since (what every
// worker on the database stored, and tag --save), tells viewers of them, and now and
// then puts the report together again from the tags stored last. What it makes is
// made once, whoever looks: viewers share bytes. A [Viewer] is one who waits for
// news; news that he does not take are joined, not queued.
//
// Invariants:
//   - The report takes at most a twentieth of the time of one processor: after each
//     time that it is put together the board rests for twenty times as long, and at
//     least for [Config.Every]. One that takes longer than [Config.Patience] is given
//     up for one of half as many tags.
//   - Memory is bounded by [Config.Most] tags, whatever the database holds.
//   - Nothing here is on the way of an event: the board reads the database and what
//     is in force, and nobody waits for it but viewers.
//
// For example:
//
//	b := live.New(live.Config{Tags: db.Tags(), InForce: follower.Engine().Snapshot, Catalogue: catalogue, Now: time.Now})
//	go b.Run(ctx)
//	page, err := b.Page(ctx, false)
//	v := b.Watch()
//	defer v.Close()
//	news, err := v.Next(ctx)
package live
