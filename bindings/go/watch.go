package imgvec

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"runtime/cgo"
	"sync"
)

// Progress is where a job stands. Total is 0 and SecondsLeft negative when not known.
type Progress struct {
	Stage       string
	Done, Total uint64
	Rate        float64
	SecondsLeft float64
	Finished    bool
}

// Problem is one row or file that could not be used; Row counts from 0 and is -1 for none.
type Problem struct {
	Row                  int64
	Column, Path, Reason string
	Status               Status
}

// Watch is what a caller wants to hear of a job. Both functions are called on the goroutine that
// runs the job and may be nil.
type Watch struct {
	Progress func(Progress)
	Problem  func(Problem)
}

//export goProgress
func goProgress(user C.uintptr_t, now *C.imgvec_progress) C.int32_t {
	watch := cgo.Handle(user).Value().(*Watch)
	if watch.Progress != nil {
		watch.Progress(Progress{C.GoString(now.stage), uint64(now.done), uint64(now.total), float64(now.rate),
			float64(now.seconds_left), now.finished != 0})
	}
	return 0
}

//export goProblem
func goProblem(user C.uintptr_t, what *C.imgvec_problem) {
	watch := cgo.Handle(user).Value().(*Watch)
	if watch.Problem != nil {
		watch.Problem(Problem{int64(what.row), C.GoString(what.column), C.GoString(what.path),
			C.GoString(what.reason), Status(what.code)})
	}
}

// watched runs a job that ctx can end. A panic of a callback must not cross C: it is held back
// and goes on here.
func watched(ctx context.Context, watch *Watch, job func(*C.imgvec_watch) C.imgvec_status) C.imgvec_status {
	var token *C.imgvec_cancel
	var record C.imgvec_error
	if status := C.imgvec_cancel_new(&token, &record); status != 0 {
		return status
	}
	defer C.imgvec_cancel_free(token)
	guarded := &Watch{}
	var panicked interface{}
	catch := func() {
		if r := recover(); r != nil {
			panicked = r
			C.imgvec_cancel_request(token)
		}
	}
	if watch != nil && watch.Progress != nil {
		guarded.Progress = func(now Progress) { defer catch(); watch.Progress(now) }
	}
	if watch != nil && watch.Problem != nil {
		guarded.Problem = func(what Problem) { defer catch(); watch.Problem(what) }
	}
	handle := cgo.NewHandle(guarded)
	defer handle.Delete()
	pointer := C.imgvec_go_watch_new(C.uintptr_t(handle), token)
	if pointer == nil {
		return C.IMGVEC_ERR_NO_MEMORY
	}
	defer C.imgvec_go_watch_free(pointer)

	// The goroutine that waits for ctx is gone before the token is freed.
	if ctx != nil && ctx.Done() != nil {
		over := make(chan struct{})
		var waiting sync.WaitGroup
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			select {
			case <-ctx.Done():
				C.imgvec_cancel_request(token)
			case <-over:
			}
		}()
		defer waiting.Wait()
		defer close(over)
	}
	status := job(pointer)
	if panicked != nil {
		panic(panicked)
	}
	return status
}
