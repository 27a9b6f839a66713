package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// dbCampaignsFlags are the flags of `ttpctl db import-campaigns`.
type dbCampaignsFlags struct {
	output outputs
	db     string // --db
}

func newDBImportCampaignsCmd(a *app) *cobra.Command {
	var f dbCampaignsFlags
	cmd := &cobra.Command{
		Use:   "import-campaigns FILE",
		Short: "Say which identities make a campaign",
		Long: `Add identities to campaigns, for ttpctl report campaign. FILE (- is stdin) is CSV
under the header identity_uuid,campaign, or JSON Lines of objects with these two
members.

Every row is checked before the first is stored: when one is bad, the exit code
is 2 and nothing is stored. Links that are stored already stay, so that a file
may be imported again as it grows.`,
		Example: "  ttpctl db import-campaigns campaigns.csv\n  sort -u *.jsonl | ttpctl db import-campaigns -\n  ttpctl report campaign",
		Args:    oneCampaignFile,
	}
	outputFlag(cmd, &f.output, "table", "json")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.db = a.globals.db
		return runDBImportCampaigns(ctx, f, args[0], a.streams)
	})
	return cmd
}

func oneCampaignFile(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return cannotRun("for example ttpctl db import-campaigns campaigns.csv; - is stdin", "one file of campaigns is wanted, %d named", len(args))
	}
	return nil
}

// runDBImportCampaigns stores the campaigns of the file called name.
func runDBImportCampaigns(ctx context.Context, f dbCampaignsFlags, name string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if err := s.guard(list, name); err != nil {
		return err
	}
	file, err := needDBFile(f.db, s)
	if err != nil {
		return err
	}
	text, err := readSmall(ctx, "", name, s)
	if err != nil {
		return err
	}
	if name == "-" {
		name = "stdin"
	}
	links, err := store.ReadCampaigns(name, text)
	if err != nil {
		return err
	}
	added, err := storeCampaigns(ctx, file, links, s)
	if err != nil {
		return err
	}
	campaigns, known := store.CountCampaigns(links), len(links)-added
	data := map[string]int{"rows": len(links), "new": added, "known": known, "campaigns": campaigns}
	return s.renderAs(f.output, s.newEnvelope("ttpctl.db.import-campaigns/v1", data, nil), func(k *sink) error {
		k.printf("%s, %s known before, in %s\n", report.Plural(added, "new link"), report.Grouped(known), report.Plural(campaigns, "campaign"))
		return nil
	})
}

// storeCampaigns stores links in the database at path, which is made when it
// is missing, and returns how many are new.
func storeCampaigns(ctx context.Context, path string, links []store.CampaignLink, s *streams) (added int, err error) {
	db, err := makeDB(ctx, path, s)
	if err != nil {
		return 0, err
	}
	defer closeDB(db, &err)
	added, err = db.Tags().LinkCampaigns(ctx, links)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return added, err
}
