package imgvec

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"unsafe"
)

// Scores are one row of values for each row of the data: class probabilities, a predicted number,
// or an embedding. A row that cannot be scored holds NaN, and its status says why.
type Scores struct {
	Rows, Width int
	Values      []float32 // row by row
	Status      []Status  // one for each row, 0 or why it could not be scored
}

// Row is the values of one row.
func (s *Scores) Row(row int) []float32 { return s.Values[row*s.Width : (row+1)*s.Width] }

// Model is trained once, saved as one file, and scored anywhere, by many goroutines at once.
type Model struct{ h *handle }

func newModel(pointer *C.imgvec_model) *Model {
	return &Model{own(unsafe.Pointer(pointer), func(p unsafe.Pointer) { C.imgvec_model_free((*C.imgvec_model)(p)) })}
}

// Train runs the whole experiment. ctx ends it; watch may be nil.
func Train(ctx context.Context, data *Dataset, options Options, watch *Watch) (*Model, error) {
	library, err := libraryContext()
	if err != nil {
		return nil, err
	}
	opts, err := bag(options, C.IMGVEC_JOB_TRAIN)
	if err != nil {
		return nil, err
	}
	defer C.imgvec_options_free(opts)
	rows, done := data.h.use()
	defer done()
	var pointer *C.imgvec_model
	var record C.imgvec_error
	status := watched(ctx, watch, func(w *C.imgvec_watch) C.imgvec_status {
		return C.imgvec_model_train(library, (*C.imgvec_dataset)(rows), opts, w, &pointer, &record)
	})
	if status != 0 {
		return nil, failure(ctx, status, &record)
	}
	return newModel(pointer), nil
}

// OpenModel opens a saved model; nothing but the file is needed.
func OpenModel(path string, options Options) (*Model, error) {
	library, err := libraryContext()
	if err != nil {
		return nil, err
	}
	opts, err := bag(options, C.IMGVEC_JOB_PREDICT)
	if err != nil {
		return nil, err
	}
	defer C.imgvec_options_free(opts)
	name, free := text(path)
	defer free()
	var pointer *C.imgvec_model
	var record C.imgvec_error
	if status := C.imgvec_model_open(library, name, opts, &pointer, &record); status != 0 {
		return nil, failure(nil, status, &record)
	}
	return newModel(pointer), nil
}

// Close frees the model once nobody is scoring with it.
func (m *Model) Close() { m.h.close() }

// Save writes the model to one file, atomically.
func (m *Model) Save(path string) error {
	pointer, done := m.h.use()
	defer done()
	name, free := text(path)
	defer free()
	var record C.imgvec_error
	return failure(nil, C.imgvec_model_save((*C.imgvec_model)(pointer), name, &record), &record)
}

// Info is what the model is, as JSON (docs/json.md, "model").
func (m *Model) Info() string {
	pointer, done := m.h.use()
	defer done()
	return C.GoString(C.imgvec_model_info((*C.imgvec_model)(pointer)))
}

// Outputs are the names of what is predicted for each row: the classes, or "prediction".
func (m *Model) Outputs() []string {
	pointer, done := m.h.use()
	defer done()
	model := (*C.imgvec_model)(pointer)
	names := make([]string, int(C.imgvec_model_outputs(model)))
	for i := range names {
		names[i] = C.GoString(C.imgvec_model_output_name(model, C.int32_t(i)))
	}
	return names
}

// Predict scores every row of the data. ctx ends it; watch may be nil.
func (m *Model) Predict(ctx context.Context, data *Dataset, watch *Watch) (*Scores, error) {
	pointer, done := m.h.use()
	defer done()
	model := (*C.imgvec_model)(pointer)
	return run(ctx, data, watch, int(C.imgvec_model_outputs(model)),
		func(rows *C.imgvec_dataset, w *C.imgvec_watch, s *Scores, status []int32, e *C.imgvec_error) C.imgvec_status {
			return C.imgvec_model_predict(model, rows, w, floats(s.Values), C.size_t(len(s.Values)), nil,
				statuses(status), e)
		})
}

