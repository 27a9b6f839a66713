package bus

import "testing"

func TestEvent(t *testing.T) {
	for _, tt := range []struct{ subject, message, want string }{
		{"attacker.observed", `{"source_kind":"command","source_id":"1","attacker_ip":"192.0.2.1","payload":{"command_text":"id"}}`,
			`{"attacker_ip":"192.0.2.1","payload":{"command_text":"id"},"source_id":"1","source_kind":"command"}`},
		{"attacker.session.ended", `{"session_id":"s1","attacker_uuid":"a","duration_s":3}`,
			`{"attacker_uuid":"a","payload":{"attacker_uuid":"a","duration_s":3,"session_id":"s1"},"session_id":"s1","source_id":"s1","source_kind":"session"}`},
		{"canary.http.hit", `{"token_id":"t","attacker_uuid":"a","payload":{"x":1}}`,
			`{"attacker_uuid":"a","payload":{"x":1},"source_id":"t","source_kind":"canary_fingerprint"}`},
		{"identity.merged", `{"source_kind":"session","uuid":"u","identity_uuid":""}`,
			`{"identity_uuid":"","payload":{"identity_uuid":"","source_kind":"session","uuid":"u"},"source_id":"u","source_kind":"session"}`},
		{"credential.reuse.detected", `{"credential_id":7,"attacker_uuid":"a"}`,
			`{"attacker_uuid":"a","payload":{"attacker_uuid":"a","credential_id":7},"source_id":"a","source_kind":"credential"}`},
		{"attacker.observed", `{"source_id":"1"}`, errKind.Error()},
		{"email.received", `{"subject":"hi"}`, errID.Error()},
		{"email.received", `[1]`, errObject.Error()},
		{"email.received", `null`, errObject.Error()},
		{"email.received", `{"source_id":"a","source_id":"b"}`, errObject.Error()},
		{"email.received", ``, errObject.Error()},
	} {
		line, err := Event(tt.subject, []byte(tt.message))
		got := string(line)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("Event(%q, %s) =\n%s, want\n%s", tt.subject, tt.message, got, tt.want)
		}
	}
}

func TestKnown(t *testing.T) {
	for subject, want := range map[string]bool{
		"attacker.session.ended": true, "canary.dns.x": true, "canary": false, "ttp.tagged": false, "attacker.session": false, "": false,
	} {
		if got := Known(subject); got != want {
			t.Errorf("Known(%q) = %v, want %v", subject, got, want)
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("attacker.observed", []byte(`{"source_kind":"command","source_id":"1","payload":{"a":[1,{"b":null}]}}`))
	f.Add("canary.x", []byte(`{"token_id":"\ud83d\ude00","payload":3}`))
	f.Fuzz(func(t *testing.T, subject string, message []byte) {
		line, err := Event(subject, message)
		if err == nil && len(line) == 0 {
			t.Error("Event() gives nothing and no error")
		}
		for _, c := range line {
			if c == '\n' {
				t.Fatalf("Event(%q, %q) is not one line: %q", subject, message, line)
			}
		}
	})
}
