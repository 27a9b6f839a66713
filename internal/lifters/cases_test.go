package lifters

import (
	"strings"

	"ttpctl/internal/event"
)

// A predicateCase is a rule's match block and a payload on which it fires,
// from which the tests derive payloads on which it must not.
type predicateCase struct {
	name     string // predicate, or predicate/variant
	kind     event.Kind
	params   string   // behind match.kind, "" = none
	rest     string   // of the rule, such as evidence_fields
	fires    payload  //
	needs    []string // fields without which, or with a wrong type, it does not fire
	atLeast  map[string]float64
	atMost   map[string]float64
	evidence string
	hostile  payload  // as fires, with a canary wherever one may stand
	shows    []string // payload fields that its evidence may quote
}

func (c *predicateCase) predicate() string {
	name, _, _ := strings.Cut(c.name, "/")
	return name
}

// match returns the match block as a flow mapping.
func (c *predicateCase) match() string {
	m := "{kind: " + prefix + c.predicate()
	if c.params != "" {
		m += ", " + c.params
	}
	return m + "}"
}

const (
	genesis  = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
	asyncrat = "1dd40d40d00040d1dc1dd40d1dd40d3df2d6a0c2caaa0dc59908f0d3602943"
)

func predicateCases() []predicateCase {
	return append(append(append(behavioralCases(), credentialCases()...), emailCases()...), sensorCases()...)
}

