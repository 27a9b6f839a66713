package stix

// fixed is when the objects that are no observation came to be: the output holds no
// wall clock, and a second version of them is never made.
const fixed = "2026-01-01T00:00:00.000Z"

// mitreID is the identity that MITRE's own objects were made by
// (github.com/mitre-attack/attack-stix-data), and mitreCreated a time before all of
// them. What this package writes of an object of MITRE's is then older than any version
// of MITRE's own, so that a store that has the object keeps it, and one that has not
// gets a name and a page.
const (
	mitreID      = "identity--c78cb6e5-0c4b-4611-8297-d1b8b55e40b5"
	mitreCreated = "2017-05-01T00:00:00.000Z"
)

// tlp are the markings of TLP 2.0 as OASIS publishes them for STIX 2.1
// (oasis-open/cti-stix-common-objects, extension-definition-specifications/tlp-2.0).
var tlp = []struct{ word, name, id string }{
	{"clear", "TLP:CLEAR", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"},
	{"green", "TLP:GREEN", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"},
	{"amber", "TLP:AMBER", "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"},
	{"amber+strict", "TLP:AMBER+STRICT", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"},
	{"red", "TLP:RED", "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"},
}

const (
	tlpExtension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
	tlpCreated   = "2022-10-01T00:00:00.000Z"
)

// tlpMarking returns the marking of a word of TLP 2.0, false for another.
func tlpMarking(word string) (object, bool) {
	for _, m := range tlp {
		if m.word == word {
			return object{
				Type: "marking-definition", SpecVersion: version, ID: m.id, Created: tlpCreated, Name: m.name,
				Extensions: map[string]map[string]string{tlpExtension: {"extension_type": "property-extension", "tlp_2_0": m.word}},
			}, true
		}
	}
	return object{}, false
}

// notice returns MITRE's designation as a marking, for the objects whose names are
// of ATT&CK.
func (b *bundle) notice() object {
	return object{
		Type: "marking-definition", SpecVersion: version, ID: b.id("marking-definition", b.copyright), Created: fixed,
		CreatedBy: b.producer, DefinitionType: "statement", Definition: map[string]string{"statement": b.copyright},
	}
}
