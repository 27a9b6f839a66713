package publish

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ttpctl/internal/store"
)

const (
	// SignatureHeader holds v1= and the HMAC-SHA256, in hexadecimal digits, of
	// the text of TimestampHeader, a full stop and the body.
	SignatureHeader = "Ttpctl-Signature"
	// TimestampHeader holds when the request was signed, in Unix seconds.
	TimestampHeader = "Ttpctl-Timestamp"
)

const (
	// postMessages and postBytes bound one request.
	postMessages = 100
	postBytes    = 512 << 10
	// answerBytes is how much of an answer is read: so much, and a connection is
	// used again.
	answerBytes = 64 << 10
	// longestTold is how long a receiver can have us wait.
	longestTold = 10 * time.Minute
)

// A webhook posts messages to a URL: a JSON array of objects with a subject and
// the data of it.
type webhook struct {
	name   string
	url    string
	o      Options
	client *http.Client
	body   bytes.Buffer
	most   int // messages in a request, fewer once the receiver found one too large
}

func openWebhook(target string, o Options) (Output, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("webhook: want a URL such as https://host/path")
	}
	if _, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil {
		return nil, errors.New("webhook: the proxy in the environment is no URL") // it may hold a password
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		TLSHandshakeTimeout:    o.timeout(),
		IdleConnTimeout:        time.Minute,
		MaxIdleConnsPerHost:    1,
		MaxResponseHeaderBytes: answerBytes,
		ForceAttemptHTTP2:      true,
	}
	client := &http.Client{
		Transport:     transport,
		Timeout:       o.timeout(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &webhook{name: "webhook " + safeURL(u), url: target, o: o, client: client, most: postMessages}, nil
}

// safeURL returns the scheme and host of u, and of its path, in which services
// have tokens, what tells it from others. User and query are left out.
func safeURL(u *url.URL) string {
	sum := sha256.Sum256([]byte(u.Path))
	return u.Scheme + "://" + u.Host + "/#" + hex.EncodeToString(sum[:4])
}

func (w *webhook) Name() string { return w.name }

func (w *webhook) Close() error {
	w.client.CloseIdleConnections()
	return nil
}

// Send implements [Output].
func (w *webhook) Send(ctx context.Context, _ string, ms []store.Message) (done int, err error) {
	for done < len(ms) {
		n := w.fill(ms[done:])
		status, err := w.post(ctx)
		switch {
		case status == http.StatusRequestEntityTooLarge && n > 1:
			w.most = n / 2
		case err != nil:
			return done, fmt.Errorf("output %s: %w", w.name, err)
		default:
			done += n
		}
	}
	return done, nil
}

// fill sets the body of one request, and returns of how many messages it is.
func (w *webhook) fill(ms []store.Message) (n int) {
	w.body.Reset()
	w.body.WriteByte('[')
	for n < min(len(ms), w.most) && (n == 0 || w.body.Len()+len(ms[n].Body) < postBytes) {
		if n > 0 {
			w.body.WriteByte(',')
		}
		fmt.Fprintf(&w.body, `{"subject":%q,"data":%s}`, subjectOf(ms[n].Topic), ms[n].Body)
		n++
	}
	w.body.WriteByte(']')
	return n
}

// post sends the body and returns the status of the answer, 0 = none. Only 2xx
// is no error.
func (w *webhook) post(ctx context.Context) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(w.body.Bytes()))
	if err != nil {
		return 0, errors.New("the URL cannot be used")
	}
	now := w.o.Now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", w.o.UserAgent)
	if len(w.o.Secret) > 0 {
		stamp := strconv.FormatInt(now.Unix(), 10)
		req.Header.Set(TimestampHeader, stamp)
		req.Header.Set(SignatureHeader, "v1="+signature(w.o.Secret, stamp, w.body.Bytes()))
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, withoutURL(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, answerBytes)); err != nil && resp.StatusCode/100 == 2 {
		return 0, fmt.Errorf("the answer broke off: %w", withoutURL(err))
	}
	return resp.StatusCode, verdict(resp, now)
}

// signature returns the HMAC of a request.
func signature(secret []byte, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// verdict returns what an answer says of the request, nil = it was taken.
func verdict(resp *http.Response, now time.Time) error {
	status := resp.StatusCode
	if status/100 == 2 {
		return nil
	}
	err := fmt.Errorf("the receiver answers %d %s", status, http.StatusText(status))
	if status/100 == 3 {
		err = fmt.Errorf("%w; redirects are not followed", err)
	}
	if wait, told := retryAfter(resp.Header.Get("Retry-After"), now); told {
		return &waitError{err, wait}
	}
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status/100 == 5:
		return err
	}
	return &waitError{err, longestWait} // asked again soon it says the same
}

// retryAfter reads the header of that name (RFC 9110, section 10.2.3).
func retryAfter(v string, now time.Time) (wait time.Duration, told bool) {
	if seconds, err := strconv.ParseUint(v, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestTold), true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), longestTold), true
}

// withoutURL returns what went wrong with a request: the URL may have a secret
// in it.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
