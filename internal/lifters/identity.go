package lifters

import (
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func identitySpecs() []Spec {
	return []Spec{{Name: "identity_password_spraying", Kinds: []event.Kind{event.KindIdentity}, build: passwordSpraying,
		Params:   []engine.Param{or(atLeast("account_threshold", 1), 3)},
		Evidence: []string{"shared_password_hash", "account_count"}}}
}

// passwordSpraying is a finding about the identity, which several attackers
// may share: its tags name no attacker, and an event without an identity
// gives no tag.
func passwordSpraying(b *binding) matchFunc {
	hash, accounts := b.field("shared_password_hash"), b.field("account_count")
	threshold, shown := b.args.Number("account_threshold"), b.shows("shared_password_hash", "account_count")
	return func(ev *event.Event, h *engine.Hit) bool {
		if ev.IdentityUUID == "" || hash.text(ev) == "" || !accounts.reaches(ev, threshold) {
			return false
		}
		h.DropAttacker = true
		show(ev, h, shown)
		return true
	}
}
