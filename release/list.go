package main

import (
	"fmt"
	"os"

	"github.com/sassoftware/go-rpmutils"
)

// list prints what a package for Red Hat holds, where there is no rpm to ask.
func list(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := rpmutils.ReadRpm(f)
	if err != nil {
		return err
	}
	entries, err := p.Header.GetFiles()
	for _, e := range entries {
		fmt.Printf("%06o %10d %s %s\n", e.Mode(), e.Size(), e.UserName(), e.Name())
	}
	return err
}
