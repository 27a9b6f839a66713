// Package rules is the shipped pack: one YAML file a rule, embedded in the
// binary so that ttpctl works with nothing but itself.
//
// The files are data. Whoever wants rules from them hands them to
// engine.Compile, exactly as files that a user names.
package rules

import "embed"

// Files holds ttp/R0001.yaml and so on.
//
//go:embed ttp/*.yaml
var Files embed.FS
