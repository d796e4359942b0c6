package imgvec

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"fmt"
)

// Status says what to do about a failure. It is an error itself, so that
// errors.Is(err, imgvec.NotFound) works on what this package returns.
type Status int32

// The statuses of the library.
const (
	InvalidArgument Status = C.IMGVEC_ERR_INVALID_ARGUMENT
	NoMemory        Status = C.IMGVEC_ERR_NO_MEMORY
	IO              Status = C.IMGVEC_ERR_IO
	NotFound        Status = C.IMGVEC_ERR_NOT_FOUND
	Format          Status = C.IMGVEC_ERR_FORMAT
	Limit           Status = C.IMGVEC_ERR_LIMIT
	Unsupported     Status = C.IMGVEC_ERR_UNSUPPORTED
	Data            Status = C.IMGVEC_ERR_DATA
	Cancelled       Status = C.IMGVEC_ERR_CANCELLED
	Engine          Status = C.IMGVEC_ERR_ENGINE
	Internal        Status = C.IMGVEC_ERR_INTERNAL
)

// Error is the status's name, such as "NOT_FOUND".
func (s Status) Error() string {
	return C.GoString(C.imgvec_status_name(C.imgvec_status(s)))
}

// Error is what a failed call returns.
type Error struct {
	Status Status
	Origin int32  // who noticed: 0 the library, 1 the system, 2 a decoder, 3 torch, 4 XGBoost
	Detail int64  // errno, a row or a byte position where one is known
	Text   string // one line that names the culprit and the remedy
}

func (e *Error) Error() string { return "imgvec: " + e.Text }

// Unwrap makes errors.Is(err, imgvec.NotFound) work.
func (e *Error) Unwrap() error { return e.Status }

// failure makes an error of a status and its record; nil for success. Where ctx ended the job,
// its own error is wrapped.
func failure(ctx context.Context, status C.imgvec_status, record *C.imgvec_error) error {
	if status == 0 {
		return nil
	}
	if Status(status) == Cancelled && ctx != nil && ctx.Err() != nil {
		return fmt.Errorf("imgvec: %w", ctx.Err())
	}
	return &Error{Status(status), int32(record.origin), int64(record.detail), C.GoString(&record.text[0])}
}

// Version is the release of the library that is running.
func Version() string { return C.GoString(C.imgvec_version_string()) }
