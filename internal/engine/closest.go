package engine

// Closest returns the name among known that name was probably meant to be, or
// "": what "did you mean" is made of.
func Closest(name string, known []string) string { return closest(name, known) }
