package vitals

import (
	"io"
	"log/slog"

	"ttpctl/internal/escape"
)

// NewLogger returns the process's log. What attackers wrote reaches it in
// attributes; the text handler quotes whatever is not printable, and JSON
// encoders escape only the C0 controls, so the rest is spelled out here.
func NewLogger(w io.Writer, level, format string, quiet bool) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil || quiet {
		l = slog.LevelError
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: escapeAttr}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// escapeAttr makes strings and errors safe to look at in a terminal.
func escapeAttr(_ []string, attr slog.Attr) slog.Attr {
	switch v := attr.Value.Any().(type) {
	case string:
		attr.Value = slog.StringValue(escape.Terminal(v))
	case error:
		attr.Value = slog.StringValue(escape.Terminal(v.Error()))
	}
	return attr
}
