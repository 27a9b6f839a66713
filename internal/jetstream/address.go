package jetstream

import (
	"bytes"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/hint"
)

// Variables of the environment that hold what an address must not.
const (
	PasswordVariable = "TTPCTL_NATS_PASSWORD"
	TokenVariable    = "TTPCTL_NATS_TOKEN"
	CredsVariable    = "TTPCTL_NATS_CREDS" // the name of a file
	CAVariable       = "TTPCTL_NATS_CA"    // likewise
)

const (
	addressHelp = "for example nats://nats.example:4222, or tls://tagger@nats.example?password-file=/run/secrets/nats"
	secretHelp  = "put it into a file and name that with ?password-file=FILE or ?token-file=FILE, or into " + PasswordVariable + " or " + TokenVariable
)

// Bounds and defaults of what an address says.
const (
	defaultPartitions = 16
	maxPartitions     = 1024
	defaultAge        = 72 * time.Hour
	defaultWindow     = 2 * time.Minute
	defaultPort       = "4222"
)

// An Address says where NATS is, who asks, and which streams are meant. Zero
// values are what the address left open.
type Address struct {
	TLS      bool
	Hosts    []string // host:port
	User     string
	password string
	token    string
	creds    string // files
	nkey     string
	ca       string
	cert     string
	key      string

	Prefix     string // before all subjects and, in capitals, the names of streams
	Stream     string // of events
	Partitions int
	MaxAge     time.Duration
	Window     time.Duration // of duplicates
	Replicas   int
}

var word = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// IsAddress reports whether text is the address of a NATS server.
func IsAddress(text string) bool {
	return strings.HasPrefix(text, "nats://") || strings.HasPrefix(text, "tls://")
}

// ParseAddress reads an address such as nats://user@host:4222,host2:4222?prefix=lab.
// A password that is written into it is refused: command lines can be read by
// every user of a machine. getenv looks up environment variables.
func ParseAddress(text string, getenv func(string) string) (*Address, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	if scheme != "nats" && scheme != "tls" {
		return nil, hint.Errorf(addressHelp, "not an address of NATS: want nats:// or tls://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	user, hosts, found := cutLast(rest, "@")
	if !found {
		user, hosts = "", rest
	}
	a := &Address{TLS: scheme == "tls", Replicas: 1}
	if strings.Contains(user, ":") {
		return nil, hint.Errorf(secretHelp, "the address of NATS has a password in it, which every user of this machine could read")
	}
	var err error
	if a.User, err = url.PathUnescape(user); err != nil {
		return nil, hint.Errorf(addressHelp, "the address of NATS is malformed")
	}
	for host := range strings.SplitSeq(strings.TrimSuffix(hosts, "/"), ",") {
		u, err := url.Parse("nats://" + host)
		if err != nil || u.Hostname() == "" || u.Path != "" {
			return nil, hint.Errorf(addressHelp, "the address of NATS is malformed")
		}
		port := u.Port()
		if port == "" {
			port = defaultPort
		}
		a.Hosts = append(a.Hosts, net.JoinHostPort(u.Hostname(), port))
	}
	return a, a.settle(query, getenv)
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// settle takes what stands behind the question mark, and in the environment.
func (a *Address) settle(query string, getenv func(string) string) error {
	params, err := url.ParseQuery(query)
	if err != nil {
		return hint.Errorf(addressHelp, "the parameters of the address of NATS are malformed")
	}
	a.password, a.token, a.creds, a.ca = getenv(PasswordVariable), getenv(TokenVariable), getenv(CredsVariable), getenv(CAVariable)
	for name, values := range params {
		if err := a.set(name, values[len(values)-1]); err != nil {
			return err
		}
	}
	if a.Stream == "" {
		a.Stream = a.StreamName("TTP_EVENTS")
	}
	if (a.cert == "") != (a.key == "") {
		return hint.Errorf("name both, with ?cert=FILE&key=FILE", "the address of NATS names a certificate or a key without the other")
	}
	return nil
}

func (a *Address) set(name, value string) (err error) {
	switch name {
	case "password", "token", "pass":
		return hint.Errorf(secretHelp, "the address of NATS has a secret in it, which every user of this machine could read")
	case "password-file":
		a.password, err = readSecret(name, value)
	case "token-file":
		a.token, err = readSecret(name, value)
	case "creds":
		a.creds = value
	case "nkey":
		a.nkey = value
	case "ca":
		a.ca, a.TLS = value, true
	case "cert":
		a.cert, a.TLS = value, true
	case "key":
		a.key, a.TLS = value, true
	case "prefix":
		a.Prefix, err = value, wordOf(name, value)
	case "stream":
		a.Stream, err = value, wordOf(name, value)
	case "partitions":
		a.Partitions, err = countOf(name, value, maxPartitions)
	case "replicas":
		a.Replicas, err = countOf(name, value, 5)
	case "max-age":
		a.MaxAge, err = timeOf(name, value)
	case "duplicates":
		a.Window, err = timeOf(name, value)
	default:
		return hint.Errorf("known are password-file, token-file, creds, nkey, ca, cert, key, prefix, stream, partitions, replicas, max-age and duplicates",
			"the address of NATS has an unknown parameter %q", name)
	}
	return err
}

func wordOf(name, value string) error {
	if !word.MatchString(value) {
		return hint.Errorf("letters, digits, - and _, at most 32", "the address of NATS: %s %q is no name", name, value)
	}
	return nil
}

func countOf(name, value string, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > most {
		return 0, hint.Errorf("", "the address of NATS: %s %q is no number in [1, %d]", name, value, most)
	}
	return n, nil
}

func timeOf(name, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Second {
		return 0, hint.Errorf("for example 72h or 2m", "the address of NATS: %s %q is no time of at least a second", name, value)
	}
	return d, nil
}

func readSecret(name, file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", hint.Errorf("", "%s %s: %w", name, file, hint.PathReason(err))
	}
	return string(bytes.TrimRight(data, "\r\n")), nil
}

// String returns what people are shown: no secret, no parameters but the prefix.
func (a *Address) String() string {
	s := "nats://" + strings.Join(a.Hosts, ",")
	if a.Prefix != "" {
		s += "?prefix=" + a.Prefix
	}
	return s
}

// Subject returns subject with the prefix of the address before it.
func (a *Address) Subject(subject string) string {
	if a.Prefix == "" {
		return subject
	}
	return a.Prefix + "." + subject
}

// StreamName returns the name of a stream with the prefix before it.
func (a *Address) StreamName(name string) string {
	if a.Prefix == "" {
		return name
	}
	return strings.ToUpper(a.Prefix) + "_" + name
}
