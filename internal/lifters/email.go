package lifters

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func emailSpecs() []Spec {
	specs := []Spec{
		{Name: "email_open_relay", build: openRelay,
			Params: []engine.Param{or(atLeast("rcpt_threshold", 1), 10), flag("require_foreign_from", false)}},
		{Name: "email_mass_phish", build: massPhish, Params: []engine.Param{or(atLeast("rcpt_threshold", 1), 25),
			{Name: "body_simhash_window_h", Type: engine.ParamNumber, Idle: true}}},
		{Name: "email_xmailer_kit", build: xmailerKit, Evidence: []string{"matched_kit"},
			Params: []engine.Param{fixed("catalog", "phishing_kits")}},
		{Name: "email_idn_url", build: idnURL, Evidence: []string{"matched_url_host"},
			Params: []engine.Param{
				{Name: "punycode_prefix", Type: engine.ParamString, Default: "xn--"}, flag("require_confusable", false)}},
		{Name: "email_sender_masquerade", build: senderMasquerade, Evidence: []string{"matched_signals"},
			Params: []engine.Param{words("signals", senderSignals()...), flag("require_auth_fail", false)}},
		{Name: "email_malicious_attachment", build: maliciousAttachment, Evidence: []string{"matched_trigger"},
			Params: []engine.Param{words("triggers", "office_macro", "lnk", "iso", "img",
				"protected_archive", "html_smuggling", "mal_hash_match")}},
		{Name: "email_bec", build: bec, Evidence: []string{"matched_subject_kw", "matched_body_kw"},
			Params: []engine.Param{words("subject_keywords"), words("body_action_keywords")}},
		{Name: "email_encoded_payload", build: encodedPayload, Evidence: []string{"encoded_byte_count"},
			Params: []engine.Param{or(atLeast("min_bytes", 1), 4096), fixed("encoding", "base64")}},
	}
	for i := range specs {
		specs[i].Kinds = []event.Kind{event.KindEmail}
		specs[i].Evidence = append(emailKeys(), specs[i].Evidence...)
	}
	return specs
}

// emailKeys are the evidence keys of every rule on email: no address, no
// text, no header value.
func emailKeys() []string {
	return []string{"body_sha256", "matched_headers", "rcpt_domain_set", "attachment_sha256s", "rcpt_count"}
}

// emailEvidence is what every email finding shows.
type emailEvidence struct {
	shown         []source
	bodyHash      *field
	body, domains *field
	headers       []string // names of the headers that the predicate judges
}

// emailEvidence resolves the fields that email findings show. Outside email
// events they are absent and nothing is shown.
func (b *binding) emailEvidence(headers ...string) *emailEvidence {
	return &emailEvidence{
		shown:    b.shows("attachment_sha256s", "rcpt_count"),
		bodyHash: b.field("body_sha256"), body: b.field("body_text"), domains: b.field("rcpt_domains"),
		headers: headers,
	}
}

// show writes the evidence and returns true.
func (e *emailEvidence) show(ev *event.Event, h *engine.Hit) bool {
	if ev.Kind != event.KindEmail {
		return true
	}
	show(ev, h, e.shown)
	if hash := e.bodyHash.text(ev); hash != "" {
		h.Extra("body_sha256", event.StringValue(hash))
	} else if body := e.body.text(ev); body != "" {
		sum := sha256.Sum256([]byte(body))
		h.Extra("body_sha256", event.StringValue(hex.EncodeToString(sum[:])))
	}
	if set := domainSet(e.domains.list(ev)); len(set) > 0 {
		h.Extra("rcpt_domain_set", event.StringsValue(set))
	}
	if len(e.headers) > 0 {
		h.Extra("matched_headers", event.StringsValue(e.headers))
	}
	return true
}

// maxDomainSet bounds how many of a message's domains are looked at.
const maxDomainSet = 1024

