package api

import (
	_ "embed"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// A route is one method of one path.
type route struct {
	method, path string // {id} stands for one segment
	role         Role
	params       []string           // that its query may have
	there        func(*Config) bool // what it needs is configured; nil = always
	handle       func(*Server, *call) error
	cookie       bool // for browsers: the visitor is known by a session, and not by a token that is sent along
}

// A call is one request to a route.
type call struct {
	*http.Request
	w       http.ResponseWriter
	id      string // of the path
	token   Token
	session *session // of a browser, nil = none
}

var filterParams = []string{
	"since", "until", "technique", "tactic", "rule", "attacker", "session", "identity", "campaign", "min_confidence", "all_versions",
}

// routes is all that there is.
func routes() []route {
	return []route{
		{"GET", "/healthz", Open, nil, nil, (*Server).healthz, false},
		{"GET", "/readyz", Open, nil, nil, (*Server).readyz, false},
		{"GET", "/metrics", Open, nil, func(c *Config) bool { return c.Metrics != nil }, (*Server).metrics, false},
		{"POST", "/v1/events", Ingest, []string{"subject"}, func(c *Config) bool { return c.Spool != nil }, (*Server).postEvents, false},
		{"GET", "/v1/stream", Reader, []string{"subject"}, func(c *Config) bool { return c.Bus != nil }, (*Server).stream, false},
		{"GET", "/v1/rules", Reader, []string{"state"}, hasRules, (*Server).getRules, false},
		{"GET", "/v1/rules/{id}/state", Reader, nil, hasRules, (*Server).getState, false},
		{"PUT", "/v1/rules/{id}/state", Admin, []string{"force"}, hasRules, (*Server).putState, false},
		{"DELETE", "/v1/rules/{id}/state", Admin, []string{"reason"}, hasRules, (*Server).deleteState, false},
		{"GET", "/v1/techniques", Reader, filterParams, hasTags, (*Server).getTechniques, false},
		{"GET", "/v1/tags", Reader, append([]string{"limit", "cursor"}, filterParams...), hasTags, (*Server).getTags, false},
		{"GET", "/v1/openapi.json", Reader, nil, nil, (*Server).openAPI, false},
		{"GET", "/", Reader, nil, hasBoard, (*Server).getReport, true},
		{"GET", "/live/body", Reader, nil, hasBoard, (*Server).getBody, true},
		{"GET", "/live/events", Reader, nil, hasBoard, (*Server).liveEvents, true},
		{"GET", "/rules/{id}", Reader, nil, hasBoard, (*Server).getRule, true},
		{"POST", "/rules/{id}", Admin, nil, hasBoard, (*Server).postRule, true},
		{"GET", "/sign-in", Open, nil, hasBoard, (*Server).getSignIn, true},
		{"POST", "/sign-in", Open, nil, hasBoard, (*Server).postSignIn, true},
		{"POST", "/sign-out", Reader, nil, hasBoard, (*Server).postSignOut, true},
		{"GET", "/favicon.ico", Open, nil, hasBoard, (*Server).icon, true},
	}
}

func hasBoard(c *Config) bool { return c.Board != nil && hasRules(c) }

func hasRules(c *Config) bool { return c.InForce != nil && c.States != nil }

func hasTags(c *Config) bool { return c.Tags != nil && c.Catalogue != nil }

// route finds who answers a request, checks that it may be asked, and has it
// answered.
func (s *Server) route(w http.ResponseWriter, r *http.Request, a *Access) (err error) {
	if !s.hostAllowed(r) {
		return failure(http.StatusMisdirectedRequest, "this server does not answer for that host").help("ask for localhost or a loopback address; serve may be told of other names")
	}
	found, id, allow := s.match(r.Method, r.URL.Path)
	if found == nil && allow == "" {
		return failure(http.StatusNotFound, "there is nothing at this path").help("GET /v1/openapi.json lists what there is")
	}
	if found == nil {
		p := failure(http.StatusMethodNotAllowed, "this path takes %s", allow)
		p.allow = allow
		return p
	}
	a.Method, a.Route = found.method, found.path
	c := &call{Request: r, w: w, id: id}
	if found.cookie {
		return s.visit(c, found, a)
	}
	if c.token, err = s.authorize(r, found.role); err != nil {
		return err
	}
	a.Token = c.token.Name
	if err := checkQuery(r, found); err != nil {
		return err
	}
	return found.handle(s, c)
}

// checkQuery refuses parameters that a route does not have.
func checkQuery(r *http.Request, rt *route) error {
	for name := range r.URL.Query() {
		if !slices.Contains(rt.params, name) {
			return failure(http.StatusBadRequest, "a parameter of the query is unknown").help(helpParams(rt.params))
		}
	}
	return nil
}

func helpParams(params []string) string {
	if len(params) == 0 {
		return "this path takes none"
	}
	return "there are " + strings.Join(params, ", ")
}

// match returns the route of a method and a path, and the id in the path; if
// there is none, the methods that the path takes.
func (s *Server) match(method, path string) (found *route, id, allow string) {
	var methods []string
	for _, rt := range routes() {
		at, ok := pathID(rt.path, path)
		if !ok || rt.there != nil && !rt.there(&s.cfg) {
			continue
		}
		if rt.method == method || rt.method == http.MethodGet && method == http.MethodHead {
			return &rt, at, ""
		}
		methods = append(methods, rt.method)
	}
	return nil, "", strings.Join(methods, ", ")
}

// pathID reports whether path is of the form of pattern, and returns what
// stands in the place of its {id}.
func pathID(pattern, path string) (id string, ok bool) {
	before, after, has := strings.Cut(pattern, "{id}")
	if !has {
		return "", pattern == path
	}
	rest, ok := strings.CutPrefix(path, before)
	id, behind := strings.CutSuffix(rest, after)
	return id, ok && behind && id != "" && !strings.Contains(id, "/")
}

// authorize checks the token of a request.
func (s *Server) authorize(r *http.Request, need Role) (Token, error) {
	if need == Open {
		return Token{}, nil
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	secret = strings.TrimSpace(secret)
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return Token{}, failure(http.StatusUnauthorized, "this needs a token").help("send Authorization: Bearer TOKEN")
	}
	token, ok := s.cfg.Tokens.find(secret)
	if !ok {
		return Token{}, failure(http.StatusUnauthorized, "this token is not known")
	}
	if !token.Role.may(need) {
		return Token{}, failure(http.StatusForbidden, "this needs a token of role %s, this one has role %s", need, token.Role)
	}
	return token, nil
}

// hostAllowed reports whether a request may ask for the host that it names. A
// page in a browser of this machine can have its own name resolve to loopback,
// and then ask as if it were of the same origin: it gives itself away by the
// name.
func (s *Server) hostAllowed(r *http.Request) bool {
	host := strings.ToLower(hostOf(r.Host))
	if slices.Contains(s.cfg.Hosts, host) {
		return true
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if s.cfg.Hosts == nil && !isLoopback(local) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// hostOf returns a host without its port and brackets.
func hostOf(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.Trim(host, "[]")
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

//go:embed openapi.json
var openAPI []byte

func (s *Server) openAPI(c *call) error {
	c.w.Header().Set("Content-Type", "application/json")
	_, _ = c.w.Write(openAPI) // who asked may be gone
	return nil
}
