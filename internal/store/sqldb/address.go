package sqldb

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"ttpctl/internal/hint"
)

// PasswordVariable holds the password of a database, unless its address names a
// file.
const PasswordVariable = "TTPCTL_DB_PASSWORD"

const (
	addressHelp  = "for example postgres://tagger@db.example/ttp, or mysql://tagger@db.example/ttp?password-file=/run/secrets/ttp"
	passwordHelp = "put it into a file and name that with ?password-file=FILE, or into " + PasswordVariable
)

// An Address says where a database is and who asks. Its password is in no error
// and no log.
type Address struct {
	Scheme, Host, Port, User, Name string
	Password                       string
	Params                         url.Values // without those that are ours
}

// ParseAddress reads an address such as postgres://user@host:5432/name, with
// ?password-file=FILE. A password that is written into it is refused: command
// lines can be read by every user of a machine. port is for an address without
// one; getenv looks up environment variables.
func ParseAddress(text, port string, getenv func(string) string) (a Address, err error) {
	u, err := url.Parse(text)
	if err != nil {
		// What url.Parse says has the text in it, which may have a password.
		return a, hint.Errorf(addressHelp, "the database's address is malformed")
	}
	if _, ok := u.User.Password(); ok {
		return a, hint.Errorf(passwordHelp, "the database's address has a password in it, which every user of this machine could read")
	}
	a = Address{Scheme: u.Scheme, Host: u.Hostname(), Port: u.Port(), User: u.User.Username(), Name: strings.TrimPrefix(u.Path, "/")}
	if a.Host == "" || a.Name == "" || strings.Contains(a.Name, "/") {
		return a, hint.Errorf(addressHelp, "the database's address lacks a host or the name of a database")
	}
	if a.Port == "" {
		a.Port = port
	}
	if a.Params, err = url.ParseQuery(u.RawQuery); err != nil || a.Params.Has("password") {
		return a, hint.Errorf(passwordHelp, "the database's address has parameters that it may not have")
	}
	a.Password = getenv(PasswordVariable)
	if file := a.Params.Get("password-file"); file != "" {
		if a.Password, err = readPassword(file); err != nil {
			return a, err
		}
	}
	a.Params.Del("password-file")
	return a, nil
}

func readPassword(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("password-file %s: %w", file, hint.PathReason(err))
	}
	return string(bytes.TrimRight(data, "\r\n")), nil
}

// String returns what people are shown: no parameters, no password.
func (a Address) String() string {
	u := url.URL{Scheme: a.Scheme, Host: net.JoinHostPort(a.Host, a.Port), Path: "/" + a.Name}
	if a.User != "" {
		u.User = url.User(a.User)
	}
	return u.String()
}

// Local reports whether the database is on this machine: nobody reads along.
func (a Address) Local() bool {
	ip := net.ParseIP(a.Host)
	return a.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// SSLMode returns what sslmode says; without it the server's name and certificate
// are checked, unless it is on this machine.
func (a Address) SSLMode() string {
	if mode := a.Params.Get("sslmode"); mode != "" {
		return mode
	}
	if a.Local() {
		return "prefer"
	}
	return "verify-full"
}
