package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"

	"ttpctl/internal/store"
)

// A verdict is what an error means.
type verdict struct {
	class store.Class
	kind  error
	again bool // the transaction is worth another attempt
}

var (
	passes   = verdict{store.Retry, nil, true}
	bug      = verdict{store.Bug, nil, false}
	full     = verdict{store.Full, store.ErrFull, false}
	readOnly = verdict{store.Unusable, store.ErrReadOnly, false}
	nobody   = verdict{store.Unusable, nil, false}
	// numbers are what the errors of a server mean.
	numbers = map[uint16]verdict{
		1205: passes, 1213: passes, // lock wait, deadlock
		1040: passes, 1053: passes, 1152: passes, 1158: passes, 1159: passes, 1160: passes, 1161: passes, // connections, shutdown
		1203: passes, 1226: passes, 1927: passes, 1969: passes, // limits of a user, killed
		1020: passes, // changed since it was read
		1021: full, 1114: full,
		1290: readOnly, 1792: readOnly, 1142: readOnly, 1143: readOnly, 1227: readOnly, 1419: readOnly,
		1044: nobody, 1045: nobody, 1049: nobody, 1698: nobody, // who asks, for what
		1034: {store.Unusable, store.ErrCorrupt, false}, 1712: {store.Unusable, store.ErrCorrupt, false},
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
	if errors.Is(err, errLocked) {
		return verdict{store.Locked, store.ErrLocked, false}
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		if v, ok := numbers[e.Number]; ok {
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
	for _, e := range []error{mysql.ErrInvalidConn, driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network
}
