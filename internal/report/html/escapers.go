package html

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// escapers are what html/template may put into page.html, by the names it gives them,
// and css and js, which mark the page's own style sheet and script.
var escapers = map[string]func(reflect.Value) (string, error){
	"css":                           textOf,
	"js":                            textOf,
	"_html_template_htmlescaper":    markup,
	"_html_template_attrescaper":    markup,
	"_html_template_rcdataescaper":  markup,
	"_html_template_urlfilter":      onlyHTTPS,
	"_html_template_urlnormalizer":  plainURL,
	"_html_template_urlescaper":     queryEscape,
	"_html_template_cssvaluefilter": textOf, // of css alone, see TestEscaped
	"_html_template_jsvalescaper":   scriptValue,
}

func markup(v reflect.Value) (string, error) {
	text, err := textOf(v)
	return inMarkup.Replace(text), err
}

// noURL is what html/template has in the place of an address that it does not trust.
const noURL = "#ZgotmplZ"

// onlyHTTPS lets addresses of pages pass: all that the page links to.
func onlyHTTPS(v reflect.Value) (string, error) {
	text, err := textOf(v)
	if !strings.HasPrefix(text, "https://") {
		return noURL, err
	}
	return text, err
}

// plainURL lets addresses pass of which no character has to be escaped.
func plainURL(v reflect.Value) (string, error) {
	text, err := textOf(v)
	if text != noURL && strings.ContainsFunc(text, func(r rune) bool { return !unreserved(r) && !strings.ContainsRune(":/", r) }) {
		return noURL, err
	}
	return text, err
}

func unreserved(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~", r)
}

// queryEscape writes all that is not unreserved as %xx.
func queryEscape(v reflect.Value) (string, error) {
	text, err := textOf(v)
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; unreserved(rune(c)) && c < 0x80 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String(), err
}

// scriptValue writes data as JSON that ends no script element: package json spells
// out <, >, & and what ends a line in JavaScript. The page's script is as it is.
func scriptValue(v reflect.Value) (string, error) {
	if v.Kind() == reflect.String {
		return v.String(), nil // of js alone, see TestEscaped
	}
	text, err := json.Marshal(v.Interface())
	return string(text), err
}