type runner func(*C.imgvec_dataset, *C.imgvec_watch, *Scores, []int32, *C.imgvec_error) C.imgvec_status

// run gives a model or vectorizer room for its values.
func run(ctx context.Context, data *Dataset, watch *Watch, width int, f runner) (*Scores, error) {
	rows, done := data.h.use()
	defer done()
	ds := (*C.imgvec_dataset)(rows)
	count := int(C.imgvec_dataset_rows(ds))
	scores := &Scores{count, width, make([]float32, count*width), make([]Status, count)}
	status := make([]int32, count)
	var record C.imgvec_error
	result := watched(ctx, watch, func(w *C.imgvec_watch) C.imgvec_status { return f(ds, w, scores, status, &record) })
	if result != 0 {
		return nil, failure(ctx, result, &record)
	}
	for i, s := range status {
		scores.Status[i] = Status(s)
	}
	return scores, nil
}

// Vectorizer turns images into embeddings, for many goroutines at once.
type Vectorizer struct{ h *handle }

func newVectorizer(pointer *C.imgvec_vectorizer) *Vectorizer {
	return &Vectorizer{own(unsafe.Pointer(pointer), func(p unsafe.Pointer) {
		C.imgvec_vectorizer_free((*C.imgvec_vectorizer)(p))
	})}
}

// FitVectorizer loads the backbones and, unless option dim is "all", fits the projection.
func FitVectorizer(ctx context.Context, data *Dataset, options Options, watch *Watch) (*Vectorizer, error) {
	library, err := libraryContext()
	if err != nil {
		return nil, err
	}
	opts, err := bag(options, C.IMGVEC_JOB_EMBED)
	if err != nil {
		return nil, err
	}
	defer C.imgvec_options_free(opts)
	rows, done := data.h.use()
	defer done()
	var pointer *C.imgvec_vectorizer
	var record C.imgvec_error
	status := watched(ctx, watch, func(w *C.imgvec_watch) C.imgvec_status {
		return C.imgvec_vectorizer_fit(library, (*C.imgvec_dataset)(rows), opts, w, &pointer, &record)
	})
	if status != 0 {
		return nil, failure(ctx, status, &record)
	}
	return newVectorizer(pointer), nil
}

// OpenVectorizer opens a saved vectorizer.
func OpenVectorizer(path string, options Options) (*Vectorizer, error) {
	library, err := libraryContext()
	if err != nil {
		return nil, err
	}
	opts, err := bag(options, C.IMGVEC_JOB_PREDICT)
	if err != nil {
		return nil, err
	}
	defer C.imgvec_options_free(opts)
	name, free := text(path)
	defer free()
	var pointer *C.imgvec_vectorizer
	var record C.imgvec_error
	if status := C.imgvec_vectorizer_open(library, name, opts, &pointer, &record); status != 0 {
		return nil, failure(nil, status, &record)
	}
	return newVectorizer(pointer), nil
}

// Close frees the vectorizer once nobody is running it.
func (v *Vectorizer) Close() { v.h.close() }

// Save writes the vectorizer to one file, atomically.
func (v *Vectorizer) Save(path string) error {
	pointer, done := v.h.use()
	defer done()
	name, free := text(path)
	defer free()
	var record C.imgvec_error
	return failure(nil, C.imgvec_vectorizer_save((*C.imgvec_vectorizer)(pointer), name, &record), &record)
}

// Run embeds every row of the data. ctx ends it; watch may be nil.
func (v *Vectorizer) Run(ctx context.Context, data *Dataset, watch *Watch) (*Scores, error) {
	pointer, done := v.h.use()
	defer done()
	vectorizer := (*C.imgvec_vectorizer)(pointer)
	return run(ctx, data, watch, int(C.imgvec_vectorizer_width(vectorizer)),
		func(rows *C.imgvec_dataset, w *C.imgvec_watch, s *Scores, status []int32, e *C.imgvec_error) C.imgvec_status {
			return C.imgvec_vectorizer_run(vectorizer, rows, w, floats(s.Values), C.size_t(len(s.Values)), nil,
				statuses(status), e)
		})
}
