package misp

// An event is the head of a document: the members of an Event in MISP's core format
// (draft-dulaunoy-misp-core-format-18, github.com/MISP/misp-rfc). Numbers are strings
// there. Attribute and Object follow. What the format calls id is the number that an
// instance gives; there is none before one has the event, and where the format insists
// on the number of an event, an object or an organisation it is nobody's.
type head struct {
	UUID             string       `json:"uuid"`
	Info             string       `json:"info"`
	Date             string       `json:"date"`
	ThreatLevel      string       `json:"threat_level_id"`
	Analysis         string       `json:"analysis"`
	Distribution     string       `json:"distribution"`
	SharingGroup     string       `json:"sharing_group_id"`
	Published        bool         `json:"published"`
	Timestamp        string       `json:"timestamp"`
	PublishTimestamp string       `json:"publish_timestamp"`
	Attributes       string       `json:"attribute_count"`
	Extends          string       `json:"extends_uuid"`
	OrgID            string       `json:"org_id"`
	OrgcID           string       `json:"orgc_id"`
	Orgc             organisation `json:"Orgc"`
	Tag              []tag        `json:"Tag"`
}

type organisation struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	UUID string `json:"uuid"`
}

// A tag is a word of a taxonomy, or of a galaxy: MISP finds the cluster by the name.
type tag struct {
	Name       string `json:"name"`
	Colour     string `json:"colour"`
	Exportable bool   `json:"exportable"`
}

type attribute struct {
	UUID               string `json:"uuid"`
	EventID            string `json:"event_id"`
	ObjectID           string `json:"object_id,omitzero"` // within an object
	Type               string `json:"type"`
	Category           string `json:"category"`
	Relation           string `json:"object_relation,omitzero"` // within an object
	Value              string `json:"value"`
	ToIDs              bool   `json:"to_ids"`
	DisableCorrelation bool   `json:"disable_correlation"`
	Distribution       string `json:"distribution"`
	SharingGroup       string `json:"sharing_group_id"`
	Timestamp          string `json:"timestamp"`
	Deleted            bool   `json:"deleted"`
	Comment            string `json:"comment"`
	FirstSeen          string `json:"first_seen,omitzero"`
	LastSeen           string `json:"last_seen,omitzero"`
	Tag                []tag  `json:"Tag,omitempty"`
}

// An object follows a template of github.com/MISP/misp-objects.
type object struct {
	UUID            string      `json:"uuid"`
	EventID         string      `json:"event_id"`
	Name            string      `json:"name"`
	MetaCategory    string      `json:"meta-category"`
	Description     string      `json:"description"`
	TemplateUUID    string      `json:"template_uuid"`
	TemplateVersion string      `json:"template_version"`
	Distribution    string      `json:"distribution"`
	SharingGroup    string      `json:"sharing_group_id"`
	Timestamp       string      `json:"timestamp"`
	Deleted         bool        `json:"deleted"`
	Comment         string      `json:"comment"`
	FirstSeen       string      `json:"first_seen,omitzero"`
	LastSeen        string      `json:"last_seen,omitzero"`
	Attribute       []attribute `json:"Attribute"`
}

// A template is one of misp-objects, as far as its objects repeat it.
type template struct{ name, category, description, uuid, version string }

// The templates that are used.
var (
	urlTemplate = template{"url", "network", "url object describes an url along with its normalized field (like extracted using faup parsing library) and its metadata.",
		"60efb77b-40b5-4c46-871b-ed1ed999fce5", "3"}
	fileTemplate    = template{"file", "file", "File object describing a file with meta-information", "688c46fb-5edb-40a3-8273-1af7923e2215", "23"}
	commandTemplate = template{"command-line", "misc", "Command line and options related to a specific command executed by a program, whether it is malicious or not.",
		"88ebe222-d3cc-11e9-875d-7f13f460adaf", "1"}
)
