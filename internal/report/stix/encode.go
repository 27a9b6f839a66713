package stix

import (
	"maps"
	"slices"
	"strconv"

	"ttpctl/internal/event"
)

// append appends o as JSON, its members in the order of the struct's and those that
// have no value left out, as encoding it would.
func (o *object) append(dst []byte) []byte {
	dst = event.AppendQuoted(append(dst, `{"type":`...), o.Type)
	dst = event.AppendQuoted(append(dst, `,"spec_version":`...), o.SpecVersion)
	dst = event.AppendQuoted(append(dst, `,"id":`...), o.ID)
	dst = appendText(dst, `,"created_by_ref":`, o.CreatedBy)
	dst = appendText(dst, `,"created":`, o.Created)
	dst = appendText(dst, `,"modified":`, o.Modified)
	dst = appendList(dst, `,"object_marking_refs":`, o.Markings)
	dst = appendText(dst, `,"name":`, o.Name)
	dst = appendText(dst, `,"description":`, o.Description)
	dst = appendText(dst, `,"identity_class":`, o.Class)
	dst = appendNumber(dst, `,"confidence":`, o.Confidence)
	for i, p := range o.Phases {
		dst = event.AppendQuoted(append(between(dst, `,"kill_chain_phases":[`, i), `{"kill_chain_name":`...), p.Chain)
		dst = append(event.AppendQuoted(append(dst, `,"phase_name":`...), p.Name), '}')
	}
	dst = end(dst, len(o.Phases))
	dst = appendList(dst, `,"infrastructure_types":`, o.InfrastructureTypes)
	dst = appendList(dst, `,"indicator_types":`, o.IndicatorTypes)
	dst = appendText(dst, `,"pattern":`, o.Pattern)
	dst = appendText(dst, `,"pattern_type":`, o.PatternType)
	dst = appendText(dst, `,"pattern_version":`, o.PatternVersion)
	dst = appendText(dst, `,"valid_from":`, o.ValidFrom)
	dst = appendText(dst, `,"first_observed":`, o.FirstObserved)
	dst = appendText(dst, `,"last_observed":`, o.LastObserved)
	dst = appendNumber(dst, `,"number_observed":`, o.NumberObserved)
	dst = appendList(dst, `,"object_refs":`, o.ObjectRefs)
	dst = appendText(dst, `,"first_seen":`, o.FirstSeen)
	dst = appendText(dst, `,"last_seen":`, o.LastSeen)
	dst = appendNumber(dst, `,"count":`, o.Count)
	dst = appendText(dst, `,"sighting_of_ref":`, o.SightingOf)
	dst = appendList(dst, `,"observed_data_refs":`, o.ObservedData)
	dst = appendList(dst, `,"where_sighted_refs":`, o.WhereSighted)
	dst = appendText(dst, `,"relationship_type":`, o.RelationshipType)
	dst = appendText(dst, `,"source_ref":`, o.Source)
	dst = appendText(dst, `,"target_ref":`, o.Target)
	dst = appendText(dst, `,"abstract":`, o.Abstract)
	dst = appendText(dst, `,"content":`, o.Content)
	dst = appendList(dst, `,"authors":`, o.Authors)
	dst = appendText(dst, `,"value":`, o.Value)
	dst = appendText(dst, `,"command_line":`, o.CommandLine)
	dst = appendMap(dst, `,"hashes":`, o.Hashes)
	dst = appendText(dst, `,"definition_type":`, o.DefinitionType)
	dst = appendMap(dst, `,"definition":`, o.Definition)
	for i, name := range slices.Sorted(maps.Keys(o.Extensions)) {
		separator := `,`
		if i == 0 {
			separator = `,"extensions":{`
		}
		dst = event.AppendQuoted(append(dst, separator...), name)
		dst = appendMap(dst, `:`, o.Extensions[name])
	}
	if len(o.Extensions) > 0 {
		dst = append(dst, '}')
	}
	for i, r := range o.References {
		dst = event.AppendQuoted(append(between(dst, `,"external_references":[`, i), `{"source_name":`...), r.Source)
		dst = append(appendText(appendText(dst, `,"external_id":`, r.ID), `,"url":`, r.URL), '}')
	}
	dst = end(dst, len(o.References))
	return append(dst, '}')
}

func appendText(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return event.AppendQuoted(append(dst, name...), value)
}

func appendNumber(dst []byte, name string, value int) []byte {
	if value == 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, name...), int64(value), 10)
}

func appendList(dst []byte, name string, values []string) []byte {
	for i, v := range values {
		if i == 0 {
			dst = append(append(dst, name...), '[')
		} else {
			dst = append(dst, ',')
		}
		dst = event.AppendQuoted(dst, v)
	}
	return end(dst, len(values))
}

// appendMap appends a map in the order of its names.
func appendMap(dst []byte, name string, values map[string]string) []byte {
	if len(values) == 0 {
		return dst
	}
	dst = append(append(dst, name...), '{')
	for i, k := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = event.AppendQuoted(append(event.AppendQuoted(dst, k), ':'), values[k])
	}
	return append(dst, '}')
}

// between begins item i of a list: behind open, or behind another.
func between(dst []byte, open string, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return append(dst, open...)
}

// end ends a list of n items; one of none was never begun.
func end(dst []byte, n int) []byte {
	if n == 0 {
		return dst
	}
	return append(dst, ']')
}
