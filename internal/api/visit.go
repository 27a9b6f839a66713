package api

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"ttpctl/internal/report/html"
)

// maxForm bounds the body of a form, in bytes.
const maxForm = 8 << 10

// visit answers a browser: it knows its visitor by a cookie, and says in a page what
// is wrong.
func (s *Server) visit(c *call, rt *route, a *Access) error {
	h := c.w.Header()
	h.Set("Content-Security-Policy", html.LivePolicy())
	h.Set("Referrer-Policy", "same-origin") // with no-referrer, forms would come from nowhere
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	err := s.admit(c, rt)
	a.Token = c.token.Name
	if err == nil {
		err = checkQuery(c.Request, rt)
	}
	if err == nil {
		err = rt.handle(s, c)
	}
	if err == nil {
		return nil
	}
	p := problemOf(err)
	a.Err = p.cause
	if p.Status == http.StatusUnauthorized && !strings.HasPrefix(rt.path, "/live/") {
		return seeOther(c, "/sign-in")
	}
	if p.retryAfter != "" {
		h.Set("Retry-After", p.retryAfter)
	}
	return writeHTML(c, p.Status, func(w http.ResponseWriter) error { return html.WriteMessage(w, p.Title, p.Detail, p.Help) })
}

// admit finds the session of a request and checks that it may do what rt does, and
// that what it sends comes from a page of ours.
func (s *Server) admit(c *call, rt *route) error {
	if c.Method == http.MethodPost {
		if !sameOrigin(c.Request) {
			return failure(http.StatusForbidden, "this form came from another place").help("open the page of this server itself")
		}
		c.Body = http.MaxBytesReader(c.w, c.Body, maxForm)
		if err := c.ParseForm(); err != nil {
			if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
				return failure(http.StatusRequestEntityTooLarge, "the form is larger than %d bytes", maxForm)
			}
			return failure(http.StatusBadRequest, "this is no form")
		}
	}
	if rt.role == Open {
		return nil
	}
	session, token, ok := s.sessions.find(c.Request, s.cfg.Tokens, s.cfg.Now())
	if !ok {
		return failure(http.StatusUnauthorized, "nobody is signed in here")
	}
	c.session, c.token = session, token
	if c.Method == http.MethodPost && !session.proves(c.PostForm.Get("csrf")) {
		return failure(http.StatusForbidden, "this form is not of your session").help("go back to the report, and try again from there")
	}
	if !token.Role.may(rt.role) {
		return failure(http.StatusForbidden, "this needs a token of role %s, yours has role %s", rt.role, token.Role)
	}
	return nil
}

// sameOrigin reports whether a page of this server sent the request: browsers say
// so, each in at least one of two headers that no page can set.
func sameOrigin(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site != "" && site != "same-origin" {
		return false
	}
	if origin == "" {
		return site != ""
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host && (u.Scheme == "https" || u.Scheme == "http" && r.TLS == nil)
}

// overTLS reports whether the browser speaks TLS, if only to a proxy before us.
func overTLS(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(r.Header.Get("Origin"), "https://")
}

// visitor returns who looks, as pages show it.
func (c *call) visitor() html.Visitor {
	return html.Visitor{Name: c.token.Name, Role: c.token.Role.String(), Admin: c.token.Role.may(Admin), CSRF: c.session.csrf}
}

func seeOther(c *call, path string) error {
	c.w.Header().Set("Location", path)
	c.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// writeHTML answers with a page. Who asked may be gone: nobody needs to know.
func writeHTML(c *call, status int, write func(http.ResponseWriter) error) error {
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.WriteHeader(status)
	_ = write(c.w)
	return nil
}
