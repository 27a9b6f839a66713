package postgres

import (
	"context"
	"strings"

	"ttpctl/internal/store/sqldb"
)

// sqlPutTags takes an array for each column.
var sqlPutTags = `INSERT INTO ttp_tag (` + sqldb.TagColumns + `)
SELECT u.* FROM unnest($1::uuid[], ` + strings.Join(arrays, ", ") + `) AS u
ON CONFLICT (uuid) DO NOTHING RETURNING uuid`

// arrays are the types of the columns but for the first.
var arrays = []string{
	"$2::text[]", "$3::text[]", "$4::text[]", "$5::text[]", "$6::text[]", "$7::text[]", "$8::text[]", "$9::text[]", "$10::text[]",
	"$11::text[]", "$12::float8[]", "$13::text[]", "$14::int[]", "$15::text[]", "$16::text[]", "$17::text[]", "$18::text[]",
	"$19::bigint[]", "$20::bigint[]", "$21::text[]",
}

// column returns one value of each row.
func column[T any](rows []sqldb.TagRow, of func(r *sqldb.TagRow) T) []T {
	all := make([]T, len(rows))
	for i := range rows {
		all[i] = of(&rows[i])
	}
	return all
}

// putTags stores rows in one way to the server and back. It says which were new.
func putTags(ctx context.Context, tx *sqldb.Tx, rows []sqldb.TagRow) ([]bool, error) {
	type r = *sqldb.TagRow
	at := make(map[string]int, len(rows))
	for i := range rows {
		at[rows[i].UUID] = i
	}
	result, err := tx.QueryContext(ctx, sqlPutTags,
		column(rows, func(r r) string { return r.UUID }), column(rows, func(r r) *string { return r.AttackerIP }),
		column(rows, func(r r) string { return r.SourceKind }), column(rows, func(r r) string { return r.SourceID }),
		column(rows, func(r r) *string { return r.AttackerUUID }), column(rows, func(r r) *string { return r.IdentityUUID }),
		column(rows, func(r r) *string { return r.SessionID }), column(rows, func(r r) *string { return r.DeckyID }),
		column(rows, func(r r) string { return r.Tactic }), column(rows, func(r r) string { return r.Technique }),
		column(rows, func(r r) *string { return r.SubTechnique }), column(rows, func(r r) float64 { return r.Confidence }),
		column(rows, func(r r) string { return r.RuleID }), column(rows, func(r r) int { return r.RuleVersion }),
		column(rows, func(r r) string { return r.Evidence }), column(rows, func(r r) string { return r.AttackRelease }),
		column(rows, func(r r) string { return r.MitreURL }), column(rows, func(r r) *string { return r.ObservedAt }),
		column(rows, func(r r) int64 { return r.SeenAt }), column(rows, func(r r) int64 { return r.CreatedAt }),
		column(rows, func(r r) *string { return r.LongIDs }))
	if err != nil {
		return nil, err
	}
	defer result.Close()
	isNew := make([]bool, len(rows))
	var uuid string
	for result.Next() {
		if err := result.Scan(&uuid); err != nil {
			return nil, err
		}
		isNew[at[uuid]] = true
	}
	return isNew, result.Err()
}
