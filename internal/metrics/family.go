package metrics

import (
	"bytes"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// prefix begins every name of ours.
const prefix = "ttpctl_"

// A family is the series of one name, which differ in the values of labels.
type family struct {
	set    *metrics.Set
	name   string
	labels []string // sorted
}

func (m *Metrics) family(name, help string, labels ...string) family {
	m.help[prefix+name] = help
	return family{m.set, prefix + name, labels}
}

func (f family) counter(values ...string) *metrics.Counter {
	return f.set.GetOrCreateCounter(f.series(values))
}

func (f family) gauge(values ...string) *metrics.Gauge {
	return f.set.GetOrCreateGauge(f.series(values), nil)
}

func (f family) histogram(bounds []float64, values ...string) *metrics.PrometheusHistogram {
	return f.set.GetOrCreatePrometheusHistogramExt(f.series(values), bounds)
}

// series spells out one series, as an exposition has it.
func (f family) series(values []string) string {
	if len(f.labels) == 0 {
		return f.name
	}
	var b strings.Builder
	b.WriteString(f.name)
	for i, label := range f.labels {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(label + `="`)
		b.WriteString(escapes.Replace(strings.ToValidUTF8(values[i], "\ufffd")))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// write writes the exposition of everything. The library knows no help: it is put
// where the library leaves room for it.
func (m *Metrics) write(to *bytes.Buffer) {
	var text bytes.Buffer
	m.set.WritePrometheus(&text)
	for line := range strings.Lines(text.String()) {
		if name, ok := strings.CutPrefix(line, "# HELP "); ok {
			name = strings.TrimSpace(name)
			line = "# HELP " + name + " " + m.help[name] + "\n"
		}
		to.WriteString(line)
	}
	m.writeSample(to)
	metrics.WriteProcessMetrics(to)
}