func behavioralCases() []predicateCase {
	const s = event.KindSession
	return []predicateCase{
		{name: "behavioral_beaconing", kind: s, params: "max_jitter_pct: 0.15, min_interval_s: 10",
			rest:     "evidence_fields: [beacon_interval_s, beacon_jitter_pct]\n",
			fires:    payload{"beacon_interval_s": 60, "beacon_jitter_pct": 0.1},
			needs:    []string{"beacon_interval_s", "beacon_jitter_pct"},
			atLeast:  map[string]float64{"beacon_interval_s": 10, "beacon_jitter_pct": 0},
			atMost:   map[string]float64{"beacon_jitter_pct": 0.15},
			evidence: `{"beacon_interval_s":60,"beacon_jitter_pct":0.1}`},
		{name: "behavioral_data_destruction", kind: s, params: "patterns: ['(?i)\\bFLUSHALL\\b', '(?i)\\bDROP DATABASE\\b']",
			rest:  "evidence_fields: [matched_op, target]\n",
			fires: payload{"op_text": "x; Drop Database a", "target": "mysql"}, needs: []string{"op_text"},
			evidence: `{"matched_op":"Drop Database","target":"mysql"}`,
			hostile:  payload{"op_text": "CANARY-op; flushall", "target": "t"}, shows: []string{"target"}},
		{name: "behavioral_data_destruction/commands", kind: s, params: "patterns: [FLUSHALL]",
			fires: payload{"commands": []any{"id", payload{"command_text": "redis-cli FLUSHALL"}}}, needs: []string{"commands"},
			evidence: `{"matched_op":"FLUSHALL"}`},
		{name: "behavioral_ransom_note", kind: s, params: "payment_keywords: [ransom, btc]",
			fires: payload{"note_text": "BTC: " + genesis}, needs: []string{"note_text"},
			evidence: `{"btc_address":"` + genesis + `","matched_keywords":["btc"]}`,
			hostile:  payload{"body_text": "CANARY-body btc " + genesis}},
		{name: "behavioral_ransom_note/email", kind: event.KindEmail, params: "payment_keywords: [ransom, btc]",
			fires: payload{"body_text": "Ransom! btc:" + genesis, "rcpt_count": 2}, needs: []string{"body_text"},
			evidence: `{"body_sha256":"a7e80079b303501341e932012e486da59c371c8adcf472d552575dd778b260cf","btc_address":"` + genesis + `","matched_keywords":["ransom","btc"],"rcpt_count":2}`,
			hostile:  payload{"body_text": "CANARY-body btc " + genesis}, shows: mailShows},
		{name: "behavioral_exfil_over_web", kind: s, params: "min_payload_bytes: 1024", rest: "evidence_fields: [bytes_out]\n",
			fires: payload{"bytes_out": 4096, "request_count": 1e9}, needs: []string{"bytes_out"},
			atLeast: map[string]float64{"bytes_out": 1024}, evidence: `{"bytes_out":4096}`},
		{name: "behavioral_exfil_over_web/requests", kind: s, params: "min_payload_bytes: 1024, request_threshold: 50",
			fires: payload{"request_count": 50}, needs: []string{"request_count"},
			atLeast: map[string]float64{"request_count": 50}, evidence: `{}`},
		{name: "behavioral_db_mass_read", kind: s, params: "min_rows: 10, min_bytes: 99", rest: "evidence_fields: [service]\n",
			fires: payload{"rows_read": 10, "service": "mysql"}, needs: []string{"rows_read"},
			atLeast: map[string]float64{"rows_read": 10}, evidence: `{"service":"mysql"}`, shows: []string{"service"}},
		{name: "behavioral_db_mass_read/bytes", kind: s, params: "min_bytes: 99",
			fires: payload{"bytes_read": 100}, needs: []string{"bytes_read"},
			atLeast: map[string]float64{"bytes_read": 99}, evidence: `{}`},
		{name: "behavioral_credentials_in_files", kind: event.KindHTTPRequest, params: `paths: ['(?:^|/)\.env$']`,
			rest:  "evidence_fields: [matched_path]\n",
			fires: payload{"raw_url": "https://u:p@h.example/a/%2eenv?k=v#f"}, needs: []string{"raw_url"},
			evidence: `{"matched_path":"/a/%2eenv"}`,
			hostile:  payload{"raw_url": "http://CANARY-user@CANARY-host/.env?CANARY-query"},
			shows:    []string{"matched_path", "request_path", "path"}},
		{name: "behavioral_credentials_in_files/session", kind: event.KindSession, params: `paths: [id_rsa]`,
			fires: payload{"path": "/root/.ssh/id_rsa"}, needs: []string{"path"},
			evidence: `{"matched_path":"/root/.ssh/id_rsa"}`,
			hostile:  payload{"matched_path": "/id_rsa?CANARY-query"}, shows: []string{"matched_path"}},
		{name: "behavioral_k8s_sa_token", kind: s, params: `paths: ['/namespaces/[^/]+/secrets', serviceaccount]`,
			rest:  "evidence_fields: [matched_path, namespace]\n",
			fires: payload{"matched_path": "/api/v1/namespaces/prod/secrets?x=1", "namespace": "other"}, needs: []string{"matched_path"},
			evidence: `{"matched_path":"/api/v1/namespaces/prod/secrets","namespace":"prod"}`,
			hostile:  payload{"matched_path": "/api/v1/namespaces/prod/secrets?CANARY-query"}, shows: []string{"namespace"}},
		{name: "behavioral_k8s_sa_token/file", kind: s, params: `paths: [serviceaccount]`,
			fires: payload{"path": "/var/run/secrets/kubernetes.io/serviceaccount/token", "namespace": "dev"}, needs: []string{"path"},
			evidence: `{"matched_path":"/var/run/secrets/kubernetes.io/serviceaccount/token","namespace":"dev"}`,
			shows:    []string{"namespace", "matched_path", "request_path"}},
		{name: "behavioral_docker_escape", kind: s, params: `signals: ["privileged:true", "bind:/etc"]`,
			rest:  "evidence_fields: [matched_signal, container_image]\n",
			fires: payload{"signals": []any{"x", "Bind:/ETC"}, "container_image": "alpine"}, needs: []string{"signals"},
			evidence: `{"container_image":"alpine","matched_signal":"bind:/etc"}`,
			hostile:  payload{"signals": []any{"CANARY-signal", "bind:/etc"}}, shows: []string{"container_image"}},
		{name: "behavioral_llmnr_poisoning", kind: s, rest: "evidence_fields: [poisoned_query, victim_host]\n",
			fires: payload{"llmnr_poisoned": true, "poisoned_query": "wpad"}, needs: []string{"llmnr_poisoned"},
			evidence: `{"poisoned_query":"wpad"}`, shows: []string{"poisoned_query", "victim_host"}},
		{name: "behavioral_llmnr_poisoning/count", kind: s, fires: payload{"llmnr_poison_count": 1}, needs: []string{"llmnr_poison_count"},
			atLeast: map[string]float64{"llmnr_poison_count": 1}, evidence: `{}`},
		{name: "behavioral_tftp_router_config", kind: s, params: `filename_patterns: ['-confg$', startup-config]`,
			rest:  "evidence_fields: [tftp_filename, source_host]\n",
			fires: payload{"tftp_filename": "r1-confg"}, needs: []string{"tftp_filename"},
			evidence: `{"tftp_filename":"r1-confg"}`, shows: []string{"tftp_filename", "source_host"}},
	}
}

