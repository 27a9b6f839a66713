package ecs

import "slices"

// A document is what is written of a tag, by the names of the schema.
type document struct {
	Timestamp    string       `json:"@timestamp,omitzero"`
	ECS          named        `json:"ecs"`
	Event        alert        `json:"event"`
	Threat       threat       `json:"threat"`
	Rule         rule         `json:"rule"`
	Source       *host        `json:"source,omitzero"`
	Observer     observer     `json:"observer"`
	Organization organization `json:"organization,omitzero"`
	Process      *process     `json:"process,omitzero"`
	URL          *requested   `json:"url,omitzero"`
	UserAgent    *agent       `json:"user_agent,omitzero"`
	User         *user        `json:"user,omitzero"`
	File         *file        `json:"file,omitzero"`
	Related      related      `json:"related,omitzero"`
	Ours         ours         `json:"ttpctl"`
}

type named struct {
	Version string `json:"version"`
}

type alert struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Category  []string `json:"category"`
	Type      []string `json:"type"`
	Module    string   `json:"module"`
	Dataset   string   `json:"dataset"`
	Provider  string   `json:"provider"`
	Action    string   `json:"action"`
	Reference string   `json:"reference,omitzero"`
	RiskScore float64  `json:"risk_score"`
}

type threat struct {
	Framework string     `json:"framework"`
	Tactic    technique  `json:"tactic"`
	Technique techniques `json:"technique"`
}

type technique struct {
	ID        []string `json:"id"`
	Name      []string `json:"name,omitempty"`
	Reference []string `json:"reference,omitempty"`
}

type techniques struct {
	technique `json:",inline"`
	Sub       *technique `json:"subtechnique,omitzero"`
}

type rule struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Ruleset string `json:"ruleset"`
}

type host struct {
	IP      string `json:"ip"`
	Address string `json:"address"`
}

type observer struct {
	Type    string `json:"type"`
	Vendor  string `json:"vendor"`
	Product string `json:"product"`
	Version string `json:"version,omitzero"`
	Name    string `json:"name,omitzero"`
}

type organization struct {
	Name string `json:"name,omitzero"`
}

type process struct {
	CommandLine string `json:"command_line"`
}

type requested struct {
	Original string `json:"original"`
}

type agent struct {
	Original string `json:"original"`
}

type user struct {
	Name string `json:"name"`
}

type file struct {
	Name string            `json:"name,omitzero"`
	Hash map[string]string `json:"hash,omitempty"`
}

type related struct {
	IP    []string `json:"ip,omitempty"`
	Hosts []string `json:"hosts,omitempty"`
	Hash  []string `json:"hash,omitempty"`
	User  []string `json:"user,omitempty"`
}

func (r *related) addIP(s string) {
	if !slices.Contains(r.IP, s) {
		r.IP = append(r.IP, s)
	}
}

func (r *related) addHost(s string) {
	if !slices.Contains(r.Hosts, s) {
		r.Hosts = append(r.Hosts, s)
	}
}

// ours are the members that ECS has no field for.
type ours struct {
	Confidence float64  `json:"confidence"`
	Source     string   `json:"source_id"`
	Session    string   `json:"session_id,omitzero"`
	Attacker   string   `json:"attacker_uuid,omitzero"`
	Identity   string   `json:"identity_uuid,omitzero"`
	Release    string   `json:"attack_release"`
	URLs       []string `json:"urls,omitempty"`
}
