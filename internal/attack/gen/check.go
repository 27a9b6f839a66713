package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ttpctl/internal/attack"
)

var (
	techniqueID = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	tacticID    = regexp.MustCompile(`^TA\d{4}$`)
	groupID     = regexp.MustCompile(`^G\d{4}$`)
	subjectID   = regexp.MustCompile(`^(S\d{4} (malware|tool)|C\d{4} campaign)$`)
	uuid        = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
)

// check reports the first fact that the compact form could not carry.
func (t tables) check() error {
	tactics, err := t.checkTactics()
	if err != nil {
		return err
	}
	groups, err := t.checkGroups()
	if err != nil {
		return err
	}
	known := make(map[string]bool)
	for _, r := range t.techniques {
		key := r["domain"] + " " + r["id"]
		if known[key] {
			return fmt.Errorf("%s: twice in %s", r["id"], r["domain"])
		}
		known[key], known[r["id"]] = true, true
	}
	for _, r := range t.techniques {
		for _, err := range []error{checkNames(r), checkDerived(r), checkTacticsOf(r, tactics), checkReferences(r, known, groups), checkPlatforms(r)} {
			if err != nil {
				return fmt.Errorf("%s: %w", r["id"], err)
			}
		}
	}
	if err := t.checkSubjects(); err != nil {
		return err
	}
	return t.checkSTIX()
}

func (t tables) checkSubjects() error {
	had := make(map[string]bool)
	for _, r := range slices.Concat(t.software, t.campaigns) {
		id := r["id"]
		active := r["status"] == "active" // a retired one may have the id of one of another domain
		if !subjectID.MatchString(id+" "+r["type"]) || active && had[id] {
			return fmt.Errorf("%s id %q is malformed or there twice", r["type"], id)
		}
		had[id] = had[id] || active
		if r["name"] == "" || statusLetter(r["status"]) == "" || !slices.IsSorted(r.list("techniques")) {
			return fmt.Errorf("%s: name %q, status %q, or its techniques are not sorted", id, r["name"], r["status"])
		}
	}
	return nil
}

// checkSTIX checks that ids are random UUIDs, as MITRE's are, and no two the same.
func (t tables) checkSTIX() error {
	of := make(map[string]string)
	for id, u := range t.stix {
		if !techniqueID.MatchString(id) || !uuid.MatchString(u) || of[u] != "" {
			return fmt.Errorf("stix.tsv: %s has %q, which is none or that of another", id, u)
		}
		of[u] = id
	}
	return nil
}

func (t tables) checkTactics() (map[string]row, error) {
	byID := make(map[string]row)
	for _, r := range t.tactics {
		id := r["id"]
		if !tacticID.MatchString(id) || byID[id] != nil {
			return nil, fmt.Errorf("tactic id %q is malformed or there twice", id)
		}
		if err := checkNames(r); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		order, err := strconv.Atoi(r["order"])
		if err != nil || (order == 0) != (r["status"] == "deprecated") {
			return nil, fmt.Errorf("%s: order %q of a tactic that is %s", id, r["order"], r["status"])
		}
		byID[id] = r
	}
	return byID, nil
}

func (t tables) checkGroups() (map[string]row, error) {
	byID := make(map[string]row)
	for _, r := range t.groups {
		id := r["id"]
		if !groupID.MatchString(id) || byID[id] != nil {
			return nil, fmt.Errorf("group id %q is malformed or there twice", id)
		}
		if r["name"] == "" || statusLetter(r["status"]) == "" {
			return nil, fmt.Errorf("%s: name %q, status %q", id, r["name"], r["status"])
		}
		byID[id] = r
	}
	return byID, nil
}

// checkNames checks what techniques and tactics have in common.
func checkNames(r row) error {
	if r["name"] == "" {
		return fmt.Errorf("no name")
	}
	if domainLetter(r["domain"]) == "" {
		return fmt.Errorf("unknown domain %q", r["domain"])
	}
	if statusLetter(r["status"]) == "" {
		return fmt.Errorf("unknown status %q", r["status"])
	}
	return nil
}

// checkDerived checks the columns that the catalogue derives from the id.
func checkDerived(r row) error {
	id := r["id"]
	if !techniqueID.MatchString(id) {
		return fmt.Errorf("malformed id")
	}
	parent, _, sub := strings.Cut(id, ".")
	if !sub {
		parent = ""
	}
	if r["parent"] != parent || (r["is_subtechnique"] == "1") != sub {
		return fmt.Errorf("parent %q, sub-technique %q do not follow from the id", r["parent"], r["is_subtechnique"])
	}
	if want := "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/"); r["url"] != want {
		return fmt.Errorf("url %q, want %q", r["url"], want)
	}
	return nil
}

func checkTacticsOf(r row, tactics map[string]row) error {
	var shortnames []string
	for _, id := range r.list("tactic_ids") {
		t := tactics[id]
		if t == nil || t["domain"] != r["domain"] {
			return fmt.Errorf("no tactic %s in %s", id, r["domain"])
		}
		shortnames = append(shortnames, t["shortname"])
	}
	if !slices.Equal(shortnames, r.list("tactic_shortnames")) {
		return fmt.Errorf("tactic shortnames %q, want %q", r["tactic_shortnames"], shortnames)
	}
	return nil
}

// checkPlatforms checks the one domain whose platforms are kept.
func checkPlatforms(r row) error {
	if r["domain"] != string(attack.Enterprise) || r["status"] != string(attack.Active) {
		return nil
	}
	letters, err := attack.PlatformLetters(r.list("platforms"))
	if err == nil && letters == "" {
		err = errors.New("no platform")
	}
	return err
}

func checkReferences(r row, techniques map[string]bool, groups map[string]row) error {
	if p := r["parent"]; p != "" && !techniques[r["domain"]+" "+p] {
		return fmt.Errorf("no parent %s in %s", p, r["domain"])
	}
	if s := r["revoked_by"]; s != "" && (!techniques[s] || r["status"] != "revoked") {
		return fmt.Errorf("replaced by %s, which is unknown, or not revoked", s)
	}
	list := r.list("groups")
	if !slices.IsSorted(list) {
		return fmt.Errorf("groups are not sorted")
	}
	for _, id := range list {
		if groups[id] == nil {
			return fmt.Errorf("no group %s", id)
		}
	}
	return nil
}
