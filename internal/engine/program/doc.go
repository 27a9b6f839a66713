// Package program says what a command line would do: it reads the words of each simple command that the shell view found as the program of
// that name reads them, and tells the effects that the command would have if it succeeded.
//
//	line -> simple commands (package shell) -> invocation (program, subcommand, options, operands) -> effects
//
// A program table tells how programs read their words. It is data, one row a program in table/*.txt; what no row can say (where a fetch leaves
// its file, what tar's mode makes of its operands) is an effect function, one idea each, that many rows name. Paths are resolved lexically
// against the line's own `cd` and the event's pwd; hosts and ports are brought to one spelling. Nothing is run, opened or resolved.
//
// Invariant, fuzzed: a line and the same line with its words quoted otherwise have the same effects.
//
// Example: `cd /tmp && wget http://192.0.2.1/x.sh` has the commands cd and wget, and wget the effects fetches http://192.0.2.1/x.sh to
// /tmp/x.sh, writes /tmp/x.sh (create), connects 192.0.2.1:80.
//
// # The table
//
// A file of table/ holds rows of one family, in any order. A line that begins in the first column begins a row; indented lines belong to it; `#`
// at the beginning of a line is a comment. Everything is words parted by blanks:
//
//	wget wget2  gnu @fetcher  # GNU Wget 1.21.3, wget(1)
//	  -O,--output-document=save -P,--directory-prefix=dir -o,--output-file=write
//	  -q,--quiet -c,--continue --spider
//	  operands url...
//	  effect fetch
//
// The head: the name that rules use, its aliases (other names of the same program, which are reported by the first name), the grammar, classes that rules
// may name (@fetcher), `versioned` when the name may carry a version (python3.11, gcc-12),
// `partial` when it has more options than the row tells, and behind `#` the source of the facts, with a version.
//
// Grammars: gnu (bundles, long options with = or the next word, unambiguous abbreviations, options after operands), posix (gnu, but options end at
// the first operand), longdash (-name value, --name too: openssl, java), keyvalue (if=x: dd), dashless (the first word is a bundle even without its
// dash: tar xzf, ps aux), find (paths, then an expression).
//
// An option is its names, joined by commas, and its value: none (`-q`), one that it must have (`-O=save`, attached or the next word), one that it may
// have (`--color[=text]`, only attached). What follows `=` is the value's role. Names
// without a dash, as keyvalue programs have them, stand behind `keys`: `keys if=read of=write`.
//
// `operands` lists the roles of the operands in order; the one with `...` takes any number, those after it are the last operands: `operands read... write`,
// `operands mode path...`. `operands -e pattern read...` is another list, in force when an option -e was given; the first that fits counts. Operands
// beyond the list have the role text.
//
// A role says what a word is, and roles of files have an effect by themselves: see Role. `effect NAME...` names effect functions (effectOf lists them).
//
// `sub NAME` begins a subcommand, with aliases after commas (`sub install,add`); deeper ones are written out: `sub compute instances create`. Lines
// after it belong to it; `sub start|stop` are two that take the same words. It has the options of what is around it too.
//
// `like NAME` takes over another row's options, operands, subcommands and effects; lines of this row come before them.
//
// Rows are compiled when a line first names them; Check compiles all, and a test runs it.
package program
