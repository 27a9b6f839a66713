package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestListen(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:0": "", "localhost:0": "", "[::1]:0": "", ":0": "not a loopback address", "0.0.0.0:0": "not a loopback address",
		"203.0.113.9:80": "not a loopback address", "[::]:0": "not a loopback address", "sensor.example:80": "not a loopback address", "8470": "no address and port",
	} {
		ln, err := Listen(addr, ListenOptions{})
		if err == nil {
			ln.Close()
		}
		if got := ""; (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			if strings.HasPrefix(addr, "[::1]") {
				continue // no IPv6 here
			}
			t.Errorf("Listen(%q) = %v%s, want %q", addr, err, got, want)
		}
	}
	ln, err := Listen(":0", ListenOptions{Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
}

// writeCertificate makes a certificate with that serial number and its key.
func writeCertificate(t *testing.T, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// TLS speaks HTTP/2, refuses old versions, and takes another certificate when
// told to.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, err := LoadCertificate(writeCertificate(t, dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := Listen("127.0.0.1:0", ListenOptions{Certificate: cert})
	if err != nil {
		t.Fatal(err)
	}
	srv := New(Config{Tokens: &Tokens{}, Now: time.Now})
	done := make(chan error)
	go func() { done <- srv.Serve(ln) }()
	ask := func(cfg *tls.Config) (*http.Response, error) {
		cfg.InsecureSkipVerify = true
		tr := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: true}
		defer tr.CloseIdleConnections()
		resp, err := (&http.Client{Transport: tr}).Get("https://" + ln.Addr().String() + "/healthz")
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		return resp, err
	}
	for serial := range int64(2) {
		resp, err := ask(&tls.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if n := resp.TLS.PeerCertificates[0].SerialNumber.Int64(); n != serial+1 || resp.ProtoMajor != 2 || resp.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("certificate %d over %s with %v", n, resp.Proto, resp.Header)
		}
		writeCertificate(t, dir, 2)
		if err := cert.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ask(&tls.Config{MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cert.Reload(); err == nil || !strings.Contains(err.Error(), "cert.pem") {
		t.Errorf("Reload of rubbish = %v", err)
	}
	if _, err := ask(&tls.Config{}); err != nil {
		t.Errorf("after a reload that failed: %v", err)
	}
	if err := srv.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
