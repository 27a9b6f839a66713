package lifters

import (
	"strconv"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// canarySpecs: the same composite fingerprint on two addresses merges
// identities and is no technique, so that no predicate reads it.
func canarySpecs() []Spec {
	specs := []Spec{
		{Name: "canary_webdriver", build: webdriver,
			Params: []engine.Param{{Name: "signal", Type: engine.ParamString}}},
		{Name: "canary_automation_hash", build: automationHash, Params: []engine.Param{words("catalogues")}},
		{Name: "canary_webrtc_leak", build: webrtcLeak, Params: []engine.Param{flag("require_geo_mismatch", true)}},
		{Name: "canary_tz_lang_mismatch", build: tzLangMismatch, Params: []engine.Param{or(atLeast("min_zones", 1), 3)}},
		{Name: "canary_platform_inconsistency", build: platformInconsistency},
	}
	for i := range specs {
		specs[i].Kinds = []event.Kind{event.KindCanaryFingerprint}
		specs[i].Evidence = []string{"metric", "matched_signature"}
	}
	return specs
}

// finding writes canary evidence. Both values are this package's or the
// rule's words, never the payload's.
func finding(h *engine.Hit, metric, signature string) bool {
	h.Extra("metric", event.StringValue(metric))
	h.Extra("matched_signature", event.StringValue(signature))
	return true
}

func webdriver(b *binding) matchFunc {
	driven := b.field("navigator_webdriver")
	return func(ev *event.Event, h *engine.Hit) bool {
		return driven.isTrue(ev) && finding(h, "navigator_webdriver", "navigator.webdriver_true")
	}
}

func automationHash(b *binding) matchFunc {
	names, tools := []*field{b.field("canvas_audio_hash_match"), b.field("matched_tool")}, b.args.Strings("catalogues")
	return func(ev *event.Event, h *engine.Hit) bool {
		name := firstText(ev, names)
		for _, tool := range tools {
			if strings.EqualFold(name, tool) {
				return finding(h, "canvas_audio_hash", tool)
			}
		}
		return false
	}
}

// webrtcLeak fires on the mismatch whatever require_geo_mismatch says: the
// payload reports no leak without one, so the parameter only documents the
// rule.
func webrtcLeak(b *binding) matchFunc {
	mismatch := b.field("webrtc_geo_mismatch")
	return func(ev *event.Event, h *engine.Hit) bool {
		return mismatch.isTrue(ev) && finding(h, "webrtc_geo_mismatch", "webrtc_private_vs_source_ip")
	}
}

func tzLangMismatch(b *binding) matchFunc {
	zones, lang := b.field("tz_mismatch_zones"), b.field("lang_country_mismatch")
	least := b.args.Number("min_zones")
	signature := "tz_zones>=" + strconv.FormatFloat(least, 'f', -1, 64)
	return func(ev *event.Event, h *engine.Hit) bool {
		if zones.reaches(ev, least) {
			return finding(h, "timezone_geo_mismatch", signature)
		}
		return lang.isTrue(ev) && finding(h, "language_country_mismatch", "lang_vs_source_country")
	}
}

func platformInconsistency(b *binding) matchFunc {
	platform, webgl := b.field("platform_ua_inconsistent"), b.field("ua_webgl_mismatch")
	return func(ev *event.Event, h *engine.Hit) bool {
		if platform.isTrue(ev) {
			return finding(h, "platform_ua_mismatch", "navigator.platform_vs_userAgent")
		}
		return webgl.isTrue(ev) && finding(h, "ua_webgl_mismatch", "userAgent_vs_webgl_renderer")
	}
}
