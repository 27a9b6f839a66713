package aggregate

import "strings"

// isForeign reports whether what was sent as a user name or a password is text
// of another protocol: clients of HTTP, SIP, TLS and others send their first
// lines to whoever listens, and a decoy for telnet takes them for a login.
func isForeign(text string) bool {
	if len(text) < 3 {
		return false
	}
	return isBinary(text) || isRequestLine(text) || isHeaderLine(text) || isGreeting(text)
}

// isBinary reports the first bytes of TLS, of RDP (TPKT) and of length-prefixed protocols such as SMB, as they
// are or as sensors escape them.
func isBinary(text string) bool {
	for _, head := range [...]string{"\x16\x03", `\x16\x03`, "\x03\x00\x00", `\x03\x00\x00`, "\x00\x00\x00", `\x00\x00\x00`} {
		if strings.HasPrefix(text, head) {
			return true
		}
	}
	return strings.Contains(text, "mstshash=")
}

// isRequestLine reports the request line or status line of HTTP, RTSP or SIP.
func isRequestLine(text string) bool {
	for _, version := range [...]string{"HTTP/", "RTSP/", "SIP/"} {
		i := strings.Index(text, version)
		if i >= 0 && len(text) > i+len(version) && isDigit(text[i+len(version)]) && (i == 0 || text[i-1] == ' ') {
			return true
		}
	}
	method, target, ok := strings.Cut(text, " ")
	if !ok || !isUpper(method) {
		return false
	}
	switch {
	case strings.HasPrefix(target, "/"), target == "*", strings.HasPrefix(target, "* "):
		return true
	}
	scheme, _, ok := strings.Cut(target, ":")
	switch scheme {
	case "http", "https", "sip", "sips", "tel", "rtsp", "urn":
		return ok
	}
	return false
}

// isUpper reports whether text is a word in capitals.
func isUpper(text string) bool {
	return len(text) >= 3 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isHeaderLine reports a header field of HTTP or SIP, by the names that such
// requests hold.
func isHeaderLine(text string) bool {
	name, _, ok := strings.Cut(text, ": ")
	if !ok {
		return false
	}
	switch strings.ToLower(name) {
	case "host", "user-agent", "accept", "accept-encoding", "accept-language", "accept-charset", "connection",
		"content-length", "content-type", "cookie", "cookie2", "referer", "origin", "authorization", "cache-control",
		"pragma", "upgrade", "upgrade-insecure-requests", "transfer-encoding", "via", "from", "to", "call-id", "cseq",
		"contact", "max-forwards", "x-forwarded-for", "soapaction":
		return true
	}
	return false
}

// isGreeting reports the first line of SSH, SMTP, Redis and Java RMI clients.
func isGreeting(text string) bool {
	for _, head := range [...]string{"SSH-1.", "SSH-2.", "EHLO ", "HELO ", "MAIL FROM:", "RCPT TO:", "*1\r\n$", "JRMI"} {
		if strings.HasPrefix(text, head) {
			return true
		}
	}
	return false
}
