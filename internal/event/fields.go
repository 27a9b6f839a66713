package event

import "strings"

// A FieldType is the type that a payload field must have. A value of another
// type is dropped, as if the field were absent.
type FieldType uint8

// The field types.
const (
	TypeString  FieldType = iota
	TypeNumber            // finite
	TypeBool              //
	TypeScalar            // string or number
	TypeStrings           // list of strings; other elements are dropped
	TypeNumbers           // list of numbers; other elements are dropped
	TypeEntries           // list of strings or objects
	TypeHeaders           // object of strings or lists of strings, names any case
	TypeObject            // any object
)

var fieldTypeNames = [...]string{
	TypeString: "string", TypeNumber: "number", TypeBool: "boolean", TypeScalar: "string or number",
	TypeStrings: "list of strings", TypeNumbers: "list of numbers", TypeEntries: "list of strings or objects",
	TypeHeaders: "object of strings or lists of strings", TypeObject: "object",
}

// String returns the type's name in prose.
func (t FieldType) String() string { return fieldTypeNames[t] }

// Text reports whether text operators can hold on a field of this type.
func (t FieldType) Text() bool {
	switch t {
	case TypeNumber, TypeBool, TypeNumbers, TypeObject:
		return false
	}
	return true
}

// A FieldID is the index of a field in the field table. It is stable within
// a build only.
type FieldID uint16

// A Field is one row of the field table: what a payload may hold, and what
// of it may become evidence.
type Field struct {
	Kind     Kind
	Name     string
	Type     FieldType
	Derived  bool // computed from other fields at evaluation, never read from input
	Evidence bool // may be copied into evidence, and text matched in it may be shown
}

// Columns of the field table, or-ed into a row's flags.
const (
	derived = 1 << iota
	secret  // never evidence
)

type fieldRow struct {
	name  string
	typ   FieldType
	flags uint8
}

