package manpage

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/hint"
)

// NewEdition returns the edition of a version, dated by epoch, which is what
// SOURCE_DATE_EPOCH says, else by when it was built (RFC 3339); either may be "".
func NewEdition(version, epoch, built string) (Edition, error) {
	e := Edition{Version: version}
	if epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil || seconds < 0 {
			return e, hint.Errorf("seconds since 1970, as date +%s prints", "SOURCE_DATE_EPOCH: %q is no time", epoch)
		}
		e.Date = time.Unix(seconds, 0)
	} else if at, err := time.Parse(time.RFC3339, built); err == nil {
		e.Date = at
	}
	return e, nil
}

// Write writes every page of root into dir, which is made when it is missing, and
// returns how many there are.
func Write(dir string, root *cobra.Command, e Edition) (n int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, hint.Errorf("", "%s: %w", dir, hint.PathReason(err))
	}
	pages := Pages(root, e)
	for _, p := range pages {
		if err := os.WriteFile(filepath.Join(dir, p.Name), p.Text, 0o644); err != nil {
			return 0, fmt.Errorf("%s: %w", filepath.Join(dir, p.Name), hint.PathReason(err))
		}
	}
	return len(pages), nil
}
