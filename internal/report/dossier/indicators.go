package dossier

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
	"ttpctl/internal/sorting"
)

// The kinds of indicator. A sequence only ties attackers together: nobody can search
// other logs for it.
const (
	KindURL      = "url"
	KindHost     = "host"
	KindFile     = "file"
	KindKey      = "key"
	KindSequence = "sequence"
)

// indicators are those that were found, and by whom they were left.
type indicators struct {
	parser   *shell.Parser
	analyzer *program.Analyzer
	view     shell.View
	line     program.Line

	texts map[string][]uint32 // what is in a text
	index map[indicatorKey]uint32
	list  []Indicator
	pairs map[pair]struct{}
}

type indicatorKey struct{ kind, value string }

// A pair is an indicator with a session, or with an attacker.
type pair struct {
	indicator uint32
	attacker  bool
	of        uint64
}

func newIndicators(p *shell.Parser, a *program.Analyzer) *indicators {
	return &indicators{parser: p, analyzer: a, texts: map[string][]uint32{}, index: map[indicatorKey]uint32{}, pairs: map[pair]struct{}{}}
}

// fetchers are words of command lines that may name a place on the network.
var fetchers = []string{"://", "wget", "curl", "ftp", "scp", "rsync", "/dev/tcp", "nc ", "ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-"}

func has(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// hasBytes is has for a text that was not decoded.
func hasBytes(text []byte, words []string) bool {
	for _, w := range words {
		if bytes.Contains(text, []byte(w)) {
			return true
		}
	}
	return false
}

// indicate takes the indicators in what was noted of an event.
func (b *Builder) indicate(n *record) {
	x := b.indicators
	switch n.kind {
	case event.KindCommand:
		if !has(n.text, fetchers) {
			return
		}
		for _, i := range x.of(n.text) {
			b.left(i, n)
		}
	case event.KindPayload:
		if n.sum != "" {
			if i, ok := x.find(KindFile, n.sum); ok {
				if x.list[i].Note == "" {
					x.list[i].Note = secrets.Mask(strings.Clone(event.CutText(n.name, maxName)))
				}
				b.left(i, n)
			}
		}
		if n.text != "" {
			for _, i := range x.address(nil, n.text, "") {
				b.left(i, n)
			}
		}
	}
}

// left notes who left an indicator, and when.
func (b *Builder) left(i uint32, n *record) {
	x := b.indicators
	ind := &x.list[i]
	widen(&ind.First, &ind.Last, n.at)
	if len(x.pairs) >= maxPairs {
		b.limit("Who left which indicator is known of the first 500,000 pairs only: counts of indicators may be too low.")
		return
	}
	count := func(p pair, n *int) {
		if _, ok := x.pairs[p]; !ok {
			x.pairs[p] = struct{}{}
			*n++
		}
	}
	if who, ok := b.who(n.who); ok && n.who != "" {
		count(pair{i, true, uint64(who)}, &ind.Attackers)
	}
	if n.session != "" {
		count(pair{i, false, b.hash(n.sensor, n.session)}, &ind.Sessions)
	}
}

// find returns the index of an indicator, which is new perhaps; false when there
// are as many as may be.
func (x *indicators) find(kind, value string) (uint32, bool) {
	if value == "" || len(value) > maxValue || !utf8.ValidString(value) {
		return 0, false
	}
	key := indicatorKey{kind, value}
	i, ok := x.index[key]
	if ok {
		return i, true
	}
	if len(x.list) == maxIndicators {
		return 0, false
	}
	i, key.value = uint32(len(x.list)), strings.Clone(value)
	x.index[key] = i
	x.list = append(x.list, Indicator{Kind: kind, Value: key.value})
	return i, true
}

// of returns the indicators in a command line.
func (x *indicators) of(text string) []uint32 {
	if known, ok := x.texts[text]; ok {
		return known
	}
	found := x.read(text)
	if len(x.texts) < maxTexts && len(text) <= 4<<10 {
		x.texts[strings.Clone(text)] = found
	}
	return found
}

// sshKey is a public key as authorized_keys has it.
var sshKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp\d{3}) (AAAA[A-Za-z0-9+/=]{16,})`)
})

func (x *indicators) read(text string) (found []uint32) {
	if len(text) > 64<<10 {
		text = event.CutText(text, 64<<10)
	}
	x.parser.Parse(text, &x.view)
	x.analyzer.Analyze(&x.view, "", &x.line)
	for i := range x.line.Commands {
		for k := range x.line.Commands[i].Effects {
			e := &x.line.Commands[i].Effects[k]
			if (e.Verb == program.Fetches || e.Verb == program.Sends || e.Verb == program.Connects) && e.Class == program.Remote {
				found = x.address(found, e.Target, e.Host)
			}
		}
	}
	for _, m := range sshKey().FindAllStringSubmatch(text, 20) {
		sum := sha256.Sum256([]byte(m[2]))
		found = x.add(found, KindKey, m[1]+" …"+m[2][max(0, len(m[2])-24):]+" (sha256 of its text "+hex.EncodeToString(sum[:8])+")")
	}
	return found
}

func (x *indicators) add(found []uint32, kind, value string) []uint32 {
	if i, ok := x.find(kind, value); ok && !slices.Contains(found, i) {
		found = append(found, i)
	}
	return found
}

// address adds a URL and its host, or a host alone.
func (x *indicators) address(found []uint32, target, host string) []uint32 {
	if strings.Contains(target, "://") {
		if u, err := url.Parse(target); err == nil {
			if host == "" {
				host = u.Hostname()
			}
			if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
				found = x.add(found, KindURL, secrets.Mask(target))
			}
		}
	}
	if host = strings.ToLower(strings.TrimSuffix(host, ".")); host == "" || strings.ContainsAny(host, "*$`{}<>\"' ") {
		return found
	}
	if _, err := strconv.Atoi(host); err == nil {
		return found // a port that was taken for a host
	}
	if ip, err := netip.ParseAddr(host); err == nil && (ip.IsPrivate() || ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()) {
		return found // it means another machine everywhere
	}
	return x.add(found, KindHost, host)
}

// shared reports what is unlikely to be shared by chance: not the places where
// everyone puts things.
func shared(i *Indicator) bool {
	return i.Kind != KindURL && (i.Kind != KindHost || !slices.ContainsFunc(everyones, func(s string) bool {
		return i.Value == s || strings.HasSuffix(i.Value, "."+s)
	}))
}

// everyones are hosts that serve what anyone puts there.
var everyones = []string{
	"github.com", "githubusercontent.com", "gitlab.com", "pastebin.com", "transfer.sh", "google.com", "googleapis.com", "amazonaws.com",
	"cloudfront.net", "discordapp.com", "dropbox.com", "debian.org", "ubuntu.com", "centos.org", "alpinelinux.org", "docker.com", "docker.io",
	"npmjs.org", "pypi.org", "python.org", "kernel.org", "busybox.net", "openwall.com",
}

// top returns the indicators that most sessions left, of those to look for.
func (x *indicators) top() []Indicator {
	all := slices.DeleteFunc(slices.Clone(x.list), func(i Indicator) bool { return i.Kind == KindSequence })
	sorting.By(all, func(a, b Indicator) int {
		return cmp.Or(cmp.Compare(b.Attackers, a.Attackers), cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return all
}
