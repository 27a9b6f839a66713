package api

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"

	"golang.org/x/net/netutil"

	"ttpctl/internal/hint"
)

// ListenOptions say how to listen.
type ListenOptions struct {
	Connections int          // at most so many at a time; 0 = 256
	Certificate *Certificate // nil = no TLS
	// Plain allows an address that is not loopback without TLS: whoever is on the
	// way reads the tokens.
	Plain bool
}

// Listen listens on a TCP address. One that others can reach needs TLS.
func Listen(addr string, opt ListenOptions) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, hint.Errorf("for example 127.0.0.1:8470", "%q is no address and port", addr)
	}
	if opt.Certificate == nil && !opt.Plain && !loopbackHost(host) {
		return nil, hint.Errorf("give a certificate and its key; or listen on 127.0.0.1, behind a proxy that has one",
			"%s is not a loopback address, and without TLS whoever is on the way reads the tokens", addr)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	ln = netutil.LimitListener(ln, cmp.Or(opt.Connections, 256))
	if opt.Certificate == nil {
		return ln, nil
	}
	return tls.NewListener(ln, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return opt.Certificate.current.Load(), nil },
	}), nil
}

// loopbackHost reports whether all that host stands for is loopback.
func loopbackHost(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}

// A Certificate is one with its key, from files that may change. It is safe for
// concurrent use.
type Certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

// LoadCertificate reads a certificate and its key.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	return c, c.Reload()
}

// Reload reads the files again. After an error the certificate stays what it
// was.
func (c *Certificate) Reload() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", c.certFile, err)
	}
	c.current.Store(&pair)
	return nil
}