// domainSet returns the distinct domains of a list, sorted; of an address
// only its domain.
func domainSet(list []event.Value) []string {
	var set []string
	for _, v := range list[:min(len(list), maxDomainSet)] {
		if d := domainOf(v.Str); d != "" {
			set = append(set, d)
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func openRelay(b *binding) matchFunc {
	rcpts, threshold := b.field("rcpt_count"), b.args.Number("rcpt_threshold")
	foreign := b.args.Bool("require_foreign_from")
	var headers []string
	var from, mailFrom []domainField
	if foreign {
		headers, from, mailFrom = []string{"From"}, b.from(), b.mailFrom()
	}
	mail := b.emailEvidence(headers...)
	return func(ev *event.Event, h *engine.Hit) bool {
		if !rcpts.reaches(ev, threshold) {
			return false
		}
		if foreign && !differ(firstDomain(ev, from), firstDomain(ev, mailFrom)) {
			return false
		}
		return mail.show(ev, h)
	}
}

func massPhish(b *binding) matchFunc {
	rcpts, threshold := b.field("rcpt_count"), b.args.Number("rcpt_threshold")
	simhash, mail := b.field("body_simhash"), b.emailEvidence()
	return func(ev *event.Event, h *engine.Hit) bool {
		if !rcpts.reaches(ev, threshold) {
			return false
		}
		v := simhash.value(ev)
		return v != nil && (v.Kind == event.Number || v.Str != "") && mail.show(ev, h)
	}
}

func xmailerKit(b *binding) matchFunc {
	xmailer, kit, known := b.field("x_mailer"), b.field("matched_kit"), b.field("xmailer_kit_match")
	kits, mail := b.shippedNames("phishing_kits.tsv"), b.emailEvidence("X-Mailer")
	return func(ev *event.Event, h *engine.Hit) bool {
		mailer, name := xmailer.text(ev), kit.text(ev)
		fired := known.isTrue(ev) || mailer != "" && name != ""
		if name == "" {
			if name = kitOf(mailer, kits); name != "" {
				fired = true
			}
		}
		if !fired {
			return false
		}
		if name != "" {
			h.Extra("matched_kit", event.StringValue(name))
		}
		return mail.show(ev, h)
	}
}

func kitOf(mailer string, kits []named) string {
	for _, k := range kits {
		if containsFold(mailer, k.value) {
			return k.name
		}
	}
	return ""
}

// containsFold reports whether s holds low, which is lower-case ASCII, in any
// case.
func containsFold(s, low string) bool {
	for i := range len(s) {
		if hasPrefixFold(s[i:], low) {
			return true
		}
	}
	return false
}

// shippedNames reads a table of names, its values in lower case.
func (b *binding) shippedNames(table string) []named {
	rows, err := readNamed(b.data, table)
	if err != nil {
		b.report(b.params.Errorf(engine.CodeBadParam, "kind", "the shipped table is unusable: %s", err))
		return nil
	}
	for i := range rows {
		rows[i].value = strings.ToLower(rows[i].value)
	}
	return rows
}

func maliciousAttachment(b *binding) matchFunc {
	flags := map[string]*field{
		"office_macro":      b.field("attachment_macros"),
		"protected_archive": b.field("attachment_password_protected"),
		"html_smuggling":    b.field("html_smuggling"),
		"mal_hash_match":    b.field("mal_hash_match"),
	}
	extensions, mail := b.field("attachment_extensions"), b.emailEvidence()
	triggers := b.args.Strings("triggers")
	return func(ev *event.Event, h *engine.Hit) bool {
		for _, t := range triggers {
			if f := flags[t]; f != nil && f.isTrue(ev) || f == nil && holdsExtension(extensions.list(ev), t) {
				h.Extra("matched_trigger", event.StringValue(t))
				return mail.show(ev, h)
			}
		}
		return false
	}
}

func holdsExtension(list []event.Value, ext string) bool {
	return slices.ContainsFunc(list, func(v event.Value) bool {
		return strings.EqualFold(strings.TrimPrefix(v.Str, "."), ext)
	})
}

func bec(b *binding) matchFunc {
	subject, body := b.field("subject"), b.field("body_text")
	subjectWords, bodyWords := newWordSet(b.args.Strings("subject_keywords")), newWordSet(b.args.Strings("body_action_keywords"))
	mail := b.emailEvidence("Subject")
	return func(ev *event.Event, h *engine.Hit) bool {
		inSubject, ok := subjectWords.first(subject.text(ev))
		if !ok {
			return false
		}
		inBody, ok := bodyWords.first(body.text(ev))
		if !ok {
			return false
		}
		h.Extra("matched_subject_kw", event.StringValue(inSubject))
		h.Extra("matched_body_kw", event.StringValue(inBody))
		return mail.show(ev, h)
	}
}
