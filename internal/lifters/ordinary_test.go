package lifters

import (
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// ordinary are full events on which no shipped lifter rule fires: what a
// sensor mostly sends.
func ordinary() map[string]*event.Event {
	body := strings.Repeat("Dear all, the minutes of the meeting are on the wiki as usual. ", 16)
	return map[string]*event.Event{
		"session": eventOf(event.KindSession, payload{
			"op_text": "SELECT name, price FROM products WHERE id = 17 ORDER BY price LIMIT 20", "bytes_out": 900, "request_count": 3,
			"rows_read": 20, "bytes_read": 4096, "signals": []any{"net:bridge", "image:nginx"}, "request_path": "/var/log/messages",
			"tftp_filename": "pxelinux.0", "hassh": "0a07365cc01fa9fc82608ba4019af499", "beacon_interval_s": 60, "beacon_jitter_pct": 0.8,
			"note_text": "remember the milk"}),
		"http_request": eventOf(event.KindHTTPRequest, payload{
			"raw_url": "/assets/css/theme.min.css?v=20261122", "method": "GET", "user_agent": "Mozilla/5.0"}),
		"auth_attempt": eventOf(event.KindAuthAttempt, payload{
			"username": "deploy", "password": "s3cr3t-and-long", "service": "ssh", "result": "fail", "fail_count": 2, "window_s": 300}),
		"email": eventOf(event.KindEmail, payload{
			"subject": "minutes of Tuesday", "from_domain": "lists.bank.co.uk", "mail_from": "bounce@lists.bank.co.uk", "rcpt_count": 3,
			"return_path_domain": "lists.bank.co.uk", "x_mailer": "Microsoft Outlook 16.0", "dkim_result": "pass", "spf_result": "pass",
			"urls":                  []any{"https://www.example.org/wiki/minutes?id=4", "https://example.org/"},
			"attachment_extensions": []any{"pdf", "docx"}, "attachment_macros": false, "body_text": body}),
		"canary_fingerprint": eventOf(event.KindCanaryFingerprint, payload{
			"navigator_webdriver": false, "canvas_audio_hash_match": "firefox", "tz_mismatch_zones": 1, "ua_webgl_mismatch": false}),
		"intel": eventOf(event.KindIntel, payload{
			"abuseipdb_score": 40, "abuseipdb_categories": []any{4, 10, 12}, "greynoise_classification": "unknown",
			"greynoise_tags": []any{"Mirai", payload{"slug": "zmap-client"}}, "feodo_listed": false, "threatfox_threat_types": []any{"other"}}),
		"http_fingerprint": eventOf(event.KindHTTPFingerprint, payload{
			"ja4h": "ge11cr15enus_a1b2c3d4e5f6_b1b2c3d4e5f6_c1b2c3d4e5f6", "fingerprint_type": "ja4h"}),
		"ipv6_leak":  eventOf(event.KindIPv6Leak, payload{"addr": "2001:db8::1"}),
		"identity":   eventOf(event.KindIdentity, payload{"shared_password_hash": "h", "account_count": 2}),
		"credential": eventOf(event.KindCredential, payload{"credential_hash": "h", "reuse_count": 0}),
	}
}

func TestOrdinaryEventsCostNothing(t *testing.T) {
	s, sc := compile(t, packSources(t)...), engine.NewScratch()
	for name, ev := range ordinary() {
		var tags []event.Tag
		n := testing.AllocsPerRun(50, func() { tags = s.Evaluate(tags[:0], ev, time.Time{}, sc) })
		for _, tag := range tags {
			t.Errorf("Evaluate(%s) = a tag of %s, want none", name, tag.RuleID)
		}
		if n != 0 {
			t.Errorf("Evaluate(%s): %v allocations, want 0", name, n)
		}
	}
}

// BenchmarkOrdinary judges ordinary events by each shipped rule alone.
func BenchmarkOrdinary(b *testing.B) {
	events := ordinary()
	for _, src := range packSources(b) {
		s, sc := compile(b, src), engine.NewScratch()
		for _, k := range s.Ruleset().Rules()[0].AppliesTo {
			ev := events[k.String()]
			b.Run(src.Name[:5]+"/"+k.String(), func(b *testing.B) {
				b.ReportAllocs()
				var tags []event.Tag
				for b.Loop() {
					tags = s.Evaluate(tags[:0], ev, time.Time{}, sc)
				}
			})
		}
	}
}
