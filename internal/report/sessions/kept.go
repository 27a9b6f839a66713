package sessions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json" // reads in half the time

	"ttpctl/internal/event"
	"ttpctl/internal/secrets"
	"ttpctl/internal/store"
)

// A kept is an event of a session as a database keeps it: what a record says, masked
// and cut.
type kept struct {
	Kind     string    `json:"kind"`
	ID       string    `json:"id"`
	At       *[2]int64 `json:"at,omitempty"` // Unix seconds, and nanoseconds; nil = it has no time
	Attacker string    `json:"attacker,omitempty"`
	IP       string    `json:"ip,omitempty"`
	Service  string    `json:"service,omitempty"`
	Text     string    `json:"text,omitempty"`
	Note     string    `json:"note,omitempty"`
	Path     string    `json:"path,omitempty"`
	Hash     string    `json:"hash,omitempty"`
	Seconds  float64   `json:"seconds,omitempty"`
	Failed   float64   `json:"failed,omitempty"`
	Success  bool      `json:"success,omitempty"`
	Cut      int       `json:"cut,omitempty"` // bytes of Text
}

// Lines returns what a [Recorder] noted of a batch as a database keeps it. Passwords
// in commands and the people in mail addresses are masked as in a report.
func Lines(noted any) (all []store.SessionLines) {
	r, ok := noted.(*records)
	if !ok {
		return nil
	}
	at := map[sessionKey]int{}
	for i := range r.list {
		rec := &r.list[i]
		key := sessionKey{rec.sensor, rec.session}
		n, ok := at[key]
		if !ok {
			n = len(all)
			at[key] = n
			all = append(all, store.SessionLines{Sensor: strings.Clone(idOf(rec.sensor)), Session: strings.Clone(idOf(rec.session))})
		}
		text, err := json.Marshal(rec.kept())
		if err != nil {
			panic("sessions: " + err.Error()) // texts and finite numbers
		}
		all[n].Lines = append(all[n].Lines, store.SessionLine{Text: text, Ends: rec.kind == event.KindSession})
	}
	return all
}

// kept returns r as it is stored.
func (r *record) kept() kept {
	k := kept{
		Kind: r.kind.String(), ID: idOf(r.id), Attacker: maskedTo(r.attacker, maxName), IP: maskedTo(r.ip, maxName), Service: maskedTo(r.service, maxName),
		Note: maskedTo(r.note, maxNote), Path: maskedTo(r.path, maxNote), Hash: maskedTo(r.hash, maxHash),
		Seconds: finite(r.seconds), Failed: finite(r.failed), Success: r.success,
	}
	if !r.at.IsZero() {
		k.At = &[2]int64{r.at.Unix(), int64(r.at.Nanosecond())}
	}
	whole := secrets.Mask(r.text)
	if r.kind == event.KindAuthAttempt {
		whole = secrets.MaskMail(r.text) // a name may be any word
	}
	k.Text = event.CutText(whole, maxText)
	k.Cut = len(whole) - len(k.Text)
	return k
}

// finite returns a number that JSON has.
func finite(n float64) float64 {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return n
}

func maskedTo(text string, most int) string { return event.CutText(secrets.Mask(text), most) }

// record returns the record that k was.
func (k *kept) record(sensor, session string) record {
	var at time.Time
	if k.At != nil {
		at = time.Unix(k.At[0], k.At[1]).UTC()
	}
	return record{
		kind: event.ParseKind(k.Kind), id: k.ID, sensor: sensor, session: session, attacker: k.Attacker, ip: k.IP, at: at, service: k.Service,
		text: k.Text, note: k.Note, path: k.Path, hash: k.Hash, seconds: k.Seconds, failed: k.Failed, success: k.Success, cut: k.Cut,
	}
}

// Restore takes in lines that a database kept. Of a session they come in the order in
// which they were stored.
func (k *Keeper) Restore(l *store.KeptLines) error {
	for line := range bytes.Lines(l.Lines) {
		var was kept
		if err := jsonv2.Unmarshal(line, &was); err != nil {
			return fmt.Errorf("a line of session %s in the database: %w", l.Session, err)
		}
		rec := was.record(l.Sensor, l.Session)
		k.add(&rec)
	}
	if e := k.entries[sessionKey{idOf(l.Sensor), idOf(l.Session)}]; e != nil && l.LeftOut > e.unkept {
		e.LeftOut += l.LeftOut - e.unkept
		e.unkept = l.LeftOut
	}
	k.bound()
	return nil
}

// ReadFrom takes in the sessions that id means of those that db kept, "" = all, and
// their tags.
func (k *Keeper) ReadFrom(ctx context.Context, db store.Database, id string) error {
	if err := db.Sessions().Each(ctx, id, k.Restore); err != nil {
		return err
	}
	if len(k.entries) == 0 {
		return nil
	}
	var f store.Filter
	if id != "" {
		for key := range k.entries {
			f.Sessions = append(f.Sessions, key.session)
		}
	}
	if len(k.entries) > maxAsked {
		f.Sessions = nil // of so many all are read
	}
	one := make([]event.Tag, 1)
	err := db.Tags().EachCounted(ctx, f, func(t *event.Tag) error { one[0] = *t; k.Tag(one); return nil })
	k.oldestFirst()
	return err
}

// maxAsked is how many sessions are asked for by their names.
const maxAsked = 500

// oldestFirst puts the tags of each line in the order in which they were stored: a
// database gives those stored last first.
func (k *Keeper) oldestFirst() {
	for _, e := range k.entries {
		for i := range e.Lines {
			slices.Reverse(e.Lines[i].Tags)
		}
	}
}

// Has reports whether a session was seen, and its lines are there: those of others may
// have been forgotten, for there was no room.
func (k *Keeper) Has(sensor, session string) bool {
	e := k.entries[sessionKey{idOf(sensor), idOf(session)}]
	return e != nil && !e.full
}

// HasLine reports whether the line of the event that t is of is there.
func (k *Keeper) HasLine(t *event.Tag) bool {
	e := k.entries[sessionKey{idOf(t.DeckyID.Value), idOf(t.SessionID.Value)}]
	return e != nil && e.find(event.ParseKind(t.SourceKind), idOf(t.SourceID)) >= 0
}
