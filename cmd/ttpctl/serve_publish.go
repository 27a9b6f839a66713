package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"ttpctl/internal/publish"
	"ttpctl/internal/store"
	"ttpctl/internal/store/databases"
	"ttpctl/internal/vitals"
)

// publishFlags say where serve publishes besides -o.
type publishFlags struct {
	webhook    string
	secretFile string
	syslog     string
	maxTags    int
	outboxMax  int
}

func (f *publishFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.webhook, "webhook", "", "POST tags to this `URL`, signed with --webhook-secret-file")
	fs.StringVar(&f.secretFile, "webhook-secret-file", "", "`file` whose content signs what is posted (HMAC-SHA256)")
	fs.StringVar(&f.syslog, "syslog", "", "send tags to this `URL` by RFC 5424: tcp://host:port or tls://host:port")
	fs.IntVar(&f.maxTags, "max-tags-per-rule", 0, "tags of one rule and attacker that are published in a minute; the others are only stored (0 = any `number`)")
	fs.IntVar(&f.outboxMax, "outbox-max", 1_000_000, "messages of a source that wait for an output that is gone, at most; the oldest go first, and are counted (0 = any `number`)")
}

// memoryOutbox is the largest --outbox-max without a database: messages wait in
// memory, of about a kilobyte each.
const memoryOutbox = 200_000

// publisher starts to publish: to the outputs of list and of the flags, or, with
// --publish, to the partitions. web is told, nil = there is none.
func (f *serveFlags) publisher(ctx context.Context, list []output, web *listening, v *serving) (*publish.Publisher, error) {
	observe := func(n publish.Note) { vitals.Log{Log: v.log}.Published(n); web.published(n) }
	if f.nats.publish != "" {
		return v.over.Carrier(ctx, f.nats.publish, observe)
	}
	return f.publish.open(ctx, list, observe, v)
}

// open starts to publish to the outputs of list and of the flags.
func (f *publishFlags) open(ctx context.Context, list []output, observe func(publish.Note), v *serving) (*publish.Publisher, error) {
	opts, err := f.options(v)
	if err != nil {
		return nil, err
	}
	var outs []publish.Output
	add := func(kind, target string) error {
		out, err := publish.Open(kind, target, opts)
		if err != nil {
			return cannotRun("", "%w", err)
		}
		outs = append(outs, out)
		return nil
	}
	for _, o := range list {
		if o.format == natsFormat {
			if opts, err = v.over.Options(ctx, o.path, opts); err == nil {
				err = v.herald(ctx, o.path)
			}
		} else if o.path != "" {
			v.makePrivate(o.path)
		}
		if o.format != "none" && err == nil {
			err = joinErrors(err, add(o.format, o.path))
		}
	}
	if v.bus != nil {
		err = joinErrors(err, add("bus", ""))
	}
	if f.webhook != "" {
		err = joinErrors(err, add("webhook", f.webhook))
	}
	if f.syslog != "" {
		err = joinErrors(err, add("syslog", f.syslog))
	}
	if err != nil {
		for _, out := range outs {
			err = joinErrors(err, out.Close())
		}
		return nil, err
	}
	most := f.outboxMax
	if v.db == nil && (most == 0 || most > memoryOutbox) {
		most = memoryOutbox
	}
	return publish.New(publish.Config{
		Outbox: v.outbox(), Outputs: outs, Max: most, Unread: v.unread,
		Observe: observe,
	})
}

func (f *publishFlags) options(v *serving) (publish.Options, error) {
	opts := publish.Options{
		Now: v.now, Stdout: v.out, UserAgent: "ttpctl/" + readBuild().Version, Host: hostName(), PID: os.Getpid(), Bus: v.bus,
	}
	if f.secretFile == "" {
		return opts, nil
	}
	var err error
	opts.Secret, err = publish.ReadSecret(f.secretFile)
	return opts, err
}

// reopenOnHangUp opens files anew with every SIGHUP, as after a rotation or when
// a token was changed, until stop is called.
func reopenOnHangUp(s *streams, reopen ...func() error) (stop func()) {
	hangUps, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangUps, syscall.SIGHUP)
	go func() {
		defer close(done)
		for range hangUps {
			var err error
			for _, again := range reopen {
				err = joinErrors(err, again())
			}
			if err != nil {
				s.log.Error("a file cannot be opened again", "err", err)
				continue
			}
			s.log.Info("files opened again")
		}
	}()
	return func() {
		signal.Stop(hangUps) // nothing is sent to it any more
		close(hangUps)
		<-done
	}
}

// closeOutputs publishes what is left, for as long as --grace allows. What an
// output has not taken by then is an error.
func (f *serveFlags) closeOutputs(p *publish.Publisher, s *streams) error {
	ctx, cancel := context.WithTimeout(context.Background(), f.grace)
	defer cancel()
	err := p.Close(ctx)
	for _, st := range p.Statuses() {
		if st.Err != nil {
			help := "what it did not get is kept, and published after the next start"
			if f.origin.db == databases.None {
				help = "what it did not get is lost, since there is no database"
			}
			// The end of stdout's reader, which is no failure elsewhere, is one here.
			err = joinErrors(err, &failure{class: classRuntime, help: help, err: errors.New(st.Err.Error())})
		}
	}
	return err
}

// unread returns the sources in the database that no process reads.
func (v *serving) unread(ctx context.Context) (names []string, err error) {
	if v.db == nil {
		return nil, nil
	}
	return store.Unread(ctx, v.db, thisProcess())
}

// outbox returns what is published from.
func (v *serving) outbox() store.Outbox {
	if v.db != nil {
		return v.db.Outbox()
	}
	return v.memory
}

// ledger returns where it is kept how far sources were read.
func (v *serving) ledger() store.Ledger {
	if v.db != nil {
		return v.db.Ledger()
	}
	return v.memory
}
