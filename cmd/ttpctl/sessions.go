package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report/sessions"
	"ttpctl/internal/store/databases"
	"ttpctl/internal/worker"
)

// sessionsFlags are the flags of `ttpctl sessions`.
type sessionsFlags struct {
	output outputs
	force  tagFlags // what is read, and which rules are in force, under which states
	sort   string
	sessions.Asked
}

// newSessionsCmd returns `ttpctl sessions`.
func newSessionsCmd(a *app) *cobra.Command {
	var f sessionsFlags
	cmd := &cobra.Command{
		Use:   "sessions [ID] [LOG...]",
		Short: "List sessions, or replay one with its effects and tags",
		Long: `List the sessions of logs or, without one, of those that serve --keep-sessions kept in
the database: who came, when, for how long, whether the login worked, what
was typed and fetched, which techniques that shows. Those that showed most come first.

With an ID the session is replayed as it was typed: each line with what its commands
would do and, beside it, the techniques that it was tagged with. The beginning of an
id will do where it means one session; of several sensors that gave the same id, write
SENSOR/ID. An argument is a log when it is -, names a file or a directory or is a glob;
any other is the ID, of which there is one. --id takes it for an ID whatever it names.

--play pauses as the attacker did, at most 5 s a line; --play=10 is ten times as fast.

Passwords are not shown, and secrets in URLs are masked, as in evidence; a command line
may hold what the attacker typed into it. The visits in web servers' logs are sessions, too.
Of very many sessions (100,000, or lines of 64 MiB) the least telling are only counted.`,
		Example: `  ttpctl sessions cowrie.json
  ttpctl sessions 269ef2a74de4 /var/log/cowrie
  ttpctl sessions --play=4 --id 269e cowrie.json
  ttpctl sessions --db /var/lib/ttpctl/ttpctl.db 269ef2a74de4
  ttpctl sessions --sort time -o csv=sessions.csv cowrie.json`,
	}
	cmd.ValidArgsFunction = a.completeSessions
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, sessions.Formats()...)
	enumVar(cmd, fs, &f.sort, "sort", "telling", sessions.OrderWords(), "which sessions come first")
	fs.StringVar(&f.ID, "id", "", "replay the session with this `id`")
	_ = cmd.RegisterFlagCompletionFunc("id", a.completeSessions)
	fs.Float64Var(&f.Play, "play", 0, "replay at this `speed`: 1 is the attacker's own")
	fs.Lookup("play").NoOptDefVal = "1"
	fs.IntVar(&f.Limit, "limit", 0, "at most so many sessions; 0 = all")
	fs.BoolVar(&f.force.ignoreState, "ignore-state", false, "do not apply the states in the database")
	f.force.input.register(cmd)
	f.force.input.registerSort(cmd)
	f.force.input.registerSources(cmd)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.force.origin = a.ruleOrigin()
		logs, err := f.Split(args)
		if err != nil {
			return err
		}
		return runSessions(ctx, f, logs, a.streams)
	})
	return cmd
}

func runSessions(ctx context.Context, f sessionsFlags, paths []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err == nil {
		err = s.guardInputs(list, paths, f.force.input.files()...)
	}
	if err != nil {
		return err
	}
	t := &tagging{now: s.now(), filter: &event.Filter{}}
	if t.snapshot, err = f.force.inForce(ctx, s); err != nil {
		return err
	}
	if len(paths) == 0 {
		return f.stored(ctx, t, list, s)
	}
	inputs, cfg, err := f.force.prepare(ctx, paths, t.snapshot.Ruleset(), s)
	if err != nil {
		return err
	}
	kept := sessions.NewKeeper(sessions.Options{Only: sessions.Means(f.ID)})
	cfg.Fields = sessions.Needs()
	cfg.Fields.Join(t.snapshot.Ruleset().Needs())
	bar := startProgress(s, ingest.TotalSize(inputs))
	cfg.OnRead = bar.Add
	tagger := t.tagger(func(tags []event.Tag) error { kept.Tag(tags); return nil }, s)
	tagger.Record, tagger.Recorded = func() worker.Recorder { return kept.Recorder() }, kept.Add
	account, err := tagger.Run(ctx, inputs, cfg)
	bar.Stop()
	s.warnInput(&account)
	s.logRejected(&account)
	return joinErrors(err, f.show(ctx, kept, t, list, s), verdict(ctx, &account, false))
}

// stored shows the sessions that the database kept.
func (f *sessionsFlags) stored(ctx context.Context, t *tagging, list []output, s *streams) (err error) {
	path, err := needDBFile(f.force.origin.db, s)
	if err != nil {
		return err
	}
	db, err := readDB(ctx, path, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	kept := sessions.NewKeeper(sessions.Options{})
	if db != nil {
		err = kept.ReadFrom(ctx, db, f.ID)
	}
	switch {
	case err != nil:
		return err
	case kept.Total().N == 0:
		return f.Nowhere(databases.Shown(path))
	}
	return f.show(ctx, kept, t, list, s)
}

// show lists the sessions, or replays the one that was asked for.
func (f *sessionsFlags) show(ctx context.Context, kept *sessions.Keeper, t *tagging, list []output, s *streams) error {
	all := kept.Sessions(sessions.OrderOf(f.sort))
	if f.ID == "" {
		defer s.notef("%s", sessions.Seen(kept))
		l := sessions.List{Sessions: all, Total: kept.Total(), Without: kept.Without(), Limit: f.Limit, Meta: t.meta()}
		return s.renderResult(list, l.Result())
	}
	s.noPager = s.noPager || f.Play > 0
	r, err := sessions.NewReplay(all, f.ID, s.attack(), t.meta())
	if err != nil {
		return err
	}
	return s.render(list, func(k *sink) error {
		if r.Pause = nil; f.Play > 0 && k.file == nil {
			r.Pause = sessions.Pace(ctx, f.Play, k.Flush)
		}
		return r.Result().Write(k.format, k, k.textOptions(s))
	})
}