func credentialCases() []predicateCase {
	const a = event.KindAuthAttempt
	return []predicateCase{
		{name: "credential_auth_brute_generic", kind: a,
			fires: payload{"fail_count": 7, "window_s": 300, "service": "ssh", "username": "root"}, needs: []string{"fail_count"},
			atLeast: map[string]float64{"fail_count": 5}, atMost: map[string]float64{"window_s": 300},
			evidence: `{"fail_count":7,"service":"ssh"}`, shows: []string{"service"}},
		{name: "credential_password_guessing", kind: a, params: "pw_threshold: 3, window_minutes: 1440",
			fires: payload{"username": "root", "password_count": 3, "window_s": 86400}, needs: []string{"username", "password_count"},
			atLeast: map[string]float64{"password_count": 3}, atMost: map[string]float64{"window_s": 86400},
			evidence: `{"password_count":3,"username":"root"}`, shows: []string{"username"}},
		{name: "credential_reuse", kind: event.KindCredential,
			fires: payload{"credential_hash": "h", "reuse_count": 2}, needs: []string{"credential_hash", "reuse_count"},
			atLeast:  map[string]float64{"reuse_count": 1},
			evidence: `{"credential_hash":"h","reuse_count":2}`, shows: []string{"credential_hash"}},
		{name: "credential_valid_account_use", kind: a,
			fires: payload{"result": "success", "prior_brute": true, "username": "pi", "service": "ssh"}, needs: []string{"result", "prior_brute"},
			evidence: `{"service":"ssh","username":"pi"}`, shows: []string{"username", "service"}},
		{name: "credential_valid_account_use/any", kind: a, params: "require_prior_brute: false",
			fires: payload{"result": "success"}, needs: []string{"result"},
			evidence: `{}`, shows: []string{"username", "service"}},
		{name: "credential_default_credentials", kind: a, params: `pairs: [[root, ""], [pi, raspberry]], require_success: true`,
			fires: payload{"username": "pi", "password": "raspberry", "result": "success"}, needs: []string{"username", "password", "result"},
			evidence: `{"username":"pi"}`, shows: []string{"service"}},
		{name: "credential_default_credentials/empty", kind: a, params: `pairs: [[root, ""]]`,
			fires: payload{"username": "root", "password": ""}, needs: []string{"username"},
			evidence: `{"username":"root"}`, shows: []string{"service"}},
		{name: "credential_default_credentials/shipped", kind: a, params: `pairs: shipped`,
			fires: payload{"username": "ubnt", "password": "ubnt"}, needs: []string{"username", "password"},
			evidence: `{"username":"ubnt"}`, shows: []string{"service"}},
		{name: "credential_default_attempt", kind: a,
			fires: payload{"default_attempt": true, "username": "pi", "service": "ssh", "result": "fail"}, needs: []string{"default_attempt"},
			evidence: `{"service":"ssh","username":"pi"}`, shows: []string{"username", "service"}},
		{name: "identity_password_spraying", kind: event.KindIdentity,
			fires: payload{"shared_password_hash": "h", "account_count": 3}, needs: []string{"shared_password_hash", "account_count"},
			atLeast:  map[string]float64{"account_count": 3},
			evidence: `{"account_count":3,"shared_password_hash":"h"}`, shows: []string{"shared_password_hash"}},
	}
}
