package rulesdir

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"ttpctl/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestRuleSource(t *testing.T) {
	t.Parallel()
	storetest.RuleSource(t, followed)
}

// followed writes to a directory and watches it.
func followed(t *testing.T, initial map[string]string) storetest.RuleFixture {
	root := t.TempDir()
	path := func(id string) string { return filepath.Join(root, id+".yaml") }
	write := func(t *testing.T, id, content string) { writeFile(t, path(id), content) }
	for id, content := range initial {
		write(t, id, content)
	}
	d, err := Open(t.Context(), root, Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return storetest.RuleFixture{
		Source: d,
		Name:   path,
		Put:    write,
		Remove: func(t *testing.T, id string) {
			if err := os.Remove(path(id)); err != nil {
				t.Error(err)
			}
		},
		Close: d.Close,
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Error(err)
	}
}
