package stix

// An object is any STIX object that is written here. Its members are those of the
// types of STIX 2.1 that are made; what an object does not have is left out.
type object struct {
	Type        string `json:"type"`
	SpecVersion string `json:"spec_version"`
	ID          string `json:"id"`

	CreatedBy string   `json:"created_by_ref,omitzero"`
	Created   string   `json:"created,omitzero"`
	Modified  string   `json:"modified,omitzero"`
	Markings  []string `json:"object_marking_refs,omitempty"`

	Name        string `json:"name,omitzero"`
	Description string `json:"description,omitzero"`
	Class       string `json:"identity_class,omitzero"`
	Confidence  int    `json:"confidence,omitzero"`

	Phases []phase `json:"kill_chain_phases,omitempty"`

	InfrastructureTypes []string `json:"infrastructure_types,omitempty"`

	IndicatorTypes []string `json:"indicator_types,omitempty"`
	Pattern        string   `json:"pattern,omitzero"`
	PatternType    string   `json:"pattern_type,omitzero"`
	PatternVersion string   `json:"pattern_version,omitzero"`
	ValidFrom      string   `json:"valid_from,omitzero"`

	FirstObserved  string   `json:"first_observed,omitzero"`
	LastObserved   string   `json:"last_observed,omitzero"`
	NumberObserved int      `json:"number_observed,omitzero"`
	ObjectRefs     []string `json:"object_refs,omitempty"`

	FirstSeen    string   `json:"first_seen,omitzero"`
	LastSeen     string   `json:"last_seen,omitzero"`
	Count        int      `json:"count,omitzero"`
	SightingOf   string   `json:"sighting_of_ref,omitzero"`
	ObservedData []string `json:"observed_data_refs,omitempty"`
	WhereSighted []string `json:"where_sighted_refs,omitempty"`

	RelationshipType string `json:"relationship_type,omitzero"`
	Source           string `json:"source_ref,omitzero"`
	Target           string `json:"target_ref,omitzero"`

	Abstract string   `json:"abstract,omitzero"`
	Content  string   `json:"content,omitzero"`
	Authors  []string `json:"authors,omitempty"`

	Value       string            `json:"value,omitzero"`
	CommandLine string            `json:"command_line,omitzero"`
	Hashes      map[string]string `json:"hashes,omitempty"`

	DefinitionType string            `json:"definition_type,omitzero"`
	Definition     map[string]string `json:"definition,omitempty"`

	Extensions map[string]map[string]string `json:"extensions,omitempty"`
	References []reference                  `json:"external_references,omitempty"`
}

// A phase is a tactic.
type phase struct {
	Chain string `json:"kill_chain_name"`
	Name  string `json:"phase_name"`
}

type reference struct {
	Source string `json:"source_name"`
	ID     string `json:"external_id,omitzero"`
	URL    string `json:"url,omitzero"`
}
