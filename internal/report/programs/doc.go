// Package programs shows rows of the program table to people and machines: how a program reads its words, and what it would do with them.
//
// A row becomes a [Program], which is what JSON has; [Write] sets it for people. Nothing here decides anything: all of it is the table's.
//
// Example: the row `wget gnu @fetcher` with its option `-O=save` becomes a Program with the grammar gnu, the class @fetcher and an option that needs a
// value of the role save.
package programs
