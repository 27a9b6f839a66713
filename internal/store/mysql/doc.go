// Package mysql keeps what a store holds in MariaDB: the contracts of package
// sqldb in its dialect.
//
//	db, err := mysql.Open(ctx, "mysql://tagger@db.example/ttp", store.DBOptions{Now: time.Now, Getenv: os.Getenv})
//
// Text is compared byte by byte and to its last space (utf8mb4_nopad_bin), under a
// strict sql_mode: a value that does not fit is an error. INSERT IGNORE would cut
// it. Each statement that stores tags marks its rows, and gets back the mark of
// each: of a tag that was stored before it is another.
package mysql
