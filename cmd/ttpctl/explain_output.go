package main

import (
	"ttpctl/internal/engine"
	"ttpctl/internal/report/explain"
)

// explainOutputs writes each explanation to every output.
type explainOutputs struct {
	sinks   []*sink
	writers []explain.Writer
}

func newExplainOutputs(list []output, snap *engine.Snapshot, s *streams) (*explainOutputs, error) {
	sinks, err := s.openOutputs(list)
	if err != nil {
		return nil, err
	}
	o := &explainOutputs{sinks: sinks}
	for _, k := range sinks {
		o.writers = append(o.writers, explain.NewWriter(k.format, k, s.attack(), metaOf(snap), k.textOptions(s)))
	}
	return o, nil
}

func (o *explainOutputs) write(r *explain.Input) error {
	for i, w := range o.writers {
		k := o.sinks[i]
		err := w.Write(r)
		if err == nil {
			err = k.Flush() // a reader of the pipe sees each as it comes
		}
		if err != nil {
			return k.fault(err)
		}
	}
	return nil
}

// finish completes every output, also after one of them failed.
func (o *explainOutputs) finish(err error) error {
	return commitAll(o.sinks, func(i int, _ *sink) error { return o.writers[i].Finish(problems(err)) })
}
