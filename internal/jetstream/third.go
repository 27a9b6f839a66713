package jetstream

import (
	"strings"

	"ttpctl/internal/bus"
)

// thirdLine appends the event that a third party's message tells of.
func (c *Conn) thirdLine(dst []byte, subject string, data []byte) ([]byte, error) {
	if p := c.address.Prefix; p != "" {
		subject = strings.TrimPrefix(subject, p+".")
	}
	line, err := bus.Event(subject, data)
	if err != nil {
		return dst, err
	}
	return append(dst, line...), nil
}
