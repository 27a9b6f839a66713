package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"ttpctl/internal/hint"
)

// A problem is an answer that says what is wrong (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Help   string `json:"help,omitempty"`

	retryAfter string // seconds, "" = nothing is said of it
	allow      string // methods
	cause      error  // for who logs; not for who asked
}

// Error returns the sentence that the client is told.
func (p *problem) Error() string { return p.Detail }

func failure(status int, format string, args ...any) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// help adds what to try next.
func (p *problem) help(text string) *problem {
	p.Help = text
	return p
}

// retry says to come again after so many seconds.
func (p *problem) retry(seconds string) *problem {
	p.retryAfter = seconds
	return p
}

// problemOf returns err as an answer. What is no problem of the client's is not
// told: it may name paths and addresses.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if h, ok := errors.AsType[*hint.Error](err); ok {
		return failure(http.StatusBadRequest, "%s", h.Error()).help(h.Help)
	}
	p := failure(http.StatusInternalServerError, "this failed for a reason that the log of the server has")
	p.cause = err
	return p
}

func (p *problem) write(w http.ResponseWriter) {
	h := w.Header()
	if p.retryAfter != "" {
		h.Set("Retry-After", p.retryAfter)
	}
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="ttpctl"`)
	}
	writeJSON(w, "application/problem+json", p.Status, p)
}

// writeJSON answers with v. Who asked may be gone: nobody needs to know.
func writeJSON(w http.ResponseWriter, contentType string, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a type of ours that is no JSON
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}

// answer writes v with status 200.
func answer(w http.ResponseWriter, v any) error {
	writeJSON(w, "application/json", http.StatusOK, v)
	return nil
}
