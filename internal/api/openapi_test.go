package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A document is what of openapi.json the tests read.
type document struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	Role       string                `json:"x-role"`
	Security   []map[string][]string `json:"security"`
	Parameters []struct {
		Name, In string
		Required bool
	} `json:"parameters"`
	Responses map[string]struct {
		Content map[string]struct{ Schema *schema } `json:"content"`
		Headers map[string]any                      `json:"headers"`
	} `json:"responses"`
}

// A schema is the part of JSON Schema that the document uses.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"` // a name, or some
	Format     string             `json:"format"`
	Enum       []string           `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Additional *bool              `json:"additionalProperties"`
	Items      *schema            `json:"items"`
}

func readDocument(t testing.TB) *document {
	t.Helper()
	var d document
	if err := json.Unmarshal(openAPI, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// TestOpenAPI holds the document to the table of routes.
func TestOpenAPI(t *testing.T) {
	d := readDocument(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q", d.OpenAPI)
	}
	documented := map[string]bool{}
	for path, ops := range d.Paths {
		for method := range ops {
			documented[strings.ToUpper(method)+" "+path] = true
		}
	}
	for _, r := range routes() {
		name := r.method + " " + r.path
		op, ok := d.Paths[r.path][strings.ToLower(r.method)]
		if !ok {
			t.Errorf("%s is not in the document", name)
			continue
		}
		delete(documented, name)
		if op.Role != r.role.String() || (r.role == Open) != (len(op.Security) == 0) {
			t.Errorf("%s: role %s with security %v, want %s", name, op.Role, op.Security, r.role)
		}
		var params []string
		for _, p := range op.Parameters {
			if p.In == "query" {
				params = append(params, p.Name)
			}
			if p.In == "path" && !strings.Contains(r.path, "{"+p.Name+"}") {
				t.Errorf("%s: no %s in the path", name, p.Name)
			}
		}
		if diff := cmp.Diff(r.params, params); diff != "" {
			t.Errorf("%s: parameters (-want +got):\n%s", name, diff)
		}
	}
	for name := range documented {
		t.Errorf("%s is in the document and no route", name)
	}
}

// checkDocumented holds an answer to the document: its status, its media type
// and its body.
func checkDocumented(t testing.TB, method, path string, got reply) {
	t.Helper()
	d := readDocument(t)
	for pattern, ops := range d.Paths {
		op, ok := ops[strings.ToLower(method)]
		if _, matches := pathID(pattern, path); !matches || !ok {
			continue
		}
		resp, ok := op.Responses[fmt.Sprint(got.StatusCode)]
		if !ok {
			t.Errorf("%s %s answers %d, which is not in the document: %s", method, pattern, got.StatusCode, got.body)
			return
		}
		media, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type"))
		content, ok := resp.Content[media]
		if nothing := len(resp.Content) == 0 && got.body == ""; !ok && !nothing {
			t.Errorf("%s %s answers %d as %q, want one of %v", method, pattern, got.StatusCode, media, slices.Collect(maps.Keys(resp.Content)))
			return
		}
		for name := range resp.Headers {
			if got.Header.Get(name) == "" && (got.StatusCode != http.StatusServiceUnavailable || name != "Retry-After") {
				t.Errorf("%s %s answers %d without %s", method, pattern, got.StatusCode, name)
			}
		}
		if strings.HasSuffix(media, "json") {
			var v any
			if err := json.Unmarshal([]byte(got.body), &v); err != nil {
				t.Errorf("%s %s answers %q: %v", method, pattern, got.body, err)
			} else if why := d.mismatch(content.Schema, v, "body"); why != "" {
				t.Errorf("%s %s answers %s: %s", method, pattern, got.body, why)
			}
		}
		return
	}
}

// mismatch says where v is not what s describes, "" = it is.
func (d *document) mismatch(s *schema, v any, at string) string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		if d.Components.Schemas[name] == nil {
			return "no schema " + name
		}
		return d.mismatch(d.Components.Schemas[name], v, at)
	}
	if !s.hasType(v) {
		return fmt.Sprintf("%s is %T, want %v", at, v, s.Type)
	}
	switch v := v.(type) {
	case string:
		if s.Enum != nil && !slices.Contains(s.Enum, v) {
			return fmt.Sprintf("%s is %q, want one of %v", at, v, s.Enum)
		}
		if _, err := time.Parse(time.RFC3339, v); s.Format == "date-time" && err != nil {
			return at + ": " + err.Error()
		}
	case []any:
		for i, e := range v {
			if why := d.mismatch(s.Items, e, fmt.Sprintf("%s[%d]", at, i)); why != "" {
				return why
			}
		}
	case map[string]any:
		return d.mismatchObject(s, v, at)
	}
	return ""
}

func (d *document) mismatchObject(s *schema, v map[string]any, at string) string {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return at + " has no " + name
		}
	}
	for name, e := range v {
		p := s.Properties[name]
		if p == nil && s.Additional != nil && !*s.Additional {
			return at + " has " + name + ", which is not described"
		}
		if p == nil {
			continue
		}
		if why := d.mismatch(p, e, at+"."+name); why != "" {
			return why
		}
	}
	return ""
}

// hasType reports whether v is of a type that s allows.
func (s *schema) hasType(v any) bool {
	var allowed []string
	switch t := s.Type.(type) {
	case string:
		allowed = []string{t}
	case []any:
		for _, name := range t {
			allowed = append(allowed, fmt.Sprint(name))
		}
	}
	is := ""
	switch v := v.(type) {
	case nil:
		is = "null"
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case []any:
		is = "array"
	case map[string]any:
		is = "object"
	case float64:
		is = "number"
		if v == float64(int64(v)) && slices.Contains(allowed, "integer") {
			is = "integer"
		}
	}
	return slices.Contains(allowed, is)
}
