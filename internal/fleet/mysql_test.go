//go:build unix

package fleet_test

import (
	"database/sql"
	"net/url"

	driver "github.com/go-sql-driver/mysql"
)

func runMySQL(server *url.URL, statement string) error {
	cfg := driver.NewConfig()
	cfg.Net, cfg.Addr, cfg.User = "tcp", server.Host, server.User.Username()
	cfg.Passwd, _ = server.User.Password()
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	_, err = db.Exec(statement)
	return err
}
