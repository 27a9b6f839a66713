package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"
)

// members are those of CycloneDX 1.5 that a bill of materials may hold, as far as they
// are written, and what they must look like; ! stands before those that must be there
// (schema/bom-1.5.schema.json of github.com/CycloneDX/specification, which allows no
// others).
var members = map[string]map[string]string{
	"bom": {
		"!bomFormat": `^CycloneDX$`, "!specVersion": `^1\.5$`, "serialNumber": `^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`,
		"version": `^[1-9]\d*$`, "metadata": "metadata", "components": "component", "dependencies": "dependency",
	},
	"metadata":   {"timestamp": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, "component": "component"},
	"component":  {"!type": `^(application|library)$`, "!name": `.`, "version": `.`, "bom-ref": `.`, "purl": `^pkg:golang/[a-z0-9._/~-]+@[A-Za-z0-9.%-]+$`, "hashes": "hash"},
	"hash":       {"!alg": `^SHA-256$`, "!content": `^[0-9a-f]{64}$`},
	"dependency": {"!ref": `.`, "dependsOn": `.`},
}

func holdTo(t *testing.T, kind string, raw json.RawMessage) {
	t.Helper()
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) == nil {
		for _, one := range all {
			holdTo(t, kind, one)
		}
		return
	}
	if form, ok := members[kind]; ok {
		var o map[string]json.RawMessage
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for name, inner := range form {
			if must := name[0] == '!'; must {
				if name = name[1:]; o[name] == nil {
					t.Errorf("%s has no %s", kind, name)
				}
			}
			if o[name] != nil {
				holdTo(t, inner, o[name])
			}
			delete(o, name)
		}
		for name := range o {
			t.Errorf("%s has %s, which is no member", kind, name)
		}
		return
	}
	text := string(raw)
	if json.Unmarshal(raw, &text); !regexp.MustCompile(kind).MatchString(text) {
		t.Errorf("%s, want %s", raw, kind)
	}
}

// What this test itself was built of, as a bill of materials.
func TestSBOM(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := release{out: t.TempDir(), version: "1.2.3", when: time.Unix(0, 0).UTC()}
	of := target{"linux", "amd64"}
	if err := r.sbom(of, self); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(r.out, r.name(of)+".cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	holdTo(t, "bom", text)
	var b bom
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	refs := []string{b.Metadata.Component.Ref}
	for _, c := range b.Components {
		if slices.Contains(refs, c.Ref) {
			t.Errorf("%s is there twice", c.Ref)
		}
		refs = append(refs, c.Ref)
	}
	for _, d := range b.Dependencies {
		for _, ref := range append(d.DependsOn, d.Ref) {
			if !slices.Contains(refs, ref) {
				t.Errorf("%s is no component", ref)
			}
		}
	}
	if len(b.Components) < 10 {
		t.Errorf("%d components, want the modules of this test", len(b.Components))
	}
}

func TestPackageURL(t *testing.T) {
	for want, m := range map[string][2]string{
		"pkg:golang/github.com/victoriametrics/metrics@v1.45.0": {"github.com/VictoriaMetrics/metrics", "v1.45.0"},
		"pkg:golang/example.org/x@v2.0.0%2Bincompatible":        {"example.org/x", "v2.0.0+incompatible"},
	} {
		if got := packageURL(m[0], m[1]); got != want {
			t.Errorf("packageURL(%q) = %s, want %s", m, got, want)
		}
	}
}
