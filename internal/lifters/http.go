package lifters

import (
	"slices"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func httpSpecs() []Spec {
	specs := []Spec{
		{Name: "http_scanner_ja4h", build: scannerJA4H,
			Params: []engine.Param{{Name: "catalogues", Type: engine.ParamStrings}}},
		{Name: "http_h2_h3_probe", build: h2h3Probe},
		{Name: "http_quic_probe", build: quicProbe},
	}
	for i := range specs {
		specs[i].Kinds = []event.Kind{event.KindHTTPFingerprint}
		specs[i].Evidence = []string{"kind", "hash", "protocol", "client_ip", "seen_at", "raw"}
	}
	return specs
}

// httpEvidence is what findings on HTTP fingerprints show.
type httpEvidence struct {
	typ    *field
	kind   string // when the payload names no fingerprint_type
	hashes []*field
	shown  []source
}

func (b *binding) httpEvidence(kind string, hashes ...string) *httpEvidence {
	e := &httpEvidence{typ: b.field("fingerprint_type"), kind: kind,
		shown: append(b.shows("protocol", "client_ip", "seen_at"), source{"raw", b.field("settings")})}
	for _, name := range hashes {
		e.hashes = append(e.hashes, b.field(name))
	}
	return e
}

func (e *httpEvidence) show(ev *event.Event, h *engine.Hit) bool {
	kind := e.typ.text(ev)
	if kind == "" {
		kind = e.kind
	}
	h.Extra("kind", event.StringValue(kind))
	if hash := firstText(ev, e.hashes); hash != "" {
		h.Extra("hash", event.StringValue(hash))
	}
	show(ev, h, e.shown)
	return true
}

func scannerJA4H(b *binding) matchFunc {
	ja4h, shown := b.field("ja4h"), b.httpEvidence("ja4h", "ja4h")
	known := b.args.Strings("catalogues")
	if known == nil {
		for _, n := range b.shippedNames("ja4h.tsv") {
			known = append(known, n.value)
		}
	}
	return func(ev *event.Event, h *engine.Hit) bool {
		first, _, _ := strings.Cut(ja4h.text(ev), "_")
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(first, k) }) {
			return false
		}
		return shown.show(ev, h)
	}
}

func h2h3Probe(b *binding) matchFunc {
	typ, shown := b.field("fingerprint_type"), b.httpEvidence("", "ja4h", "ja4_quic")
	return func(ev *event.Event, h *engine.Hit) bool {
		switch strings.ToLower(typ.text(ev)) {
		case "http2_settings", "http3_settings":
			return shown.show(ev, h)
		}
		return false
	}
}

func quicProbe(b *binding) matchFunc {
	quic, shown := b.field("ja4_quic"), b.httpEvidence("ja4_quic", "ja4_quic")
	return func(ev *event.Event, h *engine.Hit) bool {
		return quic.text(ev) != "" && shown.show(ev, h)
	}
}
