package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

var version = regexp.MustCompile(`(?m)^rule_version: .*$`)

// change edits a rule, or switches it off or on, in turn.
func (s *soak) change(n int) {
	var err error
	switch n % 3 {
	case 0:
		file := s.in("rules/R0018.yaml")
		var text []byte
		if text, err = os.ReadFile(file); err == nil {
			err = os.WriteFile(file, version.ReplaceAll(text, fmt.Appendf(nil, "rule_version: %d", 100+n)), 0o600)
		}
	case 1:
		err = exec.Command(s.ttpctl, "rule", "disable", "R0018", "--db", s.database(), "--reason", "soak").Run()
	case 2:
		err = exec.Command(s.ttpctl, "rule", "enable", "R0018", "--db", s.database(), "--reason", "soak").Run()
	}
	if err != nil {
		log.Printf("change %d: %v", n, err)
	}
}

// weigh notes how much memory serve holds.
func (s *soak) weigh() {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.serve.Process.Pid))
	if err != nil {
		log.Print(err)
		return
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	if fields := strings.Fields(rest); len(fields) > 0 {
		if kB, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
			s.rss = append(s.rss, kB)
		}
	}
}
