package mysql

import (
	"context"
	"math/rand/v2"
	"strings"

	"ttpctl/internal/store/sqldb"
)

const (
	tagColumns = 22
	// statementSize is how many bytes of texts one statement has, a row more at
	// most: a server takes 16 MiB unless told otherwise.
	statementSize = 4 << 20

	sqlPutTags = `INSERT INTO ttp_tag (` + sqldb.TagColumns + `, batch) VALUES `
	// A tag that was stored before comes back with the batch that stored it.
	sqlLeave = ` ON DUPLICATE KEY UPDATE batch = batch RETURNING uuid, batch`
)

// putTags stores rows, as many at once as fit into a statement. It says which were
// new.
func putTags(ctx context.Context, tx *sqldb.Tx, rows []sqldb.TagRow) ([]bool, error) {
	isNew := make([]bool, len(rows))
	for from := 0; from < len(rows); {
		to, size := from, 0
		for to < len(rows) && (to == from || size < statementSize) {
			size += sizeOf(&rows[to])
			to++
		}
		if err := putSome(ctx, tx, rows[from:to], isNew[from:to]); err != nil {
			return nil, err
		}
		from = to
	}
	return isNew, nil
}

func sizeOf(r *sqldb.TagRow) int {
	n := len(r.Evidence)
	if r.LongIDs != nil {
		n += len(*r.LongIDs)
	}
	return n
}

func putSome(ctx context.Context, tx *sqldb.Tx, rows []sqldb.TagRow, isNew []bool) error {
	batch := rand.Int64()
	args := make([]any, 0, tagColumns*len(rows))
	at := make(map[string]int, len(rows))
	for i := range rows {
		args = append(append(args, rows[i].Values()...), batch)
		at[rows[i].UUID] = i
	}
	row := "(" + strings.Repeat("?, ", tagColumns-1) + "?)"
	result, err := tx.QueryContext(ctx, sqlPutTags+strings.Repeat(row+", ", len(rows)-1)+row+sqlLeave, args...)
	if err != nil {
		return err
	}
	defer result.Close()
	for result.Next() {
		var uuid string
		var of int64
		if err := result.Scan(&uuid, &of); err != nil {
			return err
		}
		isNew[at[uuid]] = of == batch
	}
	return result.Err()
}
