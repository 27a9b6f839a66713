package sqlite

import (
	"database/sql"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

// reading is how the tags in a file are read.
var reading = sqldb.Reading{
	Select:     func(f store.Filter) sqldb.Selection { return selectionOf(f).Selection },
	Techniques: sqlTechniques, GroupTechniques: sqlGroupTechniques,
	Groupings: groupings,
	Tags:      sqlSelectTags, Counted: sqlCountedTags,
	Newest: ` ORDER BY t.rowid DESC`, Limit: ` LIMIT @limit`,
	Most: func(limit int) any {
		if limit == 0 {
			limit = -1
		}
		return sql.Named("limit", limit)
	},
}

type selection struct{ sqldb.Selection } // Args are named

func selectionOf(f store.Filter) selection {
	var s selection
	if f.MinConfidence > 0 {
		s.add(whenConfidence, "confidence", f.MinConfidence)
	}
	s.moment(whenSince, "since", f.Since)
	s.moment(whenUntil, "until", f.Until)
	s.list(whenTechnique, "techniques", f.Techniques)
	if len(f.Techniques) > 0 && !chooses(f) {
		s.Conditions = append(s.Conditions, whenSaid)
	}
	s.list(whenTactic, "tactics", f.Tactics)
	s.list(whenRule, "rules", f.Rules)
	s.list(whenSession, "sessions", f.Sessions)
	s.attackers(f.Attackers)
	s.text(whenIdentity, "identity", f.Identity)
	s.text(whenCampaign, "campaign", f.Campaign)
	if f.Before > 0 {
		s.add(whenBefore, "before", f.Before)
	}
	if !f.AllVersions {
		s.Conditions = append(s.Conditions, whenNewest)
	}
	return s
}

// chooses reports whether f has a member that an index of ttp_tag finds, and
// that fewer tags have than a technique.
func chooses(f store.Filter) bool {
	return len(f.Rules)+len(f.Sessions)+len(f.Attackers) > 0 || f.Identity != "" || f.Campaign != ""
}

func (s *selection) add(condition, name string, value any) {
	if condition != "" {
		s.Conditions = append(s.Conditions, condition)
	}
	s.Args = append(s.Args, sql.Named(name, value))
}

func (s *selection) moment(condition, name string, t time.Time) {
	if !t.IsZero() {
		s.add(condition, name, float64(t.UnixMilli())/1000)
	}
}

func (s *selection) text(condition, name, value string) {
	if value != "" {
		s.add(condition, name, value)
	}
}

func (s *selection) list(condition, name string, values []string) {
	if len(values) > 0 {
		s.add(condition, name, jsonList(values))
	}
}

func (s *selection) attackers(as []store.Attacker) {
	if len(as) == 0 {
		return
	}
	var uuids, addresses []string
	for _, a := range as {
		uuids = append(uuids, a.UUID)
		if a.Address != "" {
			addresses = append(addresses, a.Address)
		}
	}
	s.add(whenAttacker, "attackers", jsonList(uuids))
	s.add("", "addresses", jsonList(addresses))
}

// jsonList returns values for json_each.
func jsonList(values []string) string {
	list := []byte{'['}
	for i, v := range values {
		if i > 0 {
			list = append(list, ',')
		}
		list = event.AppendQuoted(list, v)
	}
	return string(append(list, ']'))
}
