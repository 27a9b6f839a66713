// Package engine turns events into ATT&CK tags by rules.
//
// A rule passes three stages, each with a type of its own. [Parse] reads one
// YAML document into a [ParsedRule] that knows where everything stands.
// [Compile] checks parsed rules against the ATT&CK catalogue, builds a
// [Matcher] for each and puts them into a [Ruleset]. A [Snapshot] joins a
// ruleset with the operator's states, and [Snapshot.Evaluate] judges events.
// All that can go wrong with a rule goes wrong in the first two stages, as a
// [Diagnostic]; evaluation returns no error. Of a file for which both were done
// before, [Outlines] tell what came of them: it is not read again, and its matcher
// is built when an event is first judged by the rule.
//
// Invariants:
//   - An event is judged under exactly one snapshot. Snapshots and rulesets
//     are immutable; an [Engine] swaps snapshots whole.
//   - The prefilter may admit a rule that does not match, and never keeps out
//     one that does.
//   - Tags come out in rule_id order, then emit order, whatever the history.
//   - What events, fields, tags and states are, package event says; this
//     package says when a rule fires.
//
// For example, from one rule file to the tags of one event:
//
//	rs, diags := engine.Compile([]engine.Source{{Name: "R0018.yaml", Data: data}}, cfg)
//	snap := engine.NewSnapshot(rs, nil, now)
//	tags := snap.Evaluate(nil, &ev, now, engine.NewScratch())
package engine
