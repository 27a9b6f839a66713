package main

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ttpctl/internal/attack"
	"ttpctl/internal/store"
)

// queryFlags choose among the stored tags.
type queryFlags struct {
	filterFlags
	attackers   []string
	sessions    []string
	allVersions bool
}

func (f *queryFlags) register(fs *pflag.FlagSet) {
	f.filterFlags.register(fs)
	fs.StringSliceVar(&f.attackers, "attacker", nil, "only tags of these attackers, by `uuid or address`")
	fs.StringSliceVar(&f.sessions, "session", nil, "only tags of these sessions, by `id`")
	fs.BoolVar(&f.allVersions, "all-versions", false, "also what older versions of a rule said of an event")
}

// filter checks the flags. A rule need not be in force: its tags outlive it.
func (f *queryFlags) filter(c *attack.Catalogue, now time.Time) (store.Filter, error) {
	for _, given := range []struct {
		flag string
		list []string
	}{{"--attacker", f.attackers}, {"--session", f.sessions}} {
		if given.list != nil && len(given.list) == 0 {
			return store.Filter{}, cannotRun("leave it out for all", "%s: nothing named", given.flag)
		}
	}
	of, err := f.compile(nil, c, now)
	if err != nil {
		return store.Filter{}, err
	}
	filter := store.Filter{Filter: *of, Sessions: f.sessions, AllVersions: f.allVersions}
	for _, id := range f.attackers {
		filter.Attackers = append(filter.Attackers, store.AttackerOf(id))
	}
	return filter, nil
}

// chosen says in words which filters were given, "" = none.
func chosen(given *pflag.FlagSet) string {
	var filters pflag.FlagSet
	(&queryFlags{}).register(&filters)
	var words []string
	given.Visit(func(f *pflag.Flag) {
		if filters.Lookup(f.Name) != nil {
			words = append(words, "--"+f.Name+" "+f.Value.String())
		}
	})
	return strings.Join(words, " ")
}
