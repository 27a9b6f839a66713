package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// row is a line of a table by column name.
type row map[string]string

// list returns a column that holds a comma-separated list.
func (r row) list(column string) []string {
	if r[column] == "" {
		return nil
	}
	return strings.Split(r[column], ",")
}

// tables are the ATT&CK tables the catalogue is made from.
type tables struct {
	tactics, groups, techniques, software, campaigns []row

	stix map[string]string // by the id of a technique

	license   []byte // the text that came with them
	copyright string // the designation that the licence wants reproduced
}

func readTables(dir string) (t tables, err error) {
	if t.license, err = os.ReadFile(filepath.Join(dir, licenseFile)); err != nil {
		return t, err
	}
	if t.copyright = designation(string(t.license)); t.copyright == "" {
		return t, fmt.Errorf("%s: no copyright designation", licenseFile)
	}
	t.tactics, err = readTable(filepath.Join(dir, "tactics.tsv"),
		"domain", "order", "id", "name", "shortname", "status")
	if err != nil {
		return t, err
	}
	t.groups, err = readTable(filepath.Join(dir, "groups.tsv"), "id", "name", "status")
	if err != nil {
		return t, err
	}
	t.techniques, err = readTable(filepath.Join(dir, "techniques.tsv"),
		"id", "name", "domain", "tactic_ids", "tactic_shortnames", "is_subtechnique",
		"parent", "status", "revoked_by", "url", "platforms", "groups")
	if err != nil {
		return t, err
	}
	for _, s := range []struct {
		name string
		rows *[]row
	}{{"software.tsv", &t.software}, {"campaigns.tsv", &t.campaigns}} {
		if *s.rows, err = readTable(filepath.Join(dir, s.name), "id", "name", "type", "status", "techniques"); err != nil {
			return t, err
		}
	}
	ids, err := parseTable("stix.tsv", stixIDs, "id", "stix")
	t.stix = make(map[string]string, len(ids))
	for _, r := range ids {
		t.stix[r["id"]] = r["stix"]
	}
	return t, err
}

// designation returns the quoted line of the licence that begins with a © sign.
func designation(license string) string {
	for line := range strings.Lines(license) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "\"©") {
			return strings.Trim(line, "\"")
		}
	}
	return ""
}

// readTable reads a file of tab-separated lines under a line of column names. The
// tables quote nothing, so neither does it.
func readTable(path string, required ...string) ([]row, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseTable(path, string(text), required...)
}

func parseTable(path, text string, required ...string) ([]row, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	for _, name := range required {
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("%s: no column %q", path, name)
		}
	}
	var rows []row
	for i, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != len(columns) {
			return nil, fmt.Errorf("%s:%d: %d fields, want %d", path, i+2, len(fields), len(columns))
		}
		r := make(row, len(columns))
		for j, name := range columns {
			r[name] = fields[j]
		}
		rows = append(rows, r)
	}
	return rows, nil
}
