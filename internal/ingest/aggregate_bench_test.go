package ingest

import (
	"testing"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
)

// BenchmarkReadCaptures reads the real logs as `tag` does, rules left out.
func BenchmarkReadCaptures(bm *testing.B) {
	inputs := append(captureInputs(bm, "sensor-2018"), captureInputs(bm, "sensor-2026")...)
	lines := 0
	for bm.Loop() {
		a, err := Run(bm.Context(), inputs, Config{Workers: 1}, func() Evaluator { return noRules{} }, func(*Batch) error { return nil })
		if err != nil {
			bm.Fatal(err)
		}
		lines = a.Lines
	}
	bm.ReportMetric(float64(lines*bm.N)/bm.Elapsed().Seconds(), "lines/s")
}

// BenchmarkAggregateCaptures feeds the aggregates what the real logs hold. It
// is the part of BenchmarkReadCaptures that aggregation takes, which must stay
// below a tenth of the rest.
func BenchmarkAggregateCaptures(bm *testing.B) {
	var logins []aggregate.Login
	var acts []aggregate.Activity
	for _, sensor := range []string{"sensor-2018", "sensor-2026"} {
		l, a := captureObservations(bm, captureInputs(bm, sensor))
		logins, acts = append(logins, l...), append(acts, a...)
	}
	ev := new(event.Event)
	emit := func() *event.Event { ev.Reset(); return ev }
	bm.ReportAllocs()
	for bm.Loop() {
		set := aggregate.New(aggregate.Config{})
		for i := range logins {
			set.Login(&logins[i], emit)
		}
		for i := range acts {
			set.Active(&acts[i], emit)
		}
		set.Flush()
		for set.Drain(emit, 1000) {
		}
	}
	bm.ReportMetric(float64(len(logins)+len(acts)), "observations")
}

// captureObservations returns what the Cowrie reader would tell aggregates.
func captureObservations(bm *testing.B, inputs []Input) (logins []aggregate.Login, acts []aggregate.Activity) {
	sessions := make(map[string]*cowrieSession)
	readers := newCowrieSessions(aggregate.New(aggregate.Config{}), event.AllFields(), maxSessionBytes)
	d := &cowrieDecoder{json: lines.NewTolerantJSON()}
	for _, in := range inputs {
		s, err := in.Open(bm.Context(), nil)
		if err != nil {
			bm.Fatal(err)
		}
		for more, c := true, lines.NewCutter(s, lines.DefaultMaxLine); more; {
			b := &Batch{}
			more = b.fill(c)
			b.text = string(b.block.Text)
			for i := range b.lines {
				var rec cowrieRecord
				if err := d.record(&rec, b.raw(i), b.str(i)); err != nil {
					bm.Fatal(err)
				}
				s := sessions[rec.session]
				if s == nil {
					s = &cowrieSession{}
					sessions[rec.session] = s
				}
				readers.note(s, &rec)
				switch rec.typ {
				case cowrieConnect:
					readers.begin(s, &rec)
				case cowrieLoginFailed, cowrieLoginSuccess:
					s.loggedIn = s.loggedIn || rec.typ == cowrieLoginSuccess
					logins = append(logins, aggregate.Login{Sensor: rec.sensor, Service: rec.service(s.connect), Session: rec.session, Attacker: s.attacker,
						IP: s.srcIP, Username: rec.username, Password: rec.password, ByKey: !rec.hasPassword, Success: rec.typ == cowrieLoginSuccess, At: rec.at, TS: rec.ts})
				case cowrieInput, cowrieProxyRequest, cowrieDownload, cowrieUpload:
					if s.loggedIn && !s.active {
						s.active = true
						acts = append(acts, aggregate.Activity{Sensor: rec.sensor, Session: rec.session, Attacker: s.attacker, IP: s.srcIP, Start: s.start.at, TS: string(s.start.ts)})
					}
				}
			}
		}
		s.Close()
	}
	return logins, acts
}
