package engine

import "ttpctl/internal/engine/program"

// wordsSchema is what a rule may ask of a word.
func wordsSchema() object {
	word := object{"type": []string{"string", "number"}}
	list := object{"type": "array", "minItems": 1, "items": word}
	pattern := closed([]string{"pattern"}, object{"pattern": object{"type": []string{"string", "array"}}})
	return described("A glob, a list of globs, or {pattern: RE2}.", object{"anyOf": []any{word, list, pattern}})
}

// oneOrMore is a value of the enumeration, or a list of them.
func oneOrMore(names []string) object {
	one := object{"enum": names}
	return object{"anyOf": []any{one, object{"type": "array", "minItems": 1, "items": one}}}
}

func commandSchema() object {
	text := object{"type": "string", "minLength": 1}
	texts := object{"anyOf": []any{text, object{"type": "array", "minItems": 1, "items": text}}}
	options := object{"anyOf": append([]any{object{"type": "object", "minProperties": 1, "additionalProperties": ref("words")}}, texts["anyOf"].([]any)...)}
	count := object{"type": "integer", "minimum": 0}
	special := object{
		"program":    described("Names, classes of the program table (@shell), or names as they are (\"x!\").", texts),
		"subcommand": texts, "via": texts, "no_via": texts, "option": options, "no_option": options,
		"operands": closed([]string{}, object{"min": count, "max": count}),
		"effect":   ref("effect"), "no_effect": ref("effect"), "input_from": ref("command"), "output_to": ref("command"),
	}
	properties := object{}
	for _, k := range commandKeys() {
		properties[k.name] = ref("words")
		if s, ok := special[k.name]; ok {
			properties[k.name] = s
		}
	}
	block := closed([]string{}, properties)
	block["minProperties"] = 1
	return block
}

// effectSchema has one verb, with the members that effects of the verb have.
func effectSchema() object {
	properties := object{}
	for v := range program.NumVerbs {
		members := object{"except": ref("words")}
		for _, m := range effectMembers(v) {
			members[m.name] = memberSchema(v, m.name)
		}
		properties[v.String()] = object{"anyOf": []any{ref("words"), closed([]string{}, members)}}
	}
	block := closed([]string{}, properties)
	block["minProperties"], block["maxProperties"] = 1, 1
	return block
}

func memberSchema(v program.Verb, name string) object {
	switch name {
	case "how":
		return oneOrMore(append(howsOf(v), anyTarget))
	case "action":
		names := []string{anyTarget}
		for _, a := range v.Actions() {
			names = append(names, a.String())
		}
		return oneOrMore(names)
	case "unset":
		return object{"type": "boolean"}
	}
	return ref("words")
}

func sequenceSchema() object {
	number := object{"type": "integer", "minimum": 1}
	return closed([]string{"steps"}, object{
		"over": object{"enum": sequenceSpans}, "same": object{"enum": bindings[1:]},
		"within": closed([]string{}, object{"minutes": number, "commands": number}),
		"steps":  object{"type": "array", "minItems": 2, "maxItems": maxSteps, "items": object{"type": "object"}},
	})
}

// addSessionSchemas adds what a block may ask of a session that closes, and of
// numbers and booleans.
func addSessionSchemas(properties object) {
	number := object{"type": "integer", "minimum": 1}
	properties["count"] = closed([]string{"of", "min"}, object{"of": ref("block"), "min": number})
	properties["every"] = ref("block")
	properties["techniques"] = closed([]string{"tactic", "min"}, object{"tactic": object{"type": "string"}, "min": number})
	properties["min"], properties["max"] = object{"type": "number"}, object{"type": "number"}
	properties["is"] = object{"type": "boolean"}
}
