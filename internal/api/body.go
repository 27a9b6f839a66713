package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// eventTypes are the media types that events come in, and what curl says unless
// it is told. What the body is, its first byte tells.
var eventTypes = []string{"", "application/json", "application/jsonl", "application/ndjson", "application/x-ndjson", "application/jsonlines", "text/plain", "application/x-www-form-urlencoded"}

// readBody reads the body of a request, inflated, within the limits.
func (s *Server) readBody(c *call) ([]byte, error) {
	media, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if given := c.Header.Get("Content-Type"); given != "" && (err != nil || !slices.Contains(eventTypes, media)) {
		return nil, failure(http.StatusUnsupportedMediaType, "the Content-Type is none that events come in").help("send application/x-ndjson, or application/json for an array")
	}
	var from io.Reader = http.MaxBytesReader(c.w, c.Body, s.cfg.Limits.Body)
	switch strings.ToLower(c.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, s.bodyProblem(err)
		}
		from = z
	default:
		return nil, failure(http.StatusUnsupportedMediaType, "the Content-Encoding is neither gzip nor identity")
	}
	body, err := io.ReadAll(io.LimitReader(from, s.cfg.Limits.Inflated+1))
	if err != nil {
		return nil, s.bodyProblem(err)
	}
	if int64(len(body)) > s.cfg.Limits.Inflated {
		return nil, failure(http.StatusRequestEntityTooLarge, "the body inflates to more than %d bytes", s.cfg.Limits.Inflated).help("send fewer events a request")
	}
	return body, nil
}

// bodyProblem says why a body could not be read.
func (s *Server) bodyProblem(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return failure(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", s.cfg.Limits.Body).help("send fewer events a request, or gzip")
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return failure(http.StatusBadRequest, "the body is not what gzip makes")
	}
	return failure(http.StatusBadRequest, "the body could not be read to its end")
}

// A given is one event as it came: the number of its line, or of its place in
// the array, from 1, and its text without line breaks.
type given struct {
	number int
	text   []byte
}

// split returns the events of a body: the elements of an array, or lines, of
// which blank ones are none.
func (s *Server) split(body []byte) ([]given, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) > 0 && first[0] == '[' {
		return s.elements(first)
	}
	var all []given
	number := 0
	for line := range bytes.Lines(body) {
		number++
		if line = bytes.TrimRight(line, "\r\n"); len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if len(all) == s.cfg.Limits.Events {
			return nil, s.tooMany()
		}
		all = append(all, given{number, line})
	}
	return all, nil
}

func (s *Server) tooMany() error {
	return failure(http.StatusRequestEntityTooLarge, "more than %d events", s.cfg.Limits.Events).help("send fewer events a request")
}

// elements returns those of a JSON array. Whether each is an event is decided as
// for a line, but what is no JSON leaves no place for the next to begin.
func (s *Server) elements(body []byte) (all []given, err error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if _, err := dec.ReadToken(); err != nil {
		return nil, notArray(0)
	}
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil {
			return nil, notArray(len(all) + 1)
		}
		if len(all) == s.cfg.Limits.Events {
			return nil, s.tooMany()
		}
		text := append(jsontext.Value(nil), v...)
		if err := text.Compact(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)); err != nil {
			return nil, notArray(len(all) + 1)
		}
		all = append(all, given{len(all) + 1, text})
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, notArray(len(all))
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return nil, failure(http.StatusBadRequest, "data after the array")
	}
	return all, nil
}

func notArray(element int) error {
	return failure(http.StatusBadRequest, "element %d of the array is not JSON", element)
}