// fieldRows is the field table (EVENTS.md section 5), the one source for
// lint, decoding, evidence and docs. Email and canary payloads are shown only
// through what their lifters name (EVENTS.md section 4, LIFTERS.md), except
// for the fields that carry no address, body, header value or URL.
var fieldRows = [NumKinds][]fieldRow{
	KindCommand: {
		{"command_text", TypeString, 0}, {"uid", TypeScalar, 0}, {"user", TypeString, 0}, {"src", TypeString, 0},
		{"pwd", TypeString, 0}, {"service", TypeString, 0}, {"decky", TypeString, 0},
		{"simple_command", TypeStrings, derived}, {"direct_command", TypeStrings, derived}, {"command_path", TypeStrings, derived},
		{"command_name", TypeStrings, derived}, {"redirect", TypeStrings, derived},
		{"commands_left_out", TypeNumber, derived}, {"bytes_left_out", TypeNumber, derived},
	},
	KindHTTPRequest: {
		{"raw_url", TypeString, 0}, {"method", TypeString, 0}, {"user_agent", TypeString, 0}, {"referer", TypeString, 0},
		{"status", TypeNumber, 0}, {"body", TypeString, secret}, {"headers", TypeHeaders, 0}, {"request_path", TypeString, 0},
		{"matched_path", TypeString, 0}, {"path", TypeString, 0}, {"namespace", TypeString, 0}, {"service", TypeString, 0},
		{"url_path", TypeStrings, derived}, {"url_query", TypeStrings, derived}, {"parameter_name", TypeStrings, derived},
		{"parameters", TypeHeaders, derived}, {"header_values", TypeHeaders, derived}, {"inputs", TypeHeaders, derived},
		{"short_inputs", TypeHeaders, derived}, {"odd_inputs", TypeHeaders, derived},
		{"inputs_left_out", TypeNumber, derived},
	},
	KindAuthAttempt: {
		{"username", TypeString, 0}, {"password", TypeString, secret}, {"service", TypeString, 0}, {"method", TypeString, 0},
		{"result", TypeString, 0}, {"tool", TypeString, 0}, {"fail_count", TypeNumber, 0}, {"password_count", TypeNumber, 0},
		{"window_s", TypeNumber, 0}, {"prior_brute", TypeBool, 0}, {"default_attempt", TypeBool, 0},
	},
	KindPayload: {
		{"payload_text", TypeString, 0}, {"url", TypeString, 0}, {"filename", TypeString, 0}, {"shasum", TypeString, 0},
		{"size", TypeNumber, 0}, {"origin", TypeString, 0},
	},
	KindSession: {
		{"commands", TypeEntries, 0}, {"op_text", TypeString, 0}, {"command_text", TypeString, 0}, {"service", TypeString, 0},
		{"duration_s", TypeNumber, 0}, {"beacon_interval_s", TypeNumber, 0}, {"beacon_jitter_pct", TypeNumber, 0},
		{"bytes_out", TypeNumber, 0}, {"request_count", TypeNumber, 0}, {"http_requests", TypeNumber, 0},
		{"http_bytes_sent", TypeNumber, 0}, {"http_not_found", TypeNumber, 0}, {"rows_read", TypeNumber, 0}, {"bytes_read", TypeNumber, 0},
		{"target_host", TypeString, 0}, {"target", TypeString, 0}, {"signals", TypeStrings, 0}, {"container_image", TypeString, 0},
		{"llmnr_poisoned", TypeBool, 0}, {"llmnr_poison_count", TypeNumber, 0}, {"poisoned_query", TypeString, 0},
		{"victim_host", TypeString, 0}, {"tftp_filename", TypeString, 0}, {"source_host", TypeString, 0},
		{"matched_path", TypeString, 0}, {"request_path", TypeString, 0}, {"path", TypeString, 0}, {"namespace", TypeString, 0},
		{"body_text", TypeString, secret}, {"note_text", TypeString, secret}, {"jarm", TypeString, 0}, {"hassh", TypeString, 0},
		{"client_version", TypeString, 0}, {"arch", TypeString, 0}, {"key_fingerprints", TypeStrings, 0}, {"raw_url", TypeString, 0},
		{"proxy_requests", TypeNumber, 0}, {"proxy_targets", TypeStrings, 0},
		{"failed_logins", TypeNumber, 0}, {"logged_in", TypeBool, 0},
	},
	KindEmail: {
		{"subject", TypeString, secret}, {"from_domain", TypeString, secret}, {"from", TypeString, secret},
		{"mail_from_domain", TypeString, secret}, {"mail_from", TypeString, secret}, {"return_path_domain", TypeString, secret},
		{"rcpt_count", TypeNumber, 0}, {"rcpt_domains", TypeStrings, 0}, {"x_mailer", TypeString, secret},
		{"matched_kit", TypeString, 0}, {"xmailer_kit_match", TypeBool, 0}, {"dkim_signed", TypeBool, 0}, {"spf_pass", TypeBool, 0},
		{"dkim_result", TypeString, 0}, {"spf_result", TypeString, 0}, {"urls", TypeStrings, secret},
		{"attachment_count", TypeNumber, 0}, {"attachment_sha256s", TypeStrings, 0}, {"attachment_extensions", TypeStrings, 0},
		{"attachment_macros", TypeBool, 0}, {"attachment_password_protected", TypeBool, 0}, {"html_smuggling", TypeBool, 0},
		{"mal_hash_match", TypeBool, 0}, {"body_simhash", TypeScalar, 0}, {"body_base64_bytes", TypeNumber, 0},
		{"body_text", TypeString, secret}, {"body_sha256", TypeString, 0}, {"decky_id", TypeString, 0}, {"stored_as", TypeString, secret},
		{"list_message", TypeBool, 0}, // the headers show a mailing list or a bounce
	},
	KindCanaryFingerprint: {
		{"ua_signature", TypeString, 0}, {"user_agent", TypeString, 0}, {"navigator_webdriver", TypeBool, 0},
		{"webrtc_geo_mismatch", TypeBool, 0}, {"lang_country_mismatch", TypeBool, 0}, {"platform_ua_inconsistent", TypeBool, 0},
		{"ua_webgl_mismatch", TypeBool, 0}, {"canvas_audio_hash_match", TypeString, 0}, {"matched_tool", TypeString, 0},
		{"tz_mismatch_zones", TypeNumber, 0}, {"request_path", TypeString, 0}, {"src_ip", TypeString, 0},
	},
	KindIntel: {
		{"verdict", TypeString, 0}, {"aggregate_verdict", TypeString, 0}, {"provider", TypeString, 0},
		{"abuseipdb_score", TypeNumber, 0}, {"abuseipdb_categories", TypeNumbers, 0}, {"categories", TypeNumbers, 0},
		{"greynoise_classification", TypeString, 0}, {"greynoise_tags", TypeEntries, 0}, {"greynoise_name", TypeString, 0},
		{"greynoise_noise", TypeBool, 0}, {"greynoise_riot", TypeBool, 0}, {"feodo_listed", TypeBool, 0},
		{"feodo_malware_family", TypeString, 0}, {"malware_family", TypeString, 0}, {"first_seen_feodo", TypeString, 0},
		{"feodo_last_online", TypeString, 0}, {"threatfox_threat_types", TypeStrings, 0}, {"threatfox_ioc_types", TypeStrings, 0},
		{"threatfox_malware_families", TypeStrings, 0}, {"threat_type", TypeString, 0}, {"threatfox_confidence", TypeScalar, 0},
	},
	KindIdentity:   {{"shared_password_hash", TypeString, 0}, {"account_count", TypeNumber, 0}},
	KindCredential: {{"credential_hash", TypeString, 0}, {"reuse_count", TypeNumber, 0}},
	KindHTTPFingerprint: {
		{"ja4h", TypeString, 0}, {"fingerprint_type", TypeString, 0}, {"settings", TypeObject, 0}, {"ja4_quic", TypeString, 0},
		{"protocol", TypeString, 0}, {"client_ip", TypeString, 0}, {"seen_at", TypeScalar, 0},
	},
	KindIPv6Leak: {
		{"addr", TypeString, 0}, {"src_ip", TypeString, 0}, {"mac_oui", TypeString, 0}, {"iid_kind", TypeString, 0},
		{"vector", TypeString, 0}, {"on_iface", TypeString, 0}, {"attacker_v4", TypeString, 0}, {"attacker_ip", TypeString, 0},
		{"observed_at", TypeScalar, 0},
	},
}

