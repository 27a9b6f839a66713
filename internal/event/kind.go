package event

// A Kind is what an event observed. The zero Kind is that of an event whose
// source_kind this build does not know: such events pass through, unhandled.
type Kind uint8

// The known kinds (EVENTS.md section 1).
const (
	KindUnknown Kind = iota
	KindCommand
	KindHTTPRequest
	KindAuthAttempt
	KindPayload
	KindSession
	KindEmail
	KindCanaryFingerprint
	KindIntel
	KindIdentity
	KindCredential
	KindHTTPFingerprint
	KindIPv6Leak

	// NumKinds is one more than the largest Kind: the length of a table
	// indexed by Kind.
	NumKinds
)

// kindTable names each kind and the field that a match block reads when it
// names none ("" = it must name one).
var kindTable = [NumKinds]struct{ name, defaultField string }{
	KindUnknown:           {"unknown", ""},
	KindCommand:           {"command", "command_text"},
	KindHTTPRequest:       {"http_request", "raw_url"},
	KindAuthAttempt:       {"auth_attempt", "username"},
	KindPayload:           {"payload", "payload_text"},
	KindSession:           {"session", ""},
	KindEmail:             {"email", "subject"},
	KindCanaryFingerprint: {"canary_fingerprint", "ua_signature"},
	KindIntel:             {"intel", "verdict"},
	KindIdentity:          {"identity", ""},
	KindCredential:        {"credential", ""},
	KindHTTPFingerprint:   {"http_fingerprint", ""},
	KindIPv6Leak:          {"ipv6_leak", ""},
}

// ParseKind returns the kind named name, or KindUnknown. It allocates nothing.
func ParseKind(name string) Kind {
	for k := KindCommand; k < NumKinds; k++ {
		if kindTable[k].name == name {
			return k
		}
	}
	return KindUnknown
}

// String returns the kind's name as events spell it; "unknown" for
// KindUnknown, which is also its metric label.
func (k Kind) String() string {
	if k >= NumKinds {
		k = KindUnknown
	}
	return kindTable[k].name
}

// DefaultField returns the name of the field that a match block without
// `field` reads, or "" when the kind has none.
func (k Kind) DefaultField() string {
	if k >= NumKinds {
		return ""
	}
	return kindTable[k].defaultField
}

// Kinds returns the known kinds in declaration order.
func Kinds() []Kind {
	ks := make([]Kind, 0, NumKinds-1)
	for k := KindCommand; k < NumKinds; k++ {
		ks = append(ks, k)
	}
	return ks
}
