// Package metrics counts what ttpctl serve does, for Prometheus.
//
// The model: a [Metrics] has a registry of its own. Who does something tells it
// by a plain method; what can be asked at any time, such as the depth of a queue,
// it asks when it is scraped ([Sample]).
//
// Invariant: the values of labels are few, and none is the input's: rule and
// technique ids, kinds of event with `unknown` for all that this build does not
// know, names of sources and outputs as the operator gave them, up to a bound,
// and words of ours. Never an attacker, a session or a payload.
//
// For example:
//
//	m := metrics.New(metrics.Build{Version: version})
//	m.Sampled(func(ctx context.Context) metrics.Sample { return metrics.Sample{Spool: depth} })
//	m.Committed(tags, time.Since(readAt))
//	http.Handle("/metrics", m.Handler())
package metrics
