package ingest

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Heralding's log_auth.csv has the columns timestamp, auth_id, session_id,
// source_ip, source_port, destination_ip (not in older versions),
// destination_port, protocol, username, password and, in newer ones,
// password_hash, after which more may come.
// https://github.com/johnnykv/heralding

var (
	errHeraldingHeader = errors.New("header of the CSV")
	errHeraldingRow    = errors.New("neither a JSON object nor a row of Heralding's CSV")
	errOpenQuote       = errors.New("a quote of the CSV is not closed: a value with a line break is not read")
)

// maxHeraldingCells bounds the columns of a row that are looked at.
const maxHeraldingCells = 16

// row reads a row of the CSV.
func (d *heraldingDecoder) row(rec *heraldingRecord, text string) (err error) {
	if strings.HasPrefix(text, "timestamp,") {
		return errHeraldingHeader
	}
	if d.cells, err = splitCSV(d.cells[:0], strings.ToValidUTF8(text, "\uFFFD")); err != nil {
		return err
	}
	c := d.cells
	if len(c) < 9 {
		return errHeraldingRow
	}
	if !isPort(c[6]) || c[5] != "" && !isAddress(c[5]) { // without destination_ip
		c = append(c[:5:5], append([]string{""}, c[5:]...)...)
	}
	if len(c) < 10 || !isPort(c[6]) || !isAddress(c[3]) {
		return errHeraldingRow
	}
	rec.ts, rec.session, rec.srcIP, rec.service = c[0], c[2], c[3], c[7]
	rec.username, rec.password.Value, rec.hasAttempt = c[8], c[9], true
	// A protocol that sends no password in clear has a hash in its place.
	rec.password.Valid = c[9] != "" || len(c) < 11 || c[10] == ""
	return nil
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// splitCSV appends the cells of a row to dst, the first maxHeraldingCells of them.
func splitCSV(dst []string, row string) ([]string, error) {
	for len(dst) < maxHeraldingCells {
		if !strings.HasPrefix(row, `"`) {
			cell, rest, more := strings.Cut(row, ",")
			if dst = append(dst, cell); !more {
				break
			}
			row = rest
			continue
		}
		cell, rest, ok := quotedCell(row)
		if !ok {
			return dst, errOpenQuote
		}
		if dst = append(dst, cell); !strings.HasPrefix(rest, ",") {
			break
		}
		row = rest[1:]
	}
	return dst, nil
}

// quotedCell reads the cell in quotes at the front of row; a quote inside is
// written twice.
func quotedCell(row string) (cell, rest string, ok bool) {
	for i := 1; i < len(row); i++ {
		switch {
		case row[i] != '"':
		case i+1 < len(row) && row[i+1] == '"':
			i++
		default:
			return strings.ReplaceAll(row[1:i], `""`, `"`), row[i+1:], true
		}
	}
	return "", "", false
}
