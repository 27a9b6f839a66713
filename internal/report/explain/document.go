package explain

import "encoding/json"

// jsonExplained is one input of explain as JSON has it.
type jsonExplained struct {
	Line        int             `json:"line,omitempty"`  // on stdin, from 1
	Input       string          `json:"input,omitempty"` // a command line; an event may hold what is not to be shown
	Events      []jsonExplEvent `json:"events"`
	UnknownKind string          `json:"unknown_kind,omitempty"`
	Error       string          `json:"error,omitempty"`
}

type jsonExplEvent struct {
	SourceKind string            `json:"source_kind"`
	SourceID   string            `json:"source_id"`
	Command    string            `json:"command_text,omitempty"` // of a command
	Request    *jsonRequest      `json:"request,omitempty"`
	Shell      *jsonShell        `json:"shell,omitempty"`
	Commands   []jsonSimple      `json:"commands,omitempty"` // what they are and would do
	Matches    []jsonExplanation `json:"matches"`            // rules that fire, and those that would
	Rules      []jsonExplanation `json:"rules"`              // those of --rule, part by part
}

type jsonShell struct {
	Commands  []jsonCommand  `json:"commands"`
	Redirects []jsonRedirect `json:"redirects"`
	Truncated bool           `json:"truncated"`
	// What a view that was cut short left out.
	CommandsLeftOut int `json:"commands_left_out,omitzero"`
	BytesLeftOut    int `json:"bytes_left_out,omitzero"`
}

// jsonCommand is a simple command. Parent is the index of what runs it, -1 for
// the line itself.
type jsonCommand struct {
	Text    string   `json:"text"`
	Name    string   `json:"name"`
	Path    string   `json:"path,omitempty"`
	Args    []string `json:"args"`
	Assigns []string `json:"assigns,omitempty"`
	Via     string   `json:"via,omitempty"`
	Parent  int      `json:"parent"`
	Depth   int      `json:"depth"`
}

// jsonRedirect is a redirection. Command is an index, or -1.
type jsonRedirect struct {
	Text     string `json:"text"`
	FD       string `json:"fd,omitempty"`
	Operator string `json:"operator"`
	Target   string `json:"target"`
	Command  int    `json:"command"`
}

type jsonExplanation struct {
	RuleID        string          `json:"rule_id"`
	RuleVersion   int             `json:"rule_version"`
	Name          string          `json:"name"`
	Verdict       string          `json:"verdict"`
	State         string          `json:"state"`
	ConfidenceMax *float64        `json:"confidence_max,omitempty"`
	StateReason   string          `json:"state_reason,omitempty"`
	Tags          []jsonTag       `json:"tags"`
	BelowFloor    int             `json:"below_floor"`
	Match         *jsonText       `json:"match,omitempty"`
	Evidence      json.RawMessage `json:"evidence,omitempty"`
	Steps         []jsonStep      `json:"steps,omitempty"` // of a sequence
	Parts         *jsonPart       `json:"parts,omitempty"`
	Lifter        string          `json:"lifter,omitempty"`
	Parameters    []parameter     `json:"parameters,omitempty"`
	Fields        []jsonReading   `json:"fields,omitempty"`
}

type jsonTag struct {
	Tactic         string  `json:"tactic"`
	TacticName     string  `json:"tactic_name"`
	TechniqueID    string  `json:"technique_id"`
	SubTechniqueID *string `json:"sub_technique_id"`
	TechniqueName  string  `json:"technique_name"` // of the sub-technique with its parent's
	Confidence     float64 `json:"confidence"`
}

// jsonText is a text that a rule looked at. Start and End are byte offsets
// into the whole text, of which Text may be the beginning.
type jsonText struct {
	Field   string  `json:"field,omitempty"`
	Header  string  `json:"header,omitempty"`
	Text    *string `json:"text"` // null when it may not be shown
	Cut     bool    `json:"cut,omitempty"`
	Excerpt bool    `json:"excerpt,omitempty"` // text is only what matched
	Start   int     `json:"start"`
	End     int     `json:"end"`
	Matched string  `json:"matched"`
}

// jsonStep is a step of a sequence, and what it held on.
type jsonStep struct {
	SourceID string `json:"source_id"`
	Text     string `json:"text"`
	Asked    string `json:"asked"`
}

// jsonTried is a simple command, or an effect of one, that a block looked at.
type jsonTried struct {
	Text   string      `json:"text"`
	Effect string      `json:"effect,omitempty"`
	Passes bool        `json:"passes"`
	Checks []jsonCheck `json:"checks"`
}

type jsonCheck struct {
	Key   string   `json:"key"`
	Asked []string `json:"asked"`
	OK    bool     `json:"ok"`
}

// jsonPart is a composition (op and parts), a test (field, tests, texts), or a
// block that looks at commands (op and tried).
type jsonPart struct {
	Op      string           `json:"op,omitempty"`
	Holds   bool             `json:"holds"`
	Parts   []jsonPart       `json:"parts,omitempty"`
	Field   string           `json:"field,omitempty"`
	Tests   []jsonSpelling   `json:"tests,omitempty"`
	Texts   []jsonTestedText `json:"texts,omitempty"`
	Omitted int              `json:"omitted,omitempty"`
	Tried   []jsonTried      `json:"tried,omitempty"`
}

type jsonSpelling struct {
	Operator   string   `json:"operator"`
	Operands   []string `json:"operands"`
	IgnoreCase bool     `json:"ignore_case,omitempty"`
}

type jsonTestedText struct {
	jsonText
	Passes bool        `json:"passes"`
	Found  []jsonFound `json:"found"` // by test; of except, finding is failing
}

type jsonFound struct {
	OK    bool `json:"ok"`
	Start int  `json:"start"`
	End   int  `json:"end"`
}

type jsonReading struct {
	Name    string          `json:"name"`
	Present bool            `json:"present"`
	Value   json.RawMessage `json:"value"` // null when absent or not to be shown
	Hidden  bool            `json:"hidden,omitempty"`
	Cut     bool            `json:"cut,omitempty"`
}

type jsonExplainSummary struct {
	Inputs int `json:"inputs"`
	Events int `json:"events"`
	Failed int `json:"failed"` // inputs that are no event
	Fired  int `json:"fired"`  // rules, summed over the events
	Tags   int `json:"tags"`
}
