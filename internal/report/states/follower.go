package states

import (
	"fmt"
	"os"
	"strings"
	"time"

	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// A follower is a process that follows a database, as JSON has it.
type follower struct {
	What  string  `json:"what"`
	PID   int     `json:"pid"`
	Host  string  `json:"host"`
	Since *string `json:"since"`
}

func followers(leases []store.Lease) []follower {
	all := []follower{}
	for _, l := range leases {
		all = append(all, follower{l.What, l.PID, l.Host, report.Stamp(l.Since)})
	}
	return all
}

// Followers names the holders of leases: `serve, pid 4711, since 09:12 UTC`. Only
// one on another host than this is named with its host.
func Followers(leases []store.Lease, now time.Time) string {
	texts := make([]string, len(leases))
	for i := range leases {
		texts[i] = leaseText(&leases[i], now)
	}
	return strings.Join(texts, "; ")
}

func leaseText(l *store.Lease, now time.Time) string {
	since := l.Since.UTC().Format("2006-01-02 15:04 UTC")
	if l.Since.UTC().Format(time.DateOnly) == now.UTC().Format(time.DateOnly) {
		since = l.Since.UTC().Format("15:04 UTC")
	}
	text := fmt.Sprintf("%s, pid %d", l.What, l.PID)
	if host, err := os.Hostname(); err != nil || host != l.Host {
		text += " on " + l.Host
	}
	return text + ", since " + since
}
