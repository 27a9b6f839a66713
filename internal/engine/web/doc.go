// Package web says what a web application would read in a request: its path,
// the names and values of its parameters (query, form, multipart, JSON and
// cookies) and its headers, each as it was sent and as the layers behind it
// would decode it.
//
// An attacker chooses how to write a value and the application how to read it:
// %27, %2527, %u0027, &#39;, \u0027 and a base64 text may all end as the same
// quote. So an Input has forms: the text as sent, then what each decoder makes
// of the form before, where it makes anything else of it.
//
//	GET /a%2fb?q=%2527+or+1
//	path   /a%2fb, /a/b
//	q      %2527+or+1, %27 or 1, ' or 1
//
// A View is bounded whatever the request holds (the constants below); what was
// left out is counted. Nothing here judges.
package web

// Bounds of a View.
const (
	maxInputs = 1024     // inputs of a request
	maxText   = 64 << 10 // bytes of one input, as sent
	maxTotal  = 1 << 20  // bytes of all inputs, as sent
	maxForms  = 8        // forms of an input
)
