//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ttpctl/internal/store/storetest"
	"ttpctl/internal/worker/workertest"
)

// natsPrefix returns the address of a server with streams of the test's own, and what
// they begin with.
func natsPrefix(t *testing.T) (js jetstream.JetStream, address, prefix string) {
	t.Helper()
	server := storetest.ServerAddress(t, "TTPCTL_TEST_NATS")
	nc, err := nats.Connect(server)
	if err != nil {
		t.Fatal(err)
	}
	if js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	prefix = fmt.Sprintf("s%x", time.Now().UnixNano())
	t.Cleanup(func() {
		for _, name := range []string{"EVENTS", "OUT", "DEAD", "BUS"} {
			if err := js.DeleteStream(context.Background(), strings.ToUpper(prefix)+"_TTP_"+name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
				t.Error(err)
			}
		}
		nc.Close()
	})
	return js, server + "?partitions=4&prefix=" + prefix, prefix
}

// owners returns how many partitions each worker has.
func owners(t *testing.T, db string) (each []int) {
	t.Helper()
	st, _ := fleetStatus(t, db)
	has := map[string]int{}
	for _, p := range st.Partitions {
		if p.OwnerID != "" {
			has[p.OwnerID]++
		}
	}
	for _, n := range has {
		each = append(each, n)
	}
	slices.Sort(each)
	return each
}

