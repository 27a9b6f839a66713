package program

import "ttpctl/internal/engine/shell"

// Path returns the path that telemetry has of a file as effects spell it.
func Path(name string) string { return new(Analyzer).path(name, shell.Quoted, unknownDir) }

// URLHost returns the host of a URL as effects spell it.
func URLHost(url string) string { return urlPlace(url).host }

// URLFile returns the name under which what a URL has is saved.
func URLFile(url string) string { return lastComponent(urlPlace(url).path) }

func urlPlace(url string) place {
	x := call{a: &Analyzer{t: &Table{}}}
	return x.url(url, shell.Quoted, "http")
}
