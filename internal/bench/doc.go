// Package bench measures how fast rules tag an input, and says where the time goes.
//
// An input is read again and again, each time one stage further: decoded only,
// judged, with tags made, with tags written. What a stage takes is the difference of
// two such runs in CPU time, which a busy machine disturbs least; how fast the whole
// is, is wall time. The runs alternate, and a figure is the median of them, beside it
// half of the distance between the quartiles. Before them one run is profiled, which
// also warms up: matchers and automata are built when a text first asks for them.
//
// [Measure] does that for any input, [Generate] makes one: command lines that the
// rules match and lines that they do not, in a proportion that is asked for, drawn
// from the examples of the rules and from the seed corpora.
//
// Example: of 200,000 events decoding took 0.5 s of CPU time and decoding with
// judging 0.9 s, so that judging took 2 µs an event.
package bench
