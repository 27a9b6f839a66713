package explain

import (
	"fmt"
	"strings"

	"ttpctl/internal/event"
)

// TextKinds are the kinds that a text alone makes an event of: those whose
// rules have a field that they read when they name none.
func TextKinds() (names []string) {
	for _, k := range event.Kinds() {
		if k.DefaultField() != "" {
			names = append(names, k.String())
		}
	}
	return names
}

// textEvent returns an event of a kind that holds text, of an attacker resolved
// to an identity, so that no rule stays silent for want of either.
func textEvent(kind event.Kind, text string, line int) *event.Event {
	ev := &event.Event{SourceID: "explain", AttackerUUID: "explain", IdentityUUID: "explain"}
	if line > 0 {
		ev.SourceID = fmt.Sprintf("line %d", line)
	}
	ev.SetKind(kind.String())
	if kind == event.KindHTTPRequest {
		setRequest(ev, text)
	} else {
		ev.SetField(kind.DefaultField(), event.StringValue(text))
	}
	return ev
}

// setRequest gives ev a request as a client sends it: the request line, headers
// up to an empty line, the body. What does not begin with a method is a URL.
func setRequest(ev *event.Event, text string) {
	head, body, ok := strings.Cut(text, "\r\n\r\n")
	if !ok {
		head, body, _ = strings.Cut(text, "\n\n")
	}
	line, headers, _ := strings.Cut(head, "\n")
	line = strings.TrimSuffix(line, "\r")
	method, url, ok := strings.Cut(line, " ")
	if ok && method != "" && strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		ev.SetField("method", event.StringValue(method))
		if i := strings.LastIndex(url, " HTTP/"); i >= 0 {
			url = url[:i]
		}
	} else {
		url = line
	}
	ev.SetField("raw_url", event.StringValue(url))
	if body != "" {
		ev.SetField("body", event.StringValue(body))
	}
	setHeaders(ev, headers)
}

// setHeaders gives ev headers, one a line, and the field of its own that the
// user agent has.
func setHeaders(ev *event.Event, lines string) {
	all := event.Value{Kind: event.Object}
	for line := range strings.Lines(lines) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		all.Keys, all.List = append(all.Keys, strings.TrimSpace(name)), append(all.List, event.StringValue(value))
		if strings.EqualFold(strings.TrimSpace(name), "user-agent") {
			ev.SetField("user_agent", event.StringValue(value))
		}
	}
	if len(all.Keys) > 0 {
		ev.SetField("headers", all)
	}
}
