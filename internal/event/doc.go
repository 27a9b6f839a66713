// Package event holds what every other package shares: the event that a
// sensor observed, the values and fields that it may carry, the tag that a
// rule makes of it, the identity of a tag, and the state that an operator
// gives a rule. It decides nothing and reads nothing: readers fill an
// [Event], rules judge it, reports and stores handle the [Tag].
//
// Invariants:
//   - The field table alone says which fields a kind has, what type each must
//     have, and which may be shown as evidence. A value of another type never
//     gets into an event.
//   - [TagUUID] alone says which tags are the same tag. Stores and receivers
//     of a replay rest on it, so it never changes.
//   - Tags are printed with the members and in the order of EVENTS.md.
//
// For example, a command event as a reader makes it:
//
//	ev := &event.Event{SourceID: "2f1c0a9be1d3#cmd12"}
//	ev.SetKind("command")
//	ev.SetField("command_text", event.StringValue("cat /etc/shadow"))
package event