// fieldIndex is fieldRows laid out by FieldID, with the range of each kind.
type fieldIndex struct {
	fields []Field
	first  [NumKinds + 1]FieldID
	byName [NumKinds]nameTable
}

// A nameTable finds the fields of one kind by name. It has more than twice as
// many slots as names; a name stands in the slot of its hash, or in the first
// free one behind it.
type nameTable [128]nameSlot

type nameSlot struct {
	name string // "" = free
	id   FieldID
}

// slot returns the slot in which name is, or the free one in which it would be.
func (t *nameTable) slot(name string) *nameSlot {
	n := len(name)
	if n == 0 {
		return &nameSlot{}
	}
	h := uint(n)*5 + uint(name[0])*31 + uint(name[n/2])*7 + uint(name[n-1])*13
	for {
		s := &t[h%uint(len(t))]
		if s.name == "" || s.name == name {
			return s
		}
		h++
	}
}

var fields = indexFields()

func indexFields() *fieldIndex {
	ix := &fieldIndex{}
	for k := range NumKinds {
		ix.first[k] = FieldID(len(ix.fields))
		for _, r := range fieldRows[k] {
			*ix.byName[k].slot(r.name) = nameSlot{r.name, FieldID(len(ix.fields))}
			ix.fields = append(ix.fields, Field{
				Kind: k, Name: r.name, Type: r.typ,
				Derived: r.flags&derived != 0, Evidence: r.flags&secret == 0,
			})
		}
	}
	ix.first[NumKinds] = FieldID(len(ix.fields))
	return ix
}

// LookupField returns the id of kind's field named name.
func LookupField(k Kind, name string) (FieldID, bool) {
	if k >= NumKinds {
		return 0, false
	}
	s := fields.byName[k].slot(name)
	return s.id, s.name != ""
}

// Field returns the table row of id.
func (id FieldID) Field() Field { return fields.fields[id] }

// FieldsOf returns the fields of kind k in table order.
func FieldsOf(k Kind) []FieldID {
	var ids []FieldID
	for id := fields.first[k]; id < fields.first[k+1]; id++ {
		ids = append(ids, id)
	}
	return ids
}

// MustField is LookupField for names that stand in this program's own text.
func MustField(k Kind, name string) FieldID {
	id, ok := LookupField(k, name)
	if !ok {
		panic("event: no field " + name + " of kind " + k.String())
	}
	return id
}

// A FieldRef is a field as rules name it: a field, or one or all members of
// a field of type TypeHeaders (`headers`, `headers.*`, `headers.host`).
type FieldRef struct {
	ID     FieldID
	Member string // a header name in lower case; "" = every value
}

// ParseFieldRef resolves a field name as rules spell it.
func ParseFieldRef(k Kind, name string) (FieldRef, bool) {
	base, member, dotted := strings.Cut(name, ".")
	id, ok := LookupField(k, base)
	if !ok {
		return FieldRef{}, false
	}
	if !dotted {
		return FieldRef{ID: id}, true
	}
	if id.Field().Type != TypeHeaders || member == "" {
		return FieldRef{}, false
	}
	if member == "*" {
		member = ""
	}
	return FieldRef{ID: id, Member: strings.ToLower(member)}, true
}

// String returns the field as rules spell it.
func (r FieldRef) String() string {
	f := r.ID.Field()
	switch {
	case r.Member != "":
		return f.Name + "." + r.Member
	case f.Type == TypeHeaders:
		return f.Name + ".*"
	}
	return f.Name
}
