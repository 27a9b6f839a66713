package rules_test

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// wrapperVariants put programs around commands that run them.
func wrapperVariants() []variant {
	all := []variant{
		{"busybox", func(l *typed) (string, bool) { return l.each(applet) }},
		{"xargs", func(l *typed) (string, bool) { return l.fed() }},
	}
	for _, words := range []string{
		"sudo -n", "nohup", "env", "env A=b", "env -i PATH=/bin:/usr/bin", "timeout 10", "timeout -s KILL 1m", "nice", "nice -n 5", "ionice -c 3", "setsid", "setsid -w",
		"stdbuf -o0", "stdbuf --output=L", "command", "time", "doas -u root", "chroot /", "unbuffer", "nohup nice -n 19 setsid",
	} {
		all = append(all, variant{words, func(l *typed) (string, bool) { return l.each(behind(words)) }})
	}
	return all
}

func behind(wrapper string) func([]*syntax.Word) []edit {
	return func(words []*syntax.Word) []edit {
		if !external(words[0].Lit()) {
			return nil
		}
		start, _ := bounds(words[0])
		return []edit{{start, start, wrapper + " "}}
	}
}

// applets are those of BusyBox 1.36 that the examples use.
var applets = strings.Fields("adduser arch arp awk base64 bash cat chmod cp crontab cut dd egrep fgrep find ftpget grep head id ifconfig ip last less ln lsof mkfifo mknod more mv nc netstat nl nohup od rm route sed sh shred sort tail tee tftp truncate uname unlink users w wget who whoami xxd")

func applet(words []*syntax.Word) []edit {
	if slices.Contains(applets, words[0].Lit()) {
		start, _ := bounds(words[0])
		return []edit{{start, start, "busybox "}}
	}
	return nil
}

// fed has xargs add the last word of the one command of a line.
func (l *typed) fed() (string, bool) {
	if len(l.commands) != 1 || !l.plain {
		return "", false
	}
	words := l.commands[0]
	last := words[len(words)-1]
	if word := last.Lit(); len(words) < 2 || word == "" || word[0] == '-' || strings.ContainsAny(word, `\~*?[]{}`) || !external(words[0].Lit()) {
		return "", false
	}
	first, _ := bounds(words[0])
	start, end := bounds(last)
	return l.text[:first] + "echo " + last.Lit() + " | xargs " + l.text[first:start] + l.text[end:], true
}
