package lifters

import (
	"ttpctl/internal/defaults"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func credentialSpecs() []Spec {
	auth, credential := []event.Kind{event.KindAuthAttempt}, []event.Kind{event.KindCredential}
	window := or(atLeast("window_minutes", 0), 5)
	return []Spec{
		{Name: "credential_auth_brute_generic", Kinds: auth, build: authBrute,
			Params:   []engine.Param{or(atLeast("fail_threshold", 1), 5), window},
			Evidence: []string{"fail_count", "service"}},
		{Name: "credential_password_guessing", Kinds: auth, build: passwordGuessing,
			Params:   []engine.Param{or(atLeast("pw_threshold", 1), 5), window},
			Evidence: []string{"username", "password_count"}},
		{Name: "credential_reuse", Kinds: credential, build: credentialReuse,
			Evidence: []string{"credential_hash", "reuse_count"}},
		{Name: "credential_valid_account_use", Kinds: auth, build: validAccountUse,
			Params:   []engine.Param{flag("require_prior_brute", true)},
			Evidence: []string{"username", "service"}},
		{Name: "credential_default_credentials", Kinds: auth, build: defaultCredentials,
			Params: []engine.Param{{Name: "pairs", Type: engine.ParamPairs, Required: true, OneOf: []string{shippedPairs}},
				flag("require_success", false)},
			Evidence: []string{"username", "service"}},
		{Name: "credential_default_attempt", Kinds: auth, build: defaultAttempt,
			Evidence: []string{"username", "service"}},
	}
}

// shippedPairs stands for the pairs of package defaults.
const shippedPairs = "shipped"

func authBrute(b *binding) matchFunc {
	fails, threshold := b.field("fail_count"), b.args.Number("fail_threshold")
	inWindow, shown := b.window(), b.shows("fail_count", "service")
	return func(ev *event.Event, h *engine.Hit) bool {
		if !fails.reaches(ev, threshold) || !inWindow(ev) {
			return false
		}
		show(ev, h, shown)
		return true
	}
}

func passwordGuessing(b *binding) matchFunc {
	username, passwords := b.field("username"), b.field("password_count")
	threshold, inWindow := b.args.Number("pw_threshold"), b.window()
	shown := b.shows("username", "password_count")
	return func(ev *event.Event, h *engine.Hit) bool {
		if !passwords.reaches(ev, threshold) || username.text(ev) == "" || !inWindow(ev) {
			return false
		}
		show(ev, h, shown)
		return true
	}
}

// window returns the test that an event's count was not taken over more time
// than the rule grants. A count that names no window passes.
func (b *binding) window() func(*event.Event) bool {
	seconds, most := b.field("window_s"), b.args.Number("window_minutes")*60
	return func(ev *event.Event) bool {
		n, ok := seconds.num(ev)
		return !ok || n <= most
	}
}

func credentialReuse(b *binding) matchFunc {
	hash, count := b.field("credential_hash"), b.field("reuse_count")
	shown := b.shows("credential_hash", "reuse_count")
	return func(ev *event.Event, h *engine.Hit) bool {
		if hash.text(ev) == "" || !count.reaches(ev, 1) {
			return false
		}
		show(ev, h, shown)
		return true
	}
}

func validAccountUse(b *binding) matchFunc {
	result, brute := b.field("result"), b.field("prior_brute")
	needBrute, shown := b.args.Bool("require_prior_brute"), b.shows("username", "service")
	return func(ev *event.Event, h *engine.Hit) bool {
		if result.text(ev) != "success" || needBrute && !brute.isTrue(ev) {
			return false
		}
		show(ev, h, shown)
		return true
	}
}

func defaultCredentials(b *binding) matchFunc {
	username, password, result := b.field("username"), b.field("password"), b.field("result")
	needSuccess, shown := b.args.Bool("require_success"), b.shows("username", "service")
	pairs := make(map[[2]string]bool)
	if b.args.String("pairs") == shippedPairs {
		pairs = defaults.Pairs()
	}
	for _, p := range b.args.Pairs("pairs") {
		pairs[p] = true
	}
	return func(ev *event.Event, h *engine.Hit) bool {
		// An empty password is a password, an absent one is a login by key.
		if password.value(ev) == nil || !pairs[[2]string{username.text(ev), password.text(ev)}] {
			return false
		}
		if needSuccess && result.text(ev) != "success" {
			return false
		}
		show(ev, h, shown)
		return true
	}
}

// defaultAttempt fires on what the reader marked: one attempt a day.
func defaultAttempt(b *binding) matchFunc {
	first, shown := b.field("default_attempt"), b.shows("username", "service")
	return func(ev *event.Event, h *engine.Hit) bool {
		if !first.isTrue(ev) {
			return false
		}
		show(ev, h, shown)
		return true
	}
}
