package web

import (
	"html"
	"strings"
)

// bareEntities are the names of the entities that HTML reads without a semicolon too
// (https://html.spec.whatwg.org/entities.json).
var bareEntities = func() map[string]bool {
	known := map[string]bool{}
	for _, name := range strings.Fields("AElig AMP Aacute Acirc Agrave Aring Atilde Auml COPY Ccedil ETH Eacute Ecirc Egrave Euml GT Iacute Icirc " +
		"Igrave Iuml LT Ntilde Oacute Ocirc Ograve Oslash Otilde Ouml QUOT REG THORN Uacute Ucirc Ugrave Uuml Yacute aacute acirc acute aelig agrave amp " +
		"aring atilde auml brvbar ccedil cedil cent copy curren deg divide eacute ecirc egrave eth euml frac12 frac14 frac34 gt iacute icirc iexcl igrave " +
		"iquest iuml laquo lt macr micro middot nbsp not ntilde oacute ocirc ograve ordf ordm oslash otilde ouml para plusmn pound quot raquo reg sect " +
		"shy sup1 sup2 sup3 szlig thorn times uacute ucirc ugrave uml uuml yacute yen yuml") {
		known[name] = true
	}
	return known
}()

// unentity is [html.UnescapeString], which copies any text with an ampersand, such as
// a query of two parameters. A text without an entity stays as it is.
func unentity(s string) string {
	for rest := s; ; {
		at := strings.IndexByte(rest, '&')
		if at < 0 {
			return s
		}
		if rest = rest[at+1:]; beginsEntity(rest) {
			return html.UnescapeString(s)
		}
	}
}

// beginsEntity reports whether s, which follows an ampersand, may be an entity.
func beginsEntity(s string) bool {
	if strings.HasPrefix(s, "#") {
		return true
	}
	n := 0
	for n < len(s) && isAlnum(s[n]) {
		if n++; bareEntities[s[:n]] {
			return true
		}
	}
	return n < len(s) && s[n] == ';'
}
