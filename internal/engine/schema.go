package engine

import (
	"encoding/json"
	"maps"
	"slices"

	"ttpctl/internal/event"
)

// object is a JSON object of the schema.
type object = map[string]any

// JSONSchema returns the JSON Schema (draft 2020-12) of a rule file, for
// editors. lifters are the parameter tables by match.kind. It says less than
// [Compile] checks: which fields a kind has, which tactics a technique, is
// beyond it. Equal tables give equal bytes.
func JSONSchema(lifters map[string][]Param) []byte {
	required := []string{}
	properties := object{}
	schemas := ruleSchemas()
	for _, k := range ruleKeys() {
		properties[k.name] = schemas[k.name]
		if k.required {
			required = append(required, k.name)
		}
	}
	schema := closed(required, properties)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "ttpctl rule"
	schema["$defs"] = object{
		"block":    blockSchema(),
		"blocks":   object{"type": "array", "minItems": 1, "items": ref("block")},
		"command":  described("What one simple command of the line shows.", commandSchema()),
		"effect":   described("What a command of the line would do: one verb.", effectSchema()),
		"words":    wordsSchema(),
		"sequence": sequenceSchema(),
		"match":    object{"anyOf": append([]any{ref("block")}, lifterSchemas(lifters)...)},
		"emit":     emitSchema(),
		"example":  object{"type": []string{"string", "object", "array"}, "description": "The value of the kind's default field, a payload, or an event with source_kind and payload; of a rule with a sequence also a list of them, which is one session."},
	}
	out, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic("engine: schema: " + err.Error()) // it holds strings, numbers and booleans only
	}
	return append(out, '\n')
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

// closed is an object with these members and no others.
func closed(required []string, properties object) object {
	return object{"type": "object", "required": required, "properties": properties, "additionalProperties": false}
}

func described(text string, o object) object {
	o["description"] = text
	return o
}

func list(items object) object { return object{"type": "array", "items": items} }

// ruleSchemas are the schemas of the keys of a rule.
func ruleSchemas() object {
	var kinds []string
	for _, k := range event.Kinds() {
		kinds = append(kinds, k.String())
	}
	date := object{"type": "string", "format": "date"}
	text := object{"type": "string", "minLength": 1}
	examples := list(ref("example"))
	return object{
		"rule_id":         described("Unique, and the file's name without extension.", object{"type": "string", "pattern": ruleIDForm.String()}),
		"rule_version":    described("Goes up with every change of meaning.", object{"type": "integer", "minimum": 1}),
		"name":            described("In snake_case, unique.", object{"type": "string", "pattern": nameForm.String()}),
		"description":     described("One paragraph for the analyst.", object{"type": "string", "minLength": 1}),
		"attack_release":  described("The release of ATT&CK that the rule was written for.", object{"type": "string"}),
		"last_reviewed":   date,
		"next_review":     date,
		"applies_to":      described("The kinds of events.", object{"type": "array", "minItems": 1, "uniqueItems": true, "items": object{"enum": kinds}}),
		"match":           described("What must hold of the payload.", ref("match")),
		"emits":           described("What a match is tagged with.", object{"type": "array", "minItems": 1, "items": ref("emit")}),
		"evidence_fields": described("Payload fields copied into evidence.", list(object{"anyOf": []any{object{"enum": evidenceNames()}, object{"type": "string"}}})),
		"examples":        described("Tried by validate.", closed([]string{}, object{"match": examples, "no_match": examples})),
		"false_positives": described("What the rule is known to tag wrongly.", list(text)),
		"changes":         described("What each version from the second on changed.", list(changeSchema())),
	}
}

func changeSchema() object {
	text := object{"type": "string", "minLength": 1}
	return closed([]string{"version", "what", "why"}, object{"version": object{"type": "integer", "minimum": 2}, "what": text, "why": text})
}

func emitSchema() object {
	return closed([]string{"tactic", "technique_id", "confidence"}, object{
		"tactic":           object{"type": "string", "pattern": "^TA[0-9]{4}$"},
		"technique_id":     object{"type": "string", "pattern": "^T[0-9]{4}$"},
		"sub_technique_id": object{"type": "string", "pattern": `^T[0-9]{4}\.[0-9]{3}$`},
		"confidence":       object{"type": "number", "minimum": 0, "maximum": 1},
	})
}

func blockSchema() object {
	text := object{"type": "string", "minLength": 1}
	texts := object{"type": "array", "minItems": 1, "items": object{"type": "string"}}
	properties := object{
		"field":       described("The kind's default field otherwise.", object{"anyOf": []any{object{"enum": fieldNamesOfAll()}, object{"type": "string", "pattern": `^headers\.`}}}),
		"pattern":     described("RE2, searched anywhere in the value.", text),
		"ignore_case": object{"type": "boolean"},
		"except":      described("RE2, one or several, none of which the value that passes the operators may match.", object{"anyOf": []any{text, texts}}),
	}
	for name, op := range literalOperators {
		switch {
		case op.one && op.many:
			properties[name] = object{"anyOf": []any{text, texts}}
		case op.many:
			properties[name] = texts
		default:
			properties[name] = object{"type": "string"}
		}
	}
	for name := range compositions {
		properties[name] = ref("blocks")
	}
	properties["command"], properties["effect"], properties["sequence"] = ref("command"), ref("effect"), ref("sequence")
	addSessionSchemas(properties)
	block := closed([]string{}, properties)
	block["minProperties"] = 1
	return block
}

// fieldNamesOfAll are the fields of all kinds, sorted.
func fieldNamesOfAll() []string { return namesOfFields(func(event.Field) bool { return true }) }

// evidenceNames are the fields that may be evidence, sorted.
func evidenceNames() []string { return namesOfFields(func(f event.Field) bool { return f.Evidence }) }

func namesOfFields(keep func(event.Field) bool) []string {
	names := map[string]bool{}
	for _, k := range event.Kinds() {
		for _, id := range event.FieldsOf(k) {
			if f := id.Field(); keep(f) {
				names[f.Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// lifterSchemas are the match mappings of the lifters, sorted by kind.
func lifterSchemas(lifters map[string][]Param) []any {
	var out []any
	for _, kind := range slices.Sorted(maps.Keys(lifters)) {
		required, properties := []string{"kind"}, object{"kind": object{"const": kind}}
		for _, p := range lifters[kind] {
			properties[p.Name] = p.schema()
			if p.Required {
				required = append(required, p.Name)
			}
		}
		out = append(out, closed(required, properties))
	}
	return out
}

func (p *Param) schema() object {
	text := object{"type": "string", "minLength": 1}
	if len(p.OneOf) > 0 {
		text = object{"enum": p.OneOf}
	}
	var s object
	switch p.Type {
	case ParamNumber:
		s = object{"type": "number"}
		if p.Max > p.Min {
			s["minimum"], s["maximum"] = p.Min, p.Max
		}
	case ParamBool:
		s = object{"type": "boolean"}
	case ParamString:
		s = maps.Clone(text)
		delete(s, "minLength")
	case ParamStrings, ParamPatterns:
		s = object{"type": "array", "minItems": 1, "items": text}
	case ParamPairs:
		pair := object{"type": "array", "items": object{"type": "string"}, "minItems": 2, "maxItems": 2}
		s = object{"type": "array", "minItems": 1, "items": pair}
		if len(p.OneOf) > 0 {
			s = object{"anyOf": []any{text, s}}
		}
	}
	if p.Default != nil {
		s["default"] = p.Default
	}
	return s
}
