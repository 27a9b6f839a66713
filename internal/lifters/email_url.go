package lifters

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func idnURL(b *binding) matchFunc {
	urls, mail := b.field("urls"), b.emailEvidence()
	prefix, confusable := strings.ToLower(b.args.String("punycode_prefix")), b.args.Bool("require_confusable")
	if prefix == "" || !isASCII(prefix) {
		b.report(b.params.Errorf(engine.CodeBadParam, "punycode_prefix", "punycode_prefix wants ASCII text"))
	}
	toASCII := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule())
	return func(ev *event.Event, h *engine.Hit) bool {
		list := urls.list(ev)
		for i := range list {
			host := hostOf(list[i].Str)
			if isASCII(host) && !mayContainFold(host, prefix) {
				continue
			}
			host = asciiHost(host, toASCII)
			if hasLabel(host, prefix, confusable) {
				h.Extra("matched_url_host", event.StringValue(host))
				return mail.show(ev, h)
			}
		}
		return false
	}
}

// hostOf returns the host of a URL: no scheme, user, port or path. Browsers
// read a backslash as a slash.
func hostOf(url string) string {
	url = strings.TrimSpace(url)
	if i := strings.IndexByte(url, ':'); i >= 0 && i+2 < len(url) && isSlash(url[i+1]) && isSlash(url[i+2]) {
		url = url[i+3:]
	}
	url = strings.TrimLeft(url, `/\`)
	if i := strings.IndexAny(url, `/\?#`); i >= 0 {
		url = url[:i]
	}
	url = url[strings.LastIndexByte(url, '@')+1:]
	if i := strings.LastIndexByte(url, ':'); i >= 0 {
		url = url[:i]
	}
	return strings.TrimSuffix(url, ".")
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// asciiHost converts a host to the form that DNS is asked for. A host that
// IDNA refuses is converted label by label as it stands.
func asciiHost(host string, profile *idna.Profile) string {
	if isASCII(host) {
		return strings.ToLower(host)
	}
	if ascii, err := profile.ToASCII(host); err == nil {
		return ascii
	}
	if ascii, err := idna.Punycode.ToASCII(strings.ToLower(host)); err == nil {
		return ascii
	}
	return ""
}

// hasLabel reports whether a label of host begins with prefix and, if asked,
// could be taken for another.
func hasLabel(host, prefix string, confusable bool) bool {
	for label := range strings.SplitSeq(host, ".") {
		if !strings.HasPrefix(label, prefix) {
			continue
		}
		if !confusable {
			return true
		}
		if text, err := idna.Punycode.ToUnicode(label); err == nil && isConfusable(text) {
			return true
		}
	}
	return false
}

// isConfusable reports whether a label mixes scripts that no one language
// mixes, or reads like an ASCII label letter by letter.
func isConfusable(label string) bool {
	scripts, ascii := 0, true
	for _, r := range label {
		scripts |= scriptOf(r)
		ascii = ascii && (r < 0x80 || strings.ContainsRune(lookalikes, r))
	}
	return ascii && !isASCII(label) || !oneLanguage(scripts)
}

// Scripts as bits; all that stand alone share one bit beyond the named.
const (
	latin = 1 << iota
	cyrillic
	greek
	armenian
	han
	kana
	hangul
	bopomofo
	otherScript
)

func scriptOf(r rune) int {
	tables := [...]struct {
		table *unicode.RangeTable
		bit   int
	}{
		{unicode.Latin, latin}, {unicode.Cyrillic, cyrillic}, {unicode.Greek, greek}, {unicode.Armenian, armenian},
		{unicode.Han, han}, {unicode.Hiragana, kana}, {unicode.Katakana, kana}, {unicode.Hangul, hangul},
		{unicode.Bopomofo, bopomofo}, {unicode.Common, 0}, {unicode.Inherited, 0},
	}
	for _, t := range tables {
		if unicode.Is(t.table, r) {
			return t.bit
		}
	}
	return otherScript
}

// oneLanguage reports whether one way of writing uses all the scripts: the
// highly restrictive level of Unicode TR 39.
func oneLanguage(scripts int) bool {
	if scripts&(scripts-1) == 0 {
		return true
	}
	for _, ok := range [...]int{latin | han | kana, latin | han | bopomofo, latin | han | hangul} {
		if scripts&^ok == 0 {
			return true
		}
	}
	return false
}

// lookalikes are lower-case letters that common fonts draw like ASCII ones,
// from https://www.unicode.org/Public/security/latest/confusables.txt:
// Cyrillic, Greek, Armenian, then Latin beyond ASCII.
const lookalikes = "аеѕіјӏорсухһԁԛԝѵ" + "αγινορσυ" + "ցհոսօզ" + "ɑɡɩıʋᴏᴠᴡᴢ"
