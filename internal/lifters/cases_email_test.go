package lifters

import (
	"strings"

	"ttpctl/internal/event"
)

// mailShows are the fields that every email finding may quote.
var mailShows = []string{"attachment_sha256s", "body_sha256"}

func emailCases() []predicateCase {
	blob := strings.Repeat("QUJDREVGR0hJSktM", 8)
	cases := []predicateCase{
		{name: "email_open_relay", params: "require_foreign_from: true",
			fires: payload{"rcpt_count": 12, "from_domain": "a.example", "mail_from": "x@b.example", "rcpt_domains": []any{"Z.example", "u@y.example", "z.example."}},
			needs: []string{"rcpt_count", "from_domain", "mail_from"}, atLeast: map[string]float64{"rcpt_count": 10},
			evidence: `{"matched_headers":["From"],"rcpt_count":12,"rcpt_domain_set":["y.example","z.example"]}`,
			hostile:  payload{"rcpt_count": 12, "from": "CANARY-from@a.example", "mail_from": "CANARY-mf@b.example", "rcpt_domains": []any{"CANARY-local@y.example"}}},
		{name: "email_open_relay/any", params: "rcpt_threshold: 3", fires: payload{"rcpt_count": 3}, needs: []string{"rcpt_count"},
			atLeast: map[string]float64{"rcpt_count": 3}, evidence: `{"rcpt_count":3}`},
		{name: "email_mass_phish", fires: payload{"rcpt_count": 25, "body_simhash": "ab", "attachment_sha256s": []any{"s1"}, "body_sha256": "b1"},
			needs: []string{"rcpt_count", "body_simhash"}, atLeast: map[string]float64{"rcpt_count": 25},
			evidence: `{"attachment_sha256s":["s1"],"body_sha256":"b1","rcpt_count":25}`},
		{name: "email_xmailer_kit", fires: payload{"x_mailer": "GoPhish 0.12"}, needs: []string{"x_mailer"},
			evidence: `{"matched_headers":["X-Mailer"],"matched_kit":"Gophish"}`,
			hostile:  payload{"x_mailer": "CANARY-mailer gophish"}, shows: []string{"matched_kit"}},
		{name: "email_xmailer_kit/named", fires: payload{"x_mailer": "m", "matched_kit": "16shop"}, needs: []string{"x_mailer", "matched_kit"},
			evidence: `{"matched_headers":["X-Mailer"],"matched_kit":"16shop"}`, shows: []string{"matched_kit"}},
		{name: "email_xmailer_kit/flag", fires: payload{"xmailer_kit_match": true}, needs: []string{"xmailer_kit_match"},
			evidence: `{"matched_headers":["X-Mailer"]}`, shows: []string{"matched_kit"}},
		{name: "email_idn_url", fires: payload{"urls": []any{"http://ok.example", "https://u:p@XN--80AK6AA92E.com:8/p"}}, needs: []string{"urls"},
			evidence: `{"matched_url_host":"xn--80ak6aa92e.com"}`,
			hostile:  payload{"urls": []any{"https://CANARY-u:CANARY-p@xn--80ak6aa92e.com:80/CANARY-path?CANARY-q#CANARY-f"}}},
		{name: "email_sender_masquerade", params: "signals: [from_returnpath_mismatch, from_mailfrom_mismatch, dkim_fail, spf_fail]",
			fires: payload{"from": "B <x@a.example>", "return_path_domain": "c.test"}, needs: []string{"from", "return_path_domain"},
			evidence: `{"matched_headers":["From","Return-Path"],"matched_signals":["from_returnpath_mismatch"]}`,
			hostile:  payload{"from": "CANARY-from@a.example", "mail_from": "CANARY-mf@b.test", "return_path_domain": "CANARY-rp.test"}},
		{name: "email_sender_masquerade/dkim", params: "signals: [dkim_fail]", fires: payload{"dkim_result": "FAIL", "dkim_signed": true}, needs: []string{"dkim_result"},
			evidence: `{"matched_headers":["DKIM-Signature"],"matched_signals":["dkim_fail"]}`},
		{name: "email_sender_masquerade/spf", params: "signals: [spf_fail]", fires: payload{"spf_pass": false}, needs: []string{"spf_pass"},
			evidence: `{"matched_headers":["Received-SPF"],"matched_signals":["spf_fail"]}`},
		{name: "email_malicious_attachment", params: "triggers: [lnk, office_macro]", fires: payload{"attachment_macros": true}, needs: []string{"attachment_macros"},
			evidence: `{"matched_trigger":"office_macro"}`},
		{name: "email_malicious_attachment/extension", params: "triggers: [office_macro, iso, lnk]",
			fires: payload{"attachment_extensions": []any{".Lnk", "ISO"}}, needs: []string{"attachment_extensions"},
			evidence: `{"matched_trigger":"iso"}`, hostile: payload{"attachment_extensions": []any{"CANARY-ext", "iso"}}},
		{name: "email_bec", params: "subject_keywords: [wire, gift card], body_action_keywords: [send, update banking]",
			fires: payload{"subject": "Gift  CARD", "body_text": "please update\r\nbanking"}, needs: []string{"subject", "body_text"},
			evidence: `{"body_sha256":"a1a3722cf48cd465e6693ca0917dd1a580a63fecaa459ced76e9a0bb64276f83","matched_body_kw":"update banking","matched_headers":["Subject"],"matched_subject_kw":"gift card"}`,
			hostile:  payload{"subject": "CANARY-subject wire", "body_text": "CANARY-body send"}},
		{name: "email_encoded_payload", params: "min_bytes: 64", fires: payload{"body_base64_bytes": 64}, needs: []string{"body_base64_bytes"},
			atLeast: map[string]float64{"body_base64_bytes": 64}, evidence: `{"encoded_byte_count":64}`},
		{name: "email_encoded_payload/body", params: "min_bytes: 64", fires: payload{"body_text": "see: " + blob, "body_base64_bytes": 3}, needs: []string{"body_text"},
			evidence: `{"body_sha256":"cab616ecb8141bffd046d7e7b50e9ad0383c8c8f6e8dd57b67338959d0115578","encoded_byte_count":96}`, hostile: payload{"body_text": "CANARY-body\n" + blob}},
	}
	for i := range cases {
		cases[i].kind = event.KindEmail
		cases[i].shows = append(cases[i].shows, mailShows...)
	}
	return cases
}

