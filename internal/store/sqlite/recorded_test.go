package sqlite

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func recordedIn(t *testing.T, path string) (*Recorded, []event.Event) {
	t.Helper()
	r, err := OpenRecorded(t.Context(), path)
	must(t, err)
	var evs []event.Event
	must(t, r.Each(t.Context(), func(ev *event.Event) error { evs = append(evs, *ev); return nil }))
	return r, evs
}

// Tags of ours are events with what became evidence; those of an older schema
// have no address, and say so.
func TestRecordedTags(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	db := openDB(t, path, time.Now)
	insert(t, db, storetest.SomeTags(0, 3)...)
	r, evs := recordedIn(t, path)
	if r.Addressless || len(evs) != 3 || evs[2].SourceKind != "command" || evs[2].AttackerIP != "198.51.100.0" || evs[2].AttackerUUID == "" {
		t.Errorf("events = %+v, addressless %v, want 3 with addresses", evs, r.Addressless)
	}
	without := storetest.NamedTag(9, "a", "")
	without.AttackerIP = ""
	insert(t, db, without)
	if r, _ := recordedIn(t, path); !r.Addressless {
		t.Error("a tag without an address is not told")
	}
	must(t, db.Close())
	execAll(t, path, `ALTER TABLE ttp_tag DROP COLUMN attacker_ip`)
	if r, evs := recordedIn(t, path); !r.Addressless || len(evs) != 4 || evs[0].AttackerIP != "" {
		t.Errorf("events of schema 1 = %+v, addressless %v, want 4 without addresses", evs, r.Addressless)
	}
}

// Of DECNET's log the commands are events.
func TestRecordedLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "decnet.db")
	execAll(t, path, `CREATE TABLE logs (event_type, attacker_ip, raw_line)`,
		`INSERT INTO logs VALUES ('command', ' 198.51.100.7', '<14>1 h ssh cmd=echo cmd=x'), ('login', '198.51.100.8', 'cmd=no'), ('command', '198.51.100.9', 'nothing')`)
	r, evs := recordedIn(t, path)
	var texts []string
	for _, ev := range evs {
		id, _ := event.LookupField(event.KindCommand, "command_text")
		text, _ := ev.Text(id)
		texts = append(texts, ev.AttackerIP+" "+text)
	}
	if want := []string{"198.51.100.7 echo cmd=x"}; r.Addressless || !slices.Equal(texts, want) {
		t.Errorf("commands = %q, want %q", texts, want)
	}
}

func TestRecordedErrors(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "other.db")
	execAll(t, path, `CREATE TABLE other (x)`)
	if _, err := OpenRecorded(t.Context(), path); err == nil || store.ClassOf(err) != store.Bug {
		t.Errorf("OpenRecorded(no events) error = %v", err)
	}
}
