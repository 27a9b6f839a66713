package stored

import (
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// Stats shows how large a database is.
func Stats(st store.Stats) *report.Rows {
	r := &report.Rows{Schema: "ttpctl.db.stats/v1", Table: report.Table{Columns: []report.Column{
		{Name: "TAGS", Numeric: true}, {Name: "OLDEST", Key: "oldest_tag"}, {Name: "NEWEST", Key: "newest_tag"},
		{Name: "RULES", Numeric: true}, {Name: "STATES", Numeric: true}, {Name: "CHANGES", Key: "state_changes", Numeric: true},
		{Name: "BYTES", Numeric: true}, {Name: "FREE", Key: "free_bytes", Numeric: true}, {Name: "WAL", Key: "wal_bytes", Numeric: true},
		{Name: "UNPUBLISHED", Numeric: true}, {Name: "DEAD", Key: "dead_letters", Numeric: true}, {Name: "SOURCES", Numeric: true},
		{Name: "SCHEMA", Numeric: true}, {Name: "PATH", Note: true},
	}}}
	r.Table.Add(st.Tags, st.Oldest, st.Newest, st.Rules, st.States, st.StateChanges, st.Bytes, st.FreeBytes, st.WAL, st.Unpublished, st.DeadLetters, st.Sources, st.Schema, st.Path)
	return r
}
