package main

/*
#cgo pkg-config: libhs
#include <hs.h>
#include <stdlib.h>
#include <time.h>

static int count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *matches) {
	++*(long long *)matches;
	return 0;
}

// scan_all scans the texts one after another without leaving C, as the library would
// be used at its best. It returns the error of the library.
static hs_error_t scan_all(const hs_database_t *db, hs_scratch_t *scratch, const char *text, const unsigned *ends, int n, long long *matches, long long *ns) {
	struct timespec a, b;
	unsigned at = 0;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < n; i++) {
		hs_error_t e = hs_scan(db, text + at, ends[i] - at, 0, scratch, count, matches);
		if (e != HS_SUCCESS) return e;
		at = ends[i];
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	*ns = (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec;
	return HS_SUCCESS;
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"
)

// A database is the compiled patterns.
type database struct {
	db      *C.hs_database_t
	scratch *C.hs_scratch_t
}

func compile(patterns []string) (*database, error) {
	n := len(patterns)
	expressions := C.malloc(C.size_t(n) * C.size_t(unsafe.Sizeof((*C.char)(nil))))
	defer C.free(expressions)
	list := unsafe.Slice((**C.char)(expressions), n)
	flags, ids := make([]C.uint, n), make([]C.uint, n)
	for i, p := range patterns {
		list[i] = C.CString(p)
		defer C.free(unsafe.Pointer(list[i]))
		flags[i], ids[i] = C.HS_FLAG_SINGLEMATCH, C.uint(i)
	}
	d := &database{}
	var failed *C.hs_compile_error_t
	if C.hs_compile_multi((**C.char)(expressions), &flags[0], &ids[0], C.uint(n), C.HS_MODE_BLOCK, nil, &d.db, &failed) != C.HS_SUCCESS {
		defer C.hs_free_compile_error(failed)
		message := C.GoString(failed.message)
		if i := int(failed.expression); i >= 0 {
			return nil, fmt.Errorf("pattern %d, %s: %s", i+1, patterns[i], message)
		}
		return nil, fmt.Errorf("%s", message)
	}
	if e := C.hs_alloc_scratch(d.db, &d.scratch); e != C.HS_SUCCESS {
		return nil, fmt.Errorf("hs_alloc_scratch: error %d", int(e))
	}
	return d, nil
}

func (d *database) close() {
	C.hs_free_scratch(d.scratch)
	C.hs_free_database(d.db)
}

// A corpus is texts in the memory of C.
type corpus struct {
	text unsafe.Pointer
	ends []C.uint // of each text, in bytes from the beginning of all
	size int
}

func newCorpus(texts []string) *corpus {
	c := &corpus{}
	for _, t := range texts {
		c.size += len(t)
		c.ends = append(c.ends, C.uint(c.size))
	}
	c.text = C.CBytes([]byte(strings.Join(texts, "")))
	return c
}

func (c *corpus) close() { C.free(c.text) }

// scan returns how many patterns matched, over all texts, and the CPU time in ns.
func (d *database) scan(c *corpus) (matches int, ns int64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var m, t C.longlong
	if e := C.scan_all(d.db, d.scratch, (*C.char)(c.text), &c.ends[0], C.int(len(c.ends)), &m, &t); e != C.HS_SUCCESS {
		return 0, 0, fmt.Errorf("hs_scan: error %d", int(e))
	}
	return int(m), int64(t), nil
}
