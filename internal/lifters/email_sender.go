package lifters

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// Signals of a forged sender.
const (
	returnPathMismatch = "from_returnpath_mismatch"
	mailFromMismatch   = "from_mailfrom_mismatch"
	dkimFail           = "dkim_fail"
	spfFail            = "spf_fail"
)

func senderSignals() []string {
	return []string{returnPathMismatch, mailFromMismatch, dkimFail, spfFail}
}

// signalHeaders are the headers that carry each signal.
func signalHeaders(signal string) []string {
	switch signal {
	case returnPathMismatch:
		return []string{"From", "Return-Path"}
	case mailFromMismatch:
		return []string{"From"}
	case dkimFail:
		return []string{"DKIM-Signature"}
	}
	return []string{"Received-SPF"}
}

// senderFields are the domains of a message's sender, in order of preference,
// and what SPF and DKIM made of it.
type senderFields struct {
	from, mailFrom, returnPath       []domainField
	dkim, spf                        *field // results
	dkimSigned, spfPass, listMessage *field
}

// listField is the hook for the message itself: whoever resolves it may set
// this boolean, once the field table has it, when the headers show a list or
// a bounce (List-Id, List-Unsubscribe, Precedence, null return path).
const listField = "list_message"

// A domainField holds a domain or an address. An address without @ has no
// domain, as MAILER-DAEMON and the null return path.
type domainField struct {
	*field
	address bool
}

// from and mailFrom are the fields that hold those domains, best first.
func (b *binding) from() []domainField {
	return []domainField{{b.field("from_domain"), false}, {b.field("from"), true}}
}

func (b *binding) mailFrom() []domainField {
	return []domainField{{b.field("mail_from_domain"), false}, {b.field("mail_from"), true}}
}

func senderMasquerade(b *binding) matchFunc {
	f := &senderFields{
		from: b.from(), mailFrom: b.mailFrom(), returnPath: []domainField{{b.field("return_path_domain"), false}},
		dkim: b.field("dkim_result"), spf: b.field("spf_result"),
		dkimSigned: b.field("dkim_signed"), spfPass: b.field("spf_pass"), listMessage: b.optional(listField),
	}
	wanted, authNeeded := b.args.Strings("signals"), b.args.Bool("require_auth_fail")
	mail := b.emailEvidence()
	return func(ev *event.Event, h *engine.Hit) bool {
		strict := authNeeded || f.listMessage.isTrue(ev)
		var found []string
		for _, signal := range wanted {
			if f.holds(ev, signal, strict) {
				found = append(found, signal)
			}
		}
		if found == nil {
			return false
		}
		h.Extra("matched_signals", event.StringsValue(found))
		h.Extra("matched_headers", event.StringsValue(headersOf(found)))
		return mail.show(ev, h)
	}
}

func headersOf(signals []string) []string {
	var headers []string
	for _, s := range signals {
		headers = append(headers, signalHeaders(s)...)
	}
	slices.Sort(headers)
	return slices.Compact(headers)
}

// holds reports whether a signal is seen. Strictly, a mismatch of domains
// counts only beside a failed check: nearly all list mail differs.
func (f *senderFields) holds(ev *event.Event, signal string, strict bool) bool {
	switch signal {
	case dkimFail:
		return failed(ev, f.dkim, f.dkimSigned)
	case spfFail:
		return failed(ev, f.spf, f.spfPass)
	}
	if strict && !failed(ev, f.dkim, f.dkimSigned) && !failed(ev, f.spf, f.spfPass) {
		return false
	}
	other := f.returnPath
	if signal == mailFromMismatch {
		other = f.mailFrom
	}
	from, to := firstDomain(ev, f.from), firstDomain(ev, other)
	return differ(from, to) && !sameOrganisation(from, to)
}

// failed reports a check whose result is fail, or that was not passed where
// there is no result: softfail, neutral and the errors are not fail.
func failed(ev *event.Event, result, passed *field) bool {
	if r := result.text(ev); r != "" {
		return strings.EqualFold(r, "fail")
	}
	return passed.isFalse(ev)
}

// firstDomain returns the domain of the first field that has one.
func firstDomain(ev *event.Event, fields []domainField) string {
	for _, f := range fields {
		text := f.text(ev)
		if f.address && strings.IndexByte(text, '@') < 0 {
			continue
		}
		if d := domainOf(text); d != "" {
			return d
		}
	}
	return ""
}

// domainOf returns the domain of an address, or of a domain itself: what is
// behind the last @, in lower case, without brackets or a trailing dot.
func domainOf(address string) string {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	return strings.ToLower(strings.TrimRight(strings.TrimLeft(domain, " \t<"), " \t\r\n>."))
}

// differ reports whether both domains are known and not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

// isAddressLiteral reports [192.0.2.1], [IPv6:...] and bare addresses: no
// top-level domain is a number.
func isAddressLiteral(domain string) bool {
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	return strings.HasSuffix(domain, "]") || strings.Contains(domain, ":") || last != "" && strings.Trim(last, "0123456789") == ""
}

// sameOrganisation reports whether two domains that differ were registered as
// one: whether what they share is more than a public suffix. Asking that once
// of the shared part, not of each domain, spares a search and an allocation.
func sameOrganisation(a, b string) bool {
	a, b = asciiDomain(a), asciiDomain(b)
	if isAddressLiteral(a) || isAddressLiteral(b) {
		return a == b
	}
	shared := sharedLabels(a, b)
	if shared == "" {
		return false
	}
	suffix, _ := publicsuffix.PublicSuffix(shared)
	return len(shared) > len(suffix)
}

func asciiDomain(domain string) string {
	if isASCII(domain) {
		return domain
	}
	if ascii, err := idna.Punycode.ToASCII(domain); err == nil {
		return ascii
	}
	return domain
}

// sharedLabels returns the labels that a and b have in common at their ends.
func sharedLabels(a, b string) string {
	n := 0 // bytes that are alike
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	wholeA := n == len(a) || a[len(a)-1-n] == '.'
	wholeB := n == len(b) || b[len(b)-1-n] == '.'
	if wholeA && wholeB {
		return a[len(a)-n:]
	}
	_, shared, _ := strings.Cut(a[len(a)-n:], ".")
	return shared
}
