// Package imgvec turns images, alone or mixed with other columns, into trained models and
// embeddings. It is a thin layer on the installed libimgvec, found by pkg-config.
//
// Every handle has Close, which may be called twice, and a finalizer for those that were
// forgotten. Models and vectorizers may be used by many goroutines at once; a dataset is filled by
// one goroutine and then read by many.
package imgvec

/*
#cgo pkg-config: imgvec
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"sort"
	"sync"
	"unsafe"
)

// Options are option values by name, as docs/options.md lists them: numbers, texts, booleans.
// XGBoost's own go by "xgb.max_depth".
type Options map[string]interface{}

// handle owns something of the library: users share it, Close waits for them.
type handle struct {
	mutex   sync.RWMutex
	pointer unsafe.Pointer
	free    func(unsafe.Pointer)
}

func own(pointer unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	h := &handle{pointer: pointer, free: free}
	runtime.SetFinalizer(h, (*handle).close)
	return h
}

func (h *handle) close() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.pointer != nil {
		h.free(h.pointer)
		h.pointer = nil
	}
	runtime.SetFinalizer(h, nil)
}

// use lends the pointer until done is called; NULL after Close, which the library refuses.
func (h *handle) use() (pointer unsafe.Pointer, done func()) {
	if h == nil {
		return nil, func() {}
	}
	h.mutex.RLock()
	return h.pointer, h.mutex.RUnlock
}

// text is a C string and the function that frees it.
func text(value string) (*C.char, func()) {
	c := C.CString(value)
	return c, func() { C.free(unsafe.Pointer(c)) }
}

var shared struct {
	once   sync.Once
	ctx    *C.imgvec_context
	failed error
}

// libraryContext is the process's one context.
func libraryContext() (*C.imgvec_context, error) {
	shared.once.Do(func() {
		var record C.imgvec_error
		shared.failed = failure(nil, C.imgvec_context_new(&shared.ctx, &record), &record)
	})
	return shared.ctx, shared.failed
}

// optionValue is a value as the library reads it.
func optionValue(value interface{}) string {
	if truth, is := value.(bool); is {
		if truth {
			return "1"
		}
		return "0"
	}
	return fmt.Sprint(value)
}

// bag makes the library's options of ours, for some jobs. The caller frees it.
func bag(options Options, jobs C.int32_t) (*C.imgvec_options, error) {
	ctx, err := libraryContext()
	if err != nil {
		return nil, err
	}
	var opts *C.imgvec_options
	var record C.imgvec_error
	if status := C.imgvec_options_new(ctx, jobs, &opts, &record); status != 0 {
		return nil, failure(nil, status, &record)
	}
	names := make([]string, 0, len(options))
	for name := range options {
		names = append(names, name)
	}
	sort.Strings(names) // so that of several wrong ones the same is named each time
	for _, name := range names {
		key, freeKey := text(name)
		value, freeValue := text(optionValue(options[name]))
		status := C.imgvec_options_set_named(opts, key, value, &record)
		freeKey()
		freeValue()
		if status != 0 {
			C.imgvec_options_free(opts)
			return nil, failure(nil, status, &record)
		}
	}
	return opts, nil
}

func floats(values []float32) *C.float {
	if len(values) == 0 {
		return nil
	}
	return (*C.float)(unsafe.Pointer(&values[0]))
}

func statuses(values []int32) *C.int32_t {
	if len(values) == 0 {
		return nil
	}
	return (*C.int32_t)(unsafe.Pointer(&values[0]))
}