func sensorCases() []predicateCase {
	const canary, intel, fp = event.KindCanaryFingerprint, event.KindIntel, event.KindHTTPFingerprint
	fpShows := []string{"protocol", "client_ip", "seen_at", "fingerprint_type", "ja4h", "ja4_quic", "settings"}
	return []predicateCase{
		{name: "shell_cut_short", kind: event.KindCommand, params: "min_commands: 10, min_bytes: 99",
			fires: payload{"commands_left_out": 10, "uid": 0}, needs: []string{"commands_left_out"},
			atLeast: map[string]float64{"commands_left_out": 10}, evidence: `{"commands_left_out":10,"uid":0}`, shows: []string{"uid", "user", "src", "pwd"}},
		{name: "shell_cut_short/bytes", kind: event.KindCommand,
			fires: payload{"bytes_left_out": 65537, "src": "192.0.2.1"}, needs: []string{"bytes_left_out"},
			atLeast: map[string]float64{"bytes_left_out": 65537}, evidence: `{"bytes_left_out":65537,"src":"192.0.2.1"}`, shows: []string{"uid", "user", "src", "pwd"}},
		{name: "web_sqli", kind: event.KindHTTPRequest, rest: "evidence_fields: [raw_url]\n",
			fires: payload{"raw_url": "/a?id=1%27+or+%271%27%3d%271"}, needs: []string{"raw_url"},
			evidence: `{"fingerprint":"s&sos","matched":"1' or '1'='1","parameter":"id","raw_url":"/a?id=1%27+or+%271%27%3d%271"}`, shows: []string{"raw_url"}},
		{name: "web_sqli/secret", kind: event.KindHTTPRequest,
			fires: payload{"body": "user=a&password=%27+or+1=1--"}, needs: []string{"body"},
			evidence: `{"fingerprint":"s&1c","matched":"***","parameter":"password"}`},
		{name: "web_xss", kind: event.KindHTTPRequest,
			fires: payload{"raw_url": "/a?q=%3Cscript%3Ealert(1)%3C/script%3E"}, needs: []string{"raw_url"},
			evidence: `{"matched":"<script>alert(1)</script>","parameter":"q"}`},
		{name: "web_traversal", kind: event.KindHTTPRequest,
			fires: payload{"raw_url": "/a?f=..%252f..%252fetc/passwd"}, needs: []string{"raw_url"},
			evidence: `{"matched":"../../etc/passwd","parameter":"f","target":"etc/passwd"}`},
		{name: "web_traversal/unknown file", kind: event.KindHTTPRequest,
			fires: payload{"raw_url": "/a/..;/..;/b"}, needs: []string{"raw_url"},
			evidence: `{"matched":"/a/..;/..;/b","parameter":"path","target":"a/b"}`},
		{name: "canary_webdriver", kind: canary, fires: payload{"navigator_webdriver": true}, needs: []string{"navigator_webdriver"},
			evidence: `{"matched_signature":"navigator.webdriver_true","metric":"navigator_webdriver"}`},
		{name: "canary_automation_hash", kind: canary, params: "catalogues: [puppeteer, selenium]",
			fires: payload{"canvas_audio_hash_match": "selenium"}, needs: []string{"canvas_audio_hash_match"},
			evidence: `{"matched_signature":"selenium","metric":"canvas_audio_hash"}`},
		{name: "canary_automation_hash/tool", kind: canary, params: "catalogues: [puppeteer]",
			fires: payload{"matched_tool": "Puppeteer"}, needs: []string{"matched_tool"},
			evidence: `{"matched_signature":"puppeteer","metric":"canvas_audio_hash"}`,
			hostile:  payload{"canvas_audio_hash_match": "puppeteer"}},
		{name: "canary_webrtc_leak", kind: canary, fires: payload{"webrtc_geo_mismatch": true}, needs: []string{"webrtc_geo_mismatch"},
			evidence: `{"matched_signature":"webrtc_private_vs_source_ip","metric":"webrtc_geo_mismatch"}`},
		{name: "canary_tz_lang_mismatch", kind: canary, fires: payload{"tz_mismatch_zones": 4}, needs: []string{"tz_mismatch_zones"},
			atLeast:  map[string]float64{"tz_mismatch_zones": 3},
			evidence: `{"matched_signature":"tz_zones>=3","metric":"timezone_geo_mismatch"}`},
		{name: "canary_tz_lang_mismatch/language", kind: canary, fires: payload{"lang_country_mismatch": true}, needs: []string{"lang_country_mismatch"},
			evidence: `{"matched_signature":"lang_vs_source_country","metric":"language_country_mismatch"}`},
		{name: "canary_platform_inconsistency", kind: canary, fires: payload{"platform_ua_inconsistent": true}, needs: []string{"platform_ua_inconsistent"},
			evidence: `{"matched_signature":"navigator.platform_vs_userAgent","metric":"platform_ua_mismatch"}`},
		{name: "canary_platform_inconsistency/webgl", kind: canary, fires: payload{"ua_webgl_mismatch": true}, needs: []string{"ua_webgl_mismatch"},
			evidence: `{"matched_signature":"userAgent_vs_webgl_renderer","metric":"ua_webgl_mismatch"}`},
		{name: "intel_abuseipdb", kind: intel, rest: "  - {tactic: TA0006, technique_id: T1110, confidence: 0.9}\n",
			fires: payload{"abuseipdb_score": 100, "abuseipdb_categories": []any{18, 4, 22}}, needs: []string{"abuseipdb_score", "abuseipdb_categories"},
			atMost:   map[string]float64{"abuseipdb_score": 100},
			evidence: `{"abuse_confidence_score":100,"abuseipdb_categories":[18,22]}`},
		{name: "intel_greynoise", kind: intel, params: "provider: greynoise",
			fires: payload{"greynoise_tags": []any{"Sliver"}, "greynoise_name": "n", "greynoise_classification": "unknown"}, needs: []string{"greynoise_tags"},
			evidence: `{"greynoise_classification":"unknown","greynoise_name":"n","greynoise_tags":["sliver"]}`,
			hostile:  payload{"greynoise_tags": []any{"CANARY-tag", payload{"name": "sliver", "x": "CANARY-member"}}, "greynoise_riot": false},
			shows:    []string{"greynoise_classification", "greynoise_name"}},
		{name: "intel_feodo", kind: intel, fires: payload{"feodo_listed": true, "malware_family": "Emotet"}, needs: []string{"feodo_listed"},
			evidence: `{"feodo_listed":true,"malware_family":"Emotet"}`, shows: []string{"malware_family", "first_seen_feodo"}},
		{name: "intel_threatfox", kind: intel, fires: payload{"threatfox_threat_types": []any{"x", "botnet_cc"}, "threatfox_ioc_types": []any{"ip:port"}},
			needs: []string{"threatfox_threat_types"}, evidence: `{"ioc_types":["ip:port"],"threat_types":["botnet_cc"]}`,
			hostile: payload{"threatfox_threat_types": []any{"CANARY-type", "botnet_cc"}},
			shows:   []string{"threatfox_malware_families", "threatfox_ioc_types"}},
		{name: "intel_threatfox/one", kind: intel, fires: payload{"threat_type": "botnet_cc"}, needs: []string{"threat_type"},
			evidence: `{"threat_types":["botnet_cc"]}`, hostile: payload{"threatfox_threat_types": []any{"botnet_cc"}},
			shows: []string{"threatfox_malware_families", "threatfox_ioc_types"}},
		{name: "http_scanner_ja4h", kind: fp, fires: payload{"ja4h": "ge11nn0000_a_b_c", "protocol": "h1", "client_ip": "192.0.2.1"}, needs: []string{"ja4h"},
			evidence: `{"client_ip":"192.0.2.1","hash":"ge11nn0000_a_b_c","kind":"ja4h","protocol":"h1"}`, shows: fpShows},
		{name: "http_h2_h3_probe", kind: fp, fires: payload{"fingerprint_type": "HTTP2_Settings", "settings": payload{"ENABLE_PUSH": 0}, "seen_at": 5}, needs: []string{"fingerprint_type"},
			evidence: `{"kind":"HTTP2_Settings","raw":{"ENABLE_PUSH":0},"seen_at":5}`, shows: fpShows},
		{name: "http_quic_probe", kind: fp, fires: payload{"ja4_quic": "q13"}, needs: []string{"ja4_quic"},
			evidence: `{"hash":"q13","kind":"ja4_quic"}`, shows: fpShows},
		{name: "ipv6_link_local_leak", kind: event.KindIPv6Leak, fires: payload{"addr": "FE80::1%eth0", "vector": "ndp", "src_ip": "2001:db8::1"}, needs: []string{"addr"},
			evidence: `{"addr":"FE80::1%eth0","vector":"ndp"}`,
			shows:    []string{"mac_oui", "iid_kind", "vector", "on_iface", "attacker_v4", "observed_at"}},
		{name: "c2_fingerprint", kind: event.KindSession, params: "catalogues: [jarm, hassh]", fires: payload{"jarm": strings.ToUpper(asyncrat), "hassh": "h"}, needs: []string{"jarm"},
			evidence: `{"jarm":"` + strings.ToUpper(asyncrat) + `","matched_framework":"AsyncRAT"}`},
	}
}
