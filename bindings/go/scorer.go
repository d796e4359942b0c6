package imgvec

/*
#include "bridge.h"
*/
import "C"

import (
	"image"
	"unsafe"
)

// Scorer takes one row at a time through a model, as a server does: set its cells, then Run. Nothing
// is made anew for a row. One goroutine at a time uses a scorer; all of them may share one model,
// which is best opened with option "threads" 1 then.
type Scorer struct {
	h     *handle
	width int
}

// NewScorer makes a row of the model's columns. options: limits of images and what the network may do.
func (m *Model) NewScorer(options Options) (*Scorer, error) {
	opts, err := bag(options, C.IMGVEC_JOB_OPEN)
	if err != nil {
		return nil, err
	}
	defer C.imgvec_options_free(opts)
	pointer, done := m.h.use()
	defer done()
	model := (*C.imgvec_model)(pointer)
	var scorer *C.imgvec_scorer
	var record C.imgvec_error
	if status := C.imgvec_scorer_new(model, opts, &scorer, &record); status != 0 {
		return nil, failure(nil, status, &record)
	}
	return &Scorer{own(unsafe.Pointer(scorer), func(p unsafe.Pointer) {
		C.imgvec_scorer_free((*C.imgvec_scorer)(p))
	}), int(C.imgvec_model_outputs(model))}, nil
}

// Close frees the scorer.
func (s *Scorer) Close() { s.h.close() }

// call runs a function on the scorer's pointer and a column's name.
func (s *Scorer) call(column string, f func(*C.imgvec_scorer, *C.char, *C.imgvec_error) C.imgvec_status) error {
	pointer, done := s.h.use()
	defer done()
	name, free := text(column)
	defer free()
	var record C.imgvec_error
	return failure(nil, f((*C.imgvec_scorer)(pointer), name, &record), &record)
}

// SetNumber sets a cell to a number; NaN is a missing value.
func (s *Scorer) SetNumber(column string, value float64) error {
	return s.call(column, func(p *C.imgvec_scorer, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_scorer_set_number(p, c, C.double(value), e)
	})
}

// SetText sets a cell to a text, or to the path or URL of an image.
func (s *Scorer) SetText(column, value string) error {
	cell, free := text(value)
	defer free()
	return s.call(column, func(p *C.imgvec_scorer, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_scorer_set_text(p, c, cell, e)
	})
}

// SetBytes sets a cell to an encoded image, such as the bytes of a JPEG file.
func (s *Scorer) SetBytes(column string, data []byte) error {
	first := address(data)
	return s.call(column, func(p *C.imgvec_scorer, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_scorer_set_bytes(p, c, first, C.size_t(len(data)), e)
	})
}

// SetImage sets a cell to the pixels of an image. Alpha is dropped.
func (s *Scorer) SetImage(column string, picture image.Image) error {
	bounds := picture.Bounds()
	pixels, stride, format := layout(picture)
	if len(pixels) == 0 {
		missing := s.call(column, func(p *C.imgvec_scorer, c *C.char, e *C.imgvec_error) C.imgvec_status {
			return C.imgvec_scorer_set_text(p, c, nil, e)
		})
		if missing != nil {
			return missing
		}
		return errNoPixels
	}
	return s.call(column, func(p *C.imgvec_scorer, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_scorer_set_pixels(p, c, unsafe.Pointer(&pixels[0]), C.int32_t(bounds.Dx()),
			C.int32_t(bounds.Dy()), C.size_t(stride), format, e)
	})
}

// Run scores the row. Cells that were not set are missing values; afterwards none is set.
func (s *Scorer) Run() (*Scores, error) {
	pointer, done := s.h.use()
	defer done()
	scores := &Scores{1, s.width, make([]float32, s.width), make([]Status, 1)}
	status := make([]int32, 1)
	var record C.imgvec_error
	result := C.imgvec_scorer_run((*C.imgvec_scorer)(pointer), nil, floats(scores.Values), C.size_t(s.width),
		statuses(status), &record)
	if result != 0 {
		return nil, failure(nil, result, &record)
	}
	scores.Status[0] = Status(status[0])
	return scores, nil
}
