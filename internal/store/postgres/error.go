package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"ttpctl/internal/store"
)

// A verdict is what an error means.
type verdict struct {
	class store.Class
	kind  error
	again bool // the transaction is worth another attempt
}

var (
	passes = verdict{store.Retry, nil, true}
	bug    = verdict{store.Bug, nil, false}
	// codes are what SQLSTATEs mean, classes what their first two characters do.
	codes = map[string]verdict{
		"40001": passes, "40P01": passes, "25P03": passes, // serialization failure, deadlock, silence
		"55P03": passes, "57P01": passes, "57P02": passes, "57P03": passes, // lock, shutdown, crash, start
		"53100": {store.Full, store.ErrFull, false},
		"25006": {store.Unusable, store.ErrReadOnly, false}, "42501": {store.Unusable, store.ErrReadOnly, false},
	}
	classes = map[string]verdict{
		"08": passes, "53": passes, // connection, resources
		"28": {store.Unusable, nil, false}, "3D": {store.Unusable, nil, false}, // who asks, for what
		"58": {store.Retry, nil, false}, "XX": {store.Unusable, store.ErrCorrupt, false},
	}
)

// judge implements the Judge of [sqldb.Server].
func judge(err error) (store.Class, error, bool) {
	v := verdictOn(err)
	return v.class, v.kind, v.again
}

func verdictOn(err error) verdict {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return bug
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		if v, ok := codes[e.Code]; ok {
			return v
		}
		if v, ok := classes[e.Code[:2]]; ok {
			return v
		}
		return bug
	}
	if isBroken(err) {
		return passes
	}
	return bug
}

// isBroken reports whether a connection broke, or could not be made.
func isBroken(err error) bool {
	_, network := errors.AsType[net.Error](err)
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	for _, e := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	return network || connect || pgconn.SafeToRetry(err)
}
