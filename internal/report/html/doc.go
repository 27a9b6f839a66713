// Package html writes a dossier as a page: one file that asks nothing of any
// network, for a screen, a phone and paper.
//
// Attackers write most of its text. Three things keep it text: html/template
// chooses the escaper of each place ([escaped] says how), the script puts what it shows into the page by textContent
// alone, and a Content-Security-Policy allows one style sheet and one script, by
// their hashes, and nothing else. Before all of that [escape.Terminal] spells out
// what a reader could not see.
//
// Invariants:
//   - The same [Page] gives the same bytes.
//   - No page is larger than [MaxPage]: where the usual bounds of its lists do not
//     do, they are halved until it fits.
//   - Without a script all but the sessions beyond the first can be read.
//
// For example:
//
//	p := html.Page{Dossier: builder.Dossier(), Scores: scores, Meta: meta}
//	err := p.Write(os.Stdout)
package html