// metricOf returns the sum of a metric's values.
func metricOf(t *testing.T, address, name string) (sum float64) {
	t.Helper()
	r, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^`+name+`(?:\{.*\})? (\S+)$`).FindAllStringSubmatch(string(text), -1) {
		v, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
	}
	return sum
}

// A sensor brings its log to partitions, which two workers on one database share; one
// stops, and the other goes on with its partitions. Each tag is stored and published
// once, a state is told once, and what is too large for NATS is set aside at the sensor.
func TestServeNATS(t *testing.T) {
	t.Parallel()
	js, address, prefix := natsPrefix(t)
	db, dir := serverDatabase(t, "postgres"), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	rules := someRules(t, "R0012", "R0029", "R0018", "R0004")
	writeText(t, in("key"), "a key of more than sixteen bytes")
	writeText(t, in("tokens"), "admin a-token-of-sixteen-bytes\n")
	text := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 6)
	lines := strings.SplitAfter(text, "\n")
	writeText(t, in("whole.json"), text)
	writeText(t, in("cowrie.json"), "")
	w := &rotatingWriter{t: t, path: in("cowrie.json")}
	sensor := startServe(t, "--db", in("sensor.db"), "--follow", in("cowrie.json"), "--hash-key-file", in("key"), "--publish", address)
	listen := freeAddress(t)
	work := func(more ...string) *servant {
		return startServe(t, append([]string{"--db", db, "--rules", rules, "--hash-key-file", in("key"), "--source", address, "-o", address}, more...)...)
	}
	first, second := work(), work("--listen", listen, "--listen-tokens-file", in("tokens"))
	for _, g := range []*servant{first, second} {
		poll(t, "a partition", func() bool {
			if g.ended() {
				t.Fatal("serve ends at its start")
			}
			return strings.Contains(g.stderr.String(), "a claim is ours")
		})
	}
	poll(t, "two partitions each", func() bool { return slices.Equal(owners(t, db), []int{2, 2}) })
	for _, l := range lines[:len(lines)/2] {
		w.append(l)
	}
	w.append(fmt.Sprintf(`{"eventid":"cowrie.command.input","sensor":"decoy-01","timestamp":"2026-09-14T00:00:00.0Z","src_ip":"203.0.113.77","session":"large","input":"echo %s"}`+"\n", strings.Repeat("x", 2<<20)))
	poll(t, "messages to be read", func() bool { return metricOf(t, listen, "ttpctl_nats_decoded_total") > 0 })
	first.stop()
	poll(t, "the other to have all partitions", func() bool { return slices.Equal(owners(t, db), []int{4}) })
	second.run("rule", "disable", "R9999", "--force", "--db", db, "--reason", "to be told")
	for _, l := range lines[len(lines)/2:] {
		w.append(l)
	}
	tagged, err := exec.Command("ttpctl", "tag", "-o", "jsonl", "--rules", rules, "--hash-key-file", in("key"), in("whole.json")).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := sortedLines(string(tagged))
	// What is open when a log ends stays open in serve: the sensor ends it.
	sensor.stop()
	if out, err := exec.Command("ttpctl", "serve", "--once", "--db", in("sensor.db"), "--follow", in("cowrie.json"), "--hash-key-file", in("key"), "--publish", address).CombinedOutput(); err != nil {
		t.Fatalf("serve --once: %v\n%s", err, out)
	}
	stored := func() []string {
		out, err := exec.Command("ttpctl", "report", "tags", "--limit", "0", "--db", db, "-o", "jsonl").Output()
		if err != nil {
			t.Fatal(err)
		}
		return sortedLines(string(out))
	}
	poll(t, "all tags", func() bool { return len(stored()) >= len(want) })
	if diff := cmp.Diff(want, stored()); diff != "" {
		t.Errorf("stored tags differ from those of tag (-tag +serve):\n%.3000s\nserve said:\n%s", diff, second.stderr.String())
	}
	if up, lag := metricOf(t, listen, "ttpctl_nats_connected"), metricOf(t, listen, "ttpctl_nats_lag_messages"); up < 1 || lag != 0 {
		t.Errorf("%v connections are up, %v messages wait; want some and none", up, lag)
	}
	second.stop()
	told := map[string]int{} // messages by subject
	var published []string
	stream, err := js.Stream(t.Context(), strings.ToUpper(prefix)+"_TTP_OUT")
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		subject := strings.TrimPrefix(m.Subject, prefix+".")
		told[subject]++
		if subject == "ttp.tagged" {
			published = append(published, string(m.Data))
		}
	}
	slices.Sort(published)
	if diff := cmp.Diff(want, published); diff != "" {
		t.Errorf("published tags differ from those of tag (-tag +published):\n%.3000s", diff)
	}
	if told["ttp.rule.state.R9999"] != 1 {
		t.Errorf("the state was told %d times, want once: %v", told["ttp.rule.state.R9999"], told)
	}
	letters, err := exec.Command("ttpctl", "db", "dead-letters", "list", "--db", in("sensor.db"), "-o", "jsonl").Output()
	if err != nil || strings.Count(string(letters), "\n") != 1 || !strings.Contains(string(letters), "larger than the server takes") {
		t.Errorf("dead letters of the sensor: %v, %.1000s", err, letters)
	}
	retry, err := exec.Command("ttpctl", "db", "dead-letters", "retry", "--all", "--rules", rules, "--db", in("sensor.db")).CombinedOutput()
	if err == nil || !strings.Contains(string(retry), "only its beginning was kept") {
		t.Errorf("retry: %v, %.1000s", err, retry)
	}
}

// A server that does not let us in ends serve with what to do about it, whatever it was
// asked for.
func TestServeNATSRefused(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("nats-server"); err != nil {
		t.Skip("LEFT OUT: there is no nats-server that could refuse us")
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	const secret = "correct-horse-battery"
	writeText(t, in("nats.conf"), fmt.Sprintf("authorization { user: tagger, password: %q }\n", secret))
	writeText(t, in("wrong"), "another-secret\n")
	writeText(t, in("right"), secret+"\n")
	writeText(t, in("log"), "")
	listen := freeAddress(t)
	host, port, _ := strings.Cut(listen, ":")
	server := exec.Command("nats-server", "-c", in("nats.conf"), "-a", host, "-p", port, "-js", "-sd", dir)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	wrong := "nats://tagger@" + listen + "?password-file=" + url.QueryEscape(in("wrong"))
	rules := someRules(t, "R0012")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"source":  {[]string{"serve", "--source", wrong}, "?password-file=FILE"},
		"publish": {[]string{"serve", "--follow", in("log"), "--publish", wrong}, "?password-file=FILE"},
		"output":  {[]string{"serve", "--follow", in("log"), "-o", wrong}, "?password-file=FILE"},
		"route":   {[]string{"serve", "--route", "--source", wrong}, "?password-file=FILE"},
		"status":  {[]string{"fleet", "status", "--source", wrong}, "?password-file=FILE"},
		"TLS":     {[]string{"serve", "--source", "tls://" + strings.TrimPrefix(wrong, "nats://")}, "write nats:// instead"},
		"no file": {[]string{"serve", "--source", "nats://" + listen + "?ca=" + url.QueryEscape(in("missing"))}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "ttpctl", append(c.args, "--db", in(name+".db"), "--rules", rules)...)
			if c.args[0] == "fleet" {
				writeText(t, in(name+".db"), "")
				if out, err := exec.Command("ttpctl", "tag", "--save", "--db", in(name+".db"), "--rules", rules, "-o", "none", "../../testdata/logs/cowrie.json").CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir, "XDG_CONFIG_HOME="+dir)
			out, err := cmd.CombinedOutput()
			exit, _ := errors.AsType[*exec.ExitError](err)
			if exit == nil || exit.ExitCode() != 2 || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "another-secret") {
				t.Errorf("ends with %v, want 2 and %q:\n%s", err, c.want, out)
			}
		})
	}
}
