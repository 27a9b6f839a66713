//go:build race || poison

package lines

// poison has the text of a block overwritten when it is given back, so that whatever
// outlives it and was not copied is seen to change: under the race detector, and in
// builds with -tags poison.
const poison = true
