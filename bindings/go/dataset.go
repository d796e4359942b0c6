package imgvec

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"image"
	"image/color"
	"io"
	"unsafe"
)

// ColumnType is the type of a dataset's column.
type ColumnType int32

// Column types.
const (
	Numeric     ColumnType = C.IMGVEC_COLUMN_NUMERIC
	Categorical ColumnType = C.IMGVEC_COLUMN_CATEGORICAL
	Image       ColumnType = C.IMGVEC_COLUMN_IMAGE
	Text        ColumnType = C.IMGVEC_COLUMN_TEXT
	Boolean     ColumnType = C.IMGVEC_COLUMN_BOOLEAN
	Date        ColumnType = C.IMGVEC_COLUMN_DATE
)

// Dataset is rows of typed columns.
type Dataset struct{ h *handle }

func newDataset(pointer *C.imgvec_dataset) *Dataset {
	return &Dataset{own(unsafe.Pointer(pointer), func(p unsafe.Pointer) {
		C.imgvec_dataset_free((*C.imgvec_dataset)(p))
	})}
}

// OpenDataset opens a zip archive, a folder, a CSV file or a URL. ctx ends the work; watch may be
// nil.
func OpenDataset(ctx context.Context, path string, options Options, watch *Watch) (*Dataset, error) {
	library, err := libraryContext()
	if err != nil {
		return nil, err
	}
	opts, err := bag(options, C.IMGVEC_JOB_OPEN)
	if err != nil {
		return nil, err
	}
	defer C.imgvec_options_free(opts)
	name, free := text(path)
	defer free()
	var pointer *C.imgvec_dataset
	var record C.imgvec_error
	status := watched(ctx, watch, func(w *C.imgvec_watch) C.imgvec_status {
		return C.imgvec_dataset_open(library, name, opts, w, &pointer, &record)
	})
	if status != 0 {
		return nil, failure(ctx, status, &record)
	}
	return newDataset(pointer), nil
}

// NewDataset makes an empty dataset to be filled column by column.
func NewDataset() (*Dataset, error) {
	library, err := libraryContext()
	if err != nil {
		return nil, err
	}
	var pointer *C.imgvec_dataset
	var record C.imgvec_error
	if status := C.imgvec_dataset_new(library, &pointer, &record); status != 0 {
		return nil, failure(nil, status, &record)
	}
	return newDataset(pointer), nil
}

// Close frees the dataset; models do not need what they were trained on.
func (d *Dataset) Close() { d.h.close() }

// call runs a function on the dataset's pointer and a column's name.
func (d *Dataset) call(column string, f func(*C.imgvec_dataset, *C.char, *C.imgvec_error) C.imgvec_status) error {
	pointer, done := d.h.use()
	defer done()
	name, free := text(column)
	defer free()
	var record C.imgvec_error
	return failure(nil, f((*C.imgvec_dataset)(pointer), name, &record), &record)
}

// AddColumn adds an empty column.
func (d *Dataset) AddColumn(name string, kind ColumnType) error {
	return d.call(name, func(p *C.imgvec_dataset, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_dataset_add_column(p, c, C.int32_t(kind), e)
	})
}

// AppendNumber appends a number; NaN is a missing value.
func (d *Dataset) AppendNumber(column string, value float64) error {
	return d.call(column, func(p *C.imgvec_dataset, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_dataset_append_number(p, c, C.double(value), e)
	})
}

// AppendText appends a text, or the path or URL of an image.
func (d *Dataset) AppendText(column, value string) error {
	cell, free := text(value)
	defer free()
	return d.call(column, func(p *C.imgvec_dataset, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_dataset_append_text(p, c, cell, e)
	})
}

// AppendMissing appends a missing value.
func (d *Dataset) AppendMissing(column string) error {
	return d.call(column, func(p *C.imgvec_dataset, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_dataset_append_text(p, c, nil, e)
	})
}

// AppendBytes appends an encoded image, such as the bytes of a JPEG file.
func (d *Dataset) AppendBytes(column string, data []byte) error {
	first := address(data)
	return d.call(column, func(p *C.imgvec_dataset, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_dataset_append_bytes(p, c, first, C.size_t(len(data)), e)
	})
}

// AppendReader appends an encoded image that it reads to the end.
func (d *Dataset) AppendReader(column string, from io.Reader) error {
	data, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	return d.AppendBytes(column, data)
}

// AppendImage appends the pixels of an image. Alpha is dropped.
func (d *Dataset) AppendImage(column string, picture image.Image) error {
	bounds := picture.Bounds()
	pixels, stride, format := layout(picture)
	if len(pixels) == 0 {
		return errNoPixels
	}
	return d.call(column, func(p *C.imgvec_dataset, c *C.char, e *C.imgvec_error) C.imgvec_status {
		return C.imgvec_dataset_append_pixels(p, c, unsafe.Pointer(&pixels[0]), C.int32_t(bounds.Dx()),
			C.int32_t(bounds.Dy()), C.size_t(stride), format, e)
	})
}

var errNoPixels = &Error{Status: InvalidArgument, Text: "an image without pixels"}

// address is where bytes lie, nil where there are none.
func address(data []byte) unsafe.Pointer {
	if len(data) == 0 {
		return nil
	}
	return unsafe.Pointer(&data[0])
}

// layout is an image's pixels as they are where the library can read them, else copied. Alpha
// that is multiplied into the colours is taken out of them.
func layout(picture image.Image) (pixels []uint8, stride int, format C.int32_t) {
	switch as := picture.(type) {
	case *image.NRGBA:
		if len(as.Pix) > 0 {
			return as.Pix[as.PixOffset(as.Rect.Min.X, as.Rect.Min.Y):], as.Stride, C.IMGVEC_PIXELS_RGBA
		}
	case *image.Gray:
		if len(as.Pix) > 0 {
			return as.Pix[as.PixOffset(as.Rect.Min.X, as.Rect.Min.Y):], as.Stride, C.IMGVEC_PIXELS_GRAY
		}
	}
	bounds := picture.Bounds()
	pixels = make([]uint8, 0, 3*bounds.Dx()*bounds.Dy())
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			pixels = append(pixels, c.R, c.G, c.B)
		}
	}
	return pixels, 0, C.IMGVEC_PIXELS_RGB
}

// Rows is the number of rows.
func (d *Dataset) Rows() int {
	pointer, done := d.h.use()
	defer done()
	return int(C.imgvec_dataset_rows((*C.imgvec_dataset)(pointer)))
}
