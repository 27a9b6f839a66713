// Package sorting is for lists that are sorted now and then. Package slices makes its
// sorting anew for each type, some 15 kB of code a type; here one on places serves
// all, which then take their elements along. What is sorted for each event belongs to
// package slices. For example:
//
//	sorting.By(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
package sorting

import (
	"iter"
	"slices"
)

// By sorts list by compare, and leaves equal elements in their order.
func By[S ~[]E, E any](list S, compare func(a, b E) int) {
	old := slices.Clone(list)
	for to, from := range places(len(old), func(a, b int) int { return compare(old[a], old[b]) }) {
		list[to] = old[from]
	}
}

// Values returns what values yields, sorted by compare: equal ones in their order.
func Values[E any](values iter.Seq[E], compare func(a, b E) int) []E {
	list := slices.Collect(values)
	By(list, compare)
	return list
}

// places returns the numbers below n, sorted.
func places(n int, compare func(a, b int) int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, compare)
	return all
}
