package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"ttpctl/internal/hint"
)

// FrontOptions say how a Server is reached.
type FrontOptions struct {
	Addr              string
	TokensFile        string // of lines as ParseTokens reads them; "" = none
	TokensText        string // more of them, as from the environment
	CertFile, KeyFile string // "" = no TLS
	Plain             bool   // see ListenOptions
}

// A Front is a Server that listens, with the files that it goes by. It is safe
// for concurrent use.
type Front struct {
	opt    FrontOptions
	tokens *Tokens
	cert   *Certificate // nil = no TLS
	ln     net.Listener
	server *Server
	done   chan error
}

// OpenFront reads the files and listens; requests wait until Start. Tokens of
// cfg are set.
func OpenFront(opt FrontOptions, cfg Config) (f *Front, err error) {
	f = &Front{opt: opt, tokens: &Tokens{}, done: make(chan error, 1)}
	if err := f.readTokens(); err != nil {
		return nil, err
	}
	if (opt.CertFile == "") != (opt.KeyFile == "") {
		return nil, hint.Errorf("give both, or neither", "a certificate without its key, or the other way round")
	}
	if opt.CertFile != "" {
		if f.cert, err = LoadCertificate(opt.CertFile, opt.KeyFile); err != nil {
			return nil, err
		}
	}
	if f.ln, err = Listen(opt.Addr, ListenOptions{Certificate: f.cert, Plain: opt.Plain}); err != nil {
		return nil, err
	}
	cfg.Tokens = f.tokens
	f.server = New(cfg)
	return f, nil
}

// Start begins to answer.
func (f *Front) Start() { go func() { f.done <- f.server.Serve(f.ln) }() }

// Server returns the server, which is to be told of commits.
func (f *Front) Server() *Server { return f.server }

// Addr returns the address that is listened on.
func (f *Front) Addr() string { return f.ln.Addr().String() }

// Reload reads the tokens and the certificate again. What cannot be read stays
// what it was.
func (f *Front) Reload() error {
	err := f.readTokens()
	if f.cert != nil {
		err = errors.Join(err, f.cert.Reload())
	}
	return err
}

// Close finishes the requests that there are, until ctx ends, and returns what
// ended the service before. f was started.
func (f *Front) Close(ctx context.Context) error {
	err := f.server.Shutdown(ctx)
	return errors.Join(err, <-f.done)
}

// maxTokens bounds a file of tokens, in bytes.
const maxTokens = 1 << 20

func (f *Front) readTokens() error {
	list, err := ParseTokens(f.opt.TokensText)
	if err != nil {
		return fmt.Errorf("tokens of the environment: %w", err)
	}
	if f.opt.TokensFile != "" {
		text, err := readSome(f.opt.TokensFile)
		if err != nil {
			return fmt.Errorf("tokens: %w", err)
		}
		more, err := ParseTokens(text)
		if err != nil {
			return fmt.Errorf("tokens %s: %w", f.opt.TokensFile, err)
		}
		list = append(list, more...)
	}
	if len(list) == 0 {
		return hint.Errorf(`a line of a tokens file is a role and a token: echo "admin $(openssl rand -hex 32)"`, "no token: nobody could ask for anything")
	}
	f.tokens.Set(list)
	return nil
}

func readSome(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxTokens+1))
	if err == nil && len(text) > maxTokens {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxTokens)
	}
	return string(text), err
}
