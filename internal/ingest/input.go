package ingest

import "ttpctl/internal/lines"

// An Input is one file or stream of telemetry.
type Input = lines.Input
