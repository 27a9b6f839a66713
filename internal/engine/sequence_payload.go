package engine

import (
	"strings"

	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// The fields by which a payload is told to be the file, or of the host, that a
// command names.
var (
	payloadFilename = event.MustField(event.KindPayload, "filename")
	payloadURL      = event.MustField(event.KindPayload, "url")
	payloadShasum   = event.MustField(event.KindPayload, "shasum")
	payloadSize     = event.MustField(event.KindPayload, "size")
	payloadFields   = [...]event.FieldID{payloadFilename, payloadURL, payloadShasum, payloadSize}
)

// sumMark begins the value of a file that is known by its content.
const sumMark = pipeMark + "sum"

// payloadBounds returns what a payload event has of what steps share: of a
// file its name, what a fetch of its URL would be saved as, and its content,
// which other payloads may have; of a host that of its URL.
func payloadBounds(ev *event.Event, same binding) []bound {
	url, hasURL := ev.Text(payloadURL)
	remote := hasURL && strings.Contains(url, "://")
	if same == sameHost {
		if host := program.URLHost(url); remote && host != "" {
			return []bound{{value: host}}
		}
		return nil
	}
	if same != sameFile {
		return nil
	}
	var all []bound
	name, ok := ev.Text(payloadFilename)
	switch {
	case ok && name != "":
		all = append(all, bound{value: program.Path(name)})
	case remote:
		all = append(all, bound{value: program.Path(program.URLFile(url))})
	}
	size, sized := ev.Num(payloadSize)
	if sum, ok := ev.Text(payloadShasum); ok && sum != "" && !(sized && size == 0) {
		all = append(all, bound{value: sumMark + strings.ToLower(sum)})
	}
	return all
}
