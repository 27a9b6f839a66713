package rulesdir

import (
	"io"
	"os"
	"slices"
	"testing"
)

// endless is a stdin that never ends; it fails the test when much more of it
// is read than a rule may hold.
type endless struct {
	t    *testing.T
	read int
}

func (r *endless) Read(p []byte) (int, error) {
	if r.read += len(p); r.read > 2*maxRuleBytes {
		r.t.Errorf("%d bytes of stdin were read, want little more than %d", r.read, maxRuleBytes)
		return 0, io.EOF
	}
	return len(p), nil
}

func TestStdinIsBounded(t *testing.T) {
	in := &Reader{Stdin: &endless{t: t}}
	in.Read(t.Context(), "-")
	if err := in.Err(); err != nil || len(in.Sources) != 1 || len(in.Sources[0].Data) != maxRuleBytes {
		t.Errorf("Read = %d sources, %v; want one of %d bytes", len(in.Sources), err, maxRuleBytes)
	}
}

func TestPaths(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"R0001.yaml", "R0002.yml", "note.txt"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := Paths(".", "R*.yml", "note.txt")
	if want := []string{"R0001.yaml", "R0002.yml", "R*.yml", "R0002.yml", "note.txt", "note.txt"}; !slices.Equal(got, want) {
		t.Errorf("Paths = %q, want %q", got, want)
	}
}
