package jetstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"ttpctl/internal/hint"
)

// papers are the files of a test: certificates, keys, passwords.
type papers struct {
	t   *testing.T
	dir string
}

func (p *papers) in(name string) string { return filepath.Join(p.dir, name) }

func (p *papers) write(name, text string) string {
	p.t.Helper()
	if err := os.WriteFile(p.in(name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return p.in(name)
}

func (p *papers) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// authority makes one whose certificate is in the file name.
func (p *papers) authority(name string) *authority {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.must(err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	p.must(err)
	p.pem(name, "CERTIFICATE", der)
	return &authority{cert, key}
}

func (p *papers) pem(name, kind string, der []byte) {
	p.t.Helper()
	p.write(name, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

// certificate makes one of this machine, in name.pem, and its key, in name.key.
func (p *papers) certificate(name string, by *authority) {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.must(err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, by.cert, key.Public(), by.key)
	p.must(err)
	p.pem(name+".pem", "CERTIFICATE", der)
	der, err = x509.MarshalECPrivateKey(key)
	p.must(err)
	p.pem(name+".key", "EC PRIVATE KEY", der)
}

// An attempt is an address, without its scheme, and what becomes of it.
type attempt struct {
	scheme, user, params string
	host                 string // "" = 127.0.0.1
	env                  map[string]string
	help                 string // a part of what a refusal says to do; "" = it works
}

// try makes an attempt. What works makes streams and sends; what is refused says so at
// once, also to who would wait, and has no secret in it.
func (a attempt) try(t *testing.T, s *server, secrets ...string) {
	t.Helper()
	host := a.host
	if host == "" {
		host = "127.0.0.1"
	}
	cfg := Config{Address: a.scheme + "://" + a.user + host + ":" + s.port + "?" + a.params, Getenv: func(name string) string { return a.env[name] }}
	c, err := Await(t.Context(), cfg)
	if err == nil {
		defer c.Close()
		n, sent := c.Send(t.Context(), []Message{{Subject: c.PartitionOf("a", 16), ID: "1", Data: []byte("{}")}})
		if a.help != "" || n != 1 || sent != nil {
			t.Errorf("sent %d, %v, want the help %q", n, sent, a.help)
		}
		return
	}
	h, ok := errors.AsType[*hint.Error](err)
	if a.help == "" || !ok || !strings.Contains(h.Help, a.help) {
		t.Errorf("Await() error = %v, help %+v, want %q", err, h, a.help)
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) || ok && strings.Contains(h.Help, secret) {
			t.Errorf("the error has a secret in it: %v", err)
		}
	}
}

// A server with TLS and a password, as docs/operating.md has the address of it, and
// all that can be wrong with one.
func TestTLS(t *testing.T) {
	t.Parallel()
	p := &papers{t, t.TempDir()}
	p.authority("other.pem")
	p.certificate("server", p.authority("ca.pem"))
	const secret = "correct-horse-battery"
	file, wrong := p.write("password", secret+"\n"), p.write("wrong", "another-secret\n")
	conf := p.write("nats.conf", fmt.Sprintf("tls { cert_file: %q, key_file: %q }\nauthorization { user: tagger, password: %q }\n", p.in("server.pem"), p.in("server.key"), secret))
	s := startServer(t, "-c", conf)
	ca, password := "ca="+url.QueryEscape(p.in("ca.pem")), "&password-file="+url.QueryEscape(file)
	for name, a := range map[string]attempt{
		"tls":             {scheme: "tls", user: "tagger@", params: ca + password},
		"nats":            {scheme: "nats", user: "tagger@", params: ca + password},
		"environment":     {scheme: "tls", user: "tagger@", env: map[string]string{CAVariable: p.in("ca.pem"), PasswordVariable: secret}},
		"no authority":    {scheme: "tls", user: "tagger@", params: password, help: "?ca=FILE"},
		"none, no TLS":    {scheme: "nats", user: "tagger@", params: password, help: "?ca=FILE"},
		"wrong authority": {scheme: "tls", user: "tagger@", params: "ca=" + url.QueryEscape(p.in("other.pem")) + password, help: "?ca=FILE"},
		"another name":    {scheme: "tls", user: "tagger@", params: ca + password, host: "localhost", help: "the host as its certificate has it"},
		"no file":         {scheme: "tls", user: "tagger@", params: "ca=" + url.QueryEscape(p.in("missing.pem")) + password},
		"no certificate":  {scheme: "tls", user: "tagger@", params: "ca=" + url.QueryEscape(file) + password, help: "in PEM"},
		"wrong password":  {scheme: "tls", user: "tagger@", params: ca + "&password-file=" + url.QueryEscape(wrong), help: "?password-file=FILE"},
		"wrong user":      {scheme: "tls", user: "stranger@", params: ca + password, help: "name a user"},
		"nobody":          {scheme: "tls", params: ca, help: "name a user"},
		"no key":          {scheme: "tls", user: "tagger@", params: ca + password + "&cert=" + url.QueryEscape(p.in("missing.pem")) + "&key=x", help: "in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "no file" {
				_, err := Await(t.Context(), Config{Address: "tls://127.0.0.1:" + s.port + "?" + a.params, Getenv: os.Getenv})
				if !Refused(err) || strings.Count(err.Error(), "missing.pem") != 1 {
					t.Errorf("Await() error = %v, want that there is no such file", err)
				}
				return
			}
			a.try(t, s, secret, "another-secret")
		})
	}
}

// A server that asks for certificates and a token, and one without TLS.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	p := &papers{t, t.TempDir()}
	ca := p.authority("ca.pem")
	p.certificate("server", ca)
	p.certificate("sensor", ca)
	p.certificate("stranger", p.authority("other.pem"))
	const secret = "a-token-of-some-length"
	token := "&token-file=" + url.QueryEscape(p.write("token", secret))
	conf := p.write("nats.conf", fmt.Sprintf("tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }\nauthorization { token: %q }\n", p.in("server.pem"), p.in("server.key"), p.in("ca.pem"), secret))
	s, plain := startServer(t, "-c", conf), startServer(t)
	of := func(name string) string {
		return fmt.Sprintf("&cert=%s&key=%s", url.QueryEscape(p.in(name+".pem")), url.QueryEscape(p.in(name+".key")))
	}
	root := "ca=" + url.QueryEscape(p.in("ca.pem"))
	attempt{scheme: "tls", params: root + of("sensor") + token}.try(t, s)
	attempt{scheme: "tls", params: root + of("sensor"), env: map[string]string{TokenVariable: secret}}.try(t, s)
	attempt{scheme: "tls", params: root + of("sensor"), help: "?token-file=FILE"}.try(t, s, secret)
	attempt{scheme: "tls", params: root + token, help: "?cert=FILE&key=FILE"}.try(t, s, secret)
	attempt{scheme: "tls", params: root + of("stranger") + token, help: "?cert=FILE&key=FILE"}.try(t, s, secret)
	attempt{scheme: "tls", help: "write nats:// instead"}.try(t, plain)
}

// token returns a JWT as NATS has it: who is called sub, says by.
func (p *papers) token(by nkeys.KeyPair, sub, name string, claims map[string]any) string {
	p.t.Helper()
	issuer, err := by.PublicKey()
	p.must(err)
	body, err := json.Marshal(map[string]any{"jti": name, "iat": time.Now().Unix(), "iss": issuer, "name": name, "sub": sub, "nats": claims})
	p.must(err)
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"ed25519-nkey"}`)) + "." + base64.RawURLEncoding.EncodeToString(body)
	sig, err := by.Sign([]byte(text))
	p.must(err)
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// keys makes a pair of keys, and returns its public one, too.
func (p *papers) keys(make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
	p.t.Helper()
	pair, err := make()
	p.must(err)
	public, err := pair.PublicKey()
	p.must(err)
	return pair, public
}

// creds writes a file of credentials.
func (p *papers) creds(name, jwt string, user nkeys.KeyPair) string {
	p.t.Helper()
	seed, err := user.Seed()
	p.must(err)
	return p.write(name, fmt.Sprintf("-----BEGIN NATS USER JWT-----\n%s\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n%s\n------END USER NKEY SEED------\n", jwt, seed))
}

func TestCreds(t *testing.T) {
	t.Parallel()
	p := &papers{t, t.TempDir()}
	operator, operatorKey := p.keys(nkeys.CreateOperator)
	account, accountKey := p.keys(nkeys.CreateAccount)
	system, systemKey := p.keys(nkeys.CreateAccount)
	user, userKey := p.keys(nkeys.CreateUser)
	limits := map[string]any{
		"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
		"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
	}
	accountJWT := p.token(operator, accountKey, "ttp", map[string]any{"type": "account", "version": 2, "limits": limits})
	delete(limits, "mem_storage")
	delete(limits, "disk_storage")
	systemJWT := p.token(operator, systemKey, "SYS", map[string]any{"type": "account", "version": 2, "limits": limits})
	operatorJWT := p.token(operator, operatorKey, "op", map[string]any{"type": "operator", "version": 2, "system_account": systemKey})
	s := startServer(t, "-c", p.write("nats.conf", fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: { %s: %s, %s: %s }\n",
		operatorJWT, systemKey, accountKey, accountJWT, systemKey, systemJWT)))
	claims := map[string]any{"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1}
	good := p.creds("good.creds", p.token(account, userKey, "tagger", claims), user)
	stranger, strangerKey := p.keys(nkeys.CreateUser)
	foreign := p.creds("foreign.creds", p.token(system, strangerKey, "stranger", claims), user)
	half := p.write("half.creds", strings.Split(string(readFile(t, good)), "\n\n")[0])
	seed, err := user.Seed()
	p.must(err)
	param := func(file string) string { return "creds=" + url.QueryEscape(file) }
	attempt{scheme: "nats", params: param(good)}.try(t, s)
	attempt{scheme: "nats", env: map[string]string{CredsVariable: good}}.try(t, s)
	attempt{scheme: "nats", params: param(foreign), help: "?creds=FILE"}.try(t, s, string(seed))
	attempt{scheme: "nats", help: "?creds=FILE"}.try(t, s)
	attempt{scheme: "nats", params: param(p.in("missing")), help: "nsc generate creds"}.try(t, s)
	attempt{scheme: "nats", params: param(half), help: "nsc generate creds"}.try(t, s)

	// A server that knows the keys of its users by itself.
	s = startServer(t, "-c", p.write("nkey.conf", fmt.Sprintf("authorization { users: [ { nkey: %s } ] }\n", userKey)))
	key := func(name string, pair nkeys.KeyPair) string {
		seed, err := pair.Seed()
		p.must(err)
		return "nkey=" + url.QueryEscape(p.write(name, string(seed)+"\n"))
	}
	attempt{scheme: "nats", params: key("user.nk", user)}.try(t, s)
	attempt{scheme: "nats", params: key("stranger.nk", stranger), help: "?nkey=FILE"}.try(t, s, string(seed))
	attempt{scheme: "nats", params: "nkey=" + url.QueryEscape(p.in("missing")), help: "the seed of a user"}.try(t, s)
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
