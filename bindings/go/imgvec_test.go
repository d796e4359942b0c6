package imgvec

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

var network = Options{"backbone": "mobilenetv2_035", "weights": "random", "threads": 1}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// numbers is a table whose price is twice its area, and more by the lake.
func numbers(t *testing.T, rows int) *Dataset {
	t.Helper()
	data, err := NewDataset()
	must(t, err)
	must(t, data.AddColumn("area", Numeric))
	must(t, data.AddColumn("place", Categorical))
	must(t, data.AddColumn("price", Numeric))
	for i := 0; i < rows; i++ {
		place := []string{"lake", "wood"}[i%2]
		must(t, data.AppendNumber("area", float64(20+i*7%50)))
		must(t, data.AppendText("place", place))
		must(t, data.AppendNumber("price", float64(2*(20+i*7%50)+30*(1-i%2))))
	}
	return data
}

func priced(t *testing.T, data *Dataset) *Model {
	t.Helper()
	model, err := Train(context.Background(), data, Options{"target": "price", "folds": 3, "threads": 1,
		"select_blocks": false, "xgb.max_depth": 3}, nil)
	must(t, err)
	return model
}

func TestTableTrainedSavedAndScored(t *testing.T) {
	data := numbers(t, 60)
	defer data.Close()
	model := priced(t, data)
	defer model.Close()
	scores, err := model.Predict(context.Background(), data, nil)
	must(t, err)
	if scores.Rows != 60 || scores.Width != 1 || len(model.Outputs()) != 1 {
		t.Fatal(scores.Rows, scores.Width, model.Outputs())
	}
	for i := 0; i < 60; i++ {
		truth := float32(2*(20+i*7%50) + 30*(1-i%2))
		if off := scores.Row(i)[0] - truth; off < -25 || off > 25 || scores.Status[i] != 0 {
			t.Errorf("row %d: %v, not %v", i, scores.Row(i)[0], truth)
		}
	}
	path := filepath.Join(t.TempDir(), "price.imgvec")
	must(t, model.Save(path))
	opened, err := OpenModel(path, Options{"threads": 1})
	must(t, err)
	again, err := opened.Predict(context.Background(), data, nil)
	must(t, err)
	for i := range again.Values {
		if again.Values[i] != scores.Values[i] {
			t.Fatal("a saved model scores otherwise")
		}
	}
	if !strings.Contains(model.Info(), `"target"`) {
		t.Error(model.Info())
	}

	scorer, err := opened.NewScorer(nil)
	must(t, err)
	opened.Close() // the scorer keeps what it needs
	must(t, scorer.SetNumber("area", 34))
	must(t, scorer.SetText("place", "lake"))
	one, err := scorer.Run()
	must(t, err)
	if one.Values[0] != scores.Values[2] || one.Status[0] != 0 {
		t.Error(one, scores.Values[2])
	}
	if err := scorer.SetNumber("colour", 1); !errors.Is(err, NotFound) {
		t.Error(err)
	}
	scorer.Close()
	if _, err := scorer.Run(); !errors.Is(err, InvalidArgument) {
		t.Error(err)
	}
}

// bar is a light bar on dark ground, upright or lying.
func bar(lying bool, at int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, 48, 48))
	for y := 0; y < 48; y++ {
		for x := 0; x < 48; x++ {
			along := x
			if lying {
				along = y
			}
			shade := uint8(20 + (x*7+y*13)%30)
			if along >= at && along < at+6 {
				shade = 220
			}
			picture.SetNRGBA(x, y, color.NRGBA{shade, shade, shade, 255})
		}
	}
	return picture
}

func TestImagesInEveryForm(t *testing.T) {
	train, err := NewDataset()
	must(t, err)
	must(t, train.AddColumn("photo", Image))
	must(t, train.AddColumn("kind", Categorical))
	for i := 0; i < 24; i++ {
		must(t, train.AppendImage("photo", bar(i%2 == 1, 4+i)))
		must(t, train.AppendText("kind", []string{"upright", "lying"}[i%2]))
	}
	options := Options{"target": "kind", "dim": 4, "folds": 2}
	for name, value := range network {
		options[name] = value
	}
	model, err := Train(context.Background(), train, options, nil)
	must(t, err)

	picture := bar(true, 21)
	premultiplied := image.NewRGBA(picture.Rect)
	gray := image.NewGray(picture.Rect)
	for y := 0; y < 48; y++ {
		for x := 0; x < 48; x++ {
			premultiplied.Set(x, y, picture.At(x, y))
			gray.Set(x, y, picture.At(x, y))
		}
	}
	wide := image.NewNRGBA(image.Rect(-5, -5, 60, 60))
	for y := 0; y < 48; y++ {
		for x := 0; x < 48; x++ {
			wide.Set(x, y, picture.At(x, y))
		}
	}
	var file bytes.Buffer
	must(t, png.Encode(&file, picture))
	data, err := NewDataset()
	must(t, err)
	must(t, data.AddColumn("photo", Image))
	for _, form := range []image.Image{picture, premultiplied, gray, wide.SubImage(picture.Rect)} {
		must(t, data.AppendImage("photo", form))
	}
	must(t, data.AppendReader("photo", &file))
	must(t, data.AppendBytes("photo", []byte("no image")))
	var problems []Problem
	scores, err := model.Predict(context.Background(), data, &Watch{Problem: func(p Problem) { problems = append(problems, p) }})
	must(t, err)
	if best := scores.Row(0); model.Outputs()[0] != "lying" || best[0] < best[1] {
		t.Error("a lying bar is not seen:", model.Outputs(), best)
	}
	for i := 1; i < 5; i++ {
		if scores.Row(i)[0] != scores.Row(0)[0] {
			t.Errorf("form %d: %v, not %v", i, scores.Row(i), scores.Row(0))
		}
	}
	if scores.Status[5] == 0 || scores.Row(5)[0] == scores.Row(5)[0] {
		t.Error("bytes that are no image were scored:", scores.Row(5), scores.Status[5])
	}
	if len(problems) != 1 || problems[0].Row != 5 || problems[0].Column != "photo" {
		t.Error(problems)
	}

	scorer, err := model.NewScorer(Options{"max_image_side": 48})
	must(t, err)
	defer scorer.Close()
	var again bytes.Buffer
	must(t, png.Encode(&again, picture))
	for _, set := range []func() error{
		func() error { return scorer.SetImage("photo", premultiplied) },
		func() error { return scorer.SetBytes("photo", again.Bytes()) },
	} {
		must(t, set())
		one, err := scorer.Run()
		must(t, err)
		if one.Values[0] != scores.Row(0)[0] || one.Status[0] != 0 {
			t.Error(one, scores.Row(0))
		}
	}
	must(t, scorer.SetBytes("photo", nil))
	if one, err := scorer.Run(); err != nil || one.Status[0] == 0 || one.Values[0] == one.Values[0] {
		t.Error(one, err)
	}
}

func TestVectorizer(t *testing.T) {
	data, err := NewDataset()
	must(t, err)
	must(t, data.AddColumn("photo", Image))
	for i := 0; i < 4; i++ {
		must(t, data.AppendImage("photo", bar(i%2 == 1, 10)))
	}
	vectorizer, err := FitVectorizer(context.Background(), data, network, nil)
	must(t, err)
	defer vectorizer.Close()
	path := filepath.Join(t.TempDir(), "v.imgvec")
	must(t, vectorizer.Save(path))
	opened, err := OpenVectorizer(path, nil)
	must(t, err)
	first, err := vectorizer.Run(context.Background(), data, nil)
	must(t, err)
	second, err := opened.Run(context.Background(), data, nil)
	must(t, err)
	if first.Width != 1280 || first.Row(0)[5] != first.Row(2)[5] {
		t.Error(first.Width)
	}
	for i := range first.Values {
		if first.Values[i] != second.Values[i] {
			t.Fatal("a saved vectorizer embeds otherwise")
		}
	}
}

func TestErrors(t *testing.T) {
	if _, err := OpenModel("absent.imgvec", nil); !errors.Is(err, NotFound) || !strings.Contains(err.Error(), "absent.imgvec") {
		t.Error(err)
	}
	data := numbers(t, 10)
	if _, err := Train(context.Background(), data, Options{"fold_count": 3}, nil); !errors.Is(err, InvalidArgument) {
		t.Error(err)
	}
	var detail *Error
	if err := data.AppendNumber("cost", 1); !errors.As(err, &detail) || detail.Status != InvalidArgument {
		t.Error(err)
	}
	if err := data.AppendImage("area", image.NewGray(image.Rect(0, 0, 0, 0))); !errors.Is(err, InvalidArgument) {
		t.Error(err)
	}
	data.Close()
	data.Close()
	if _, err := Train(context.Background(), data, nil, nil); !errors.Is(err, InvalidArgument) {
		t.Error("a closed dataset:", err)
	}
	if data.Rows() != 0 {
		t.Error(data.Rows())
	}
	if Status(-99).Error() != "UNKNOWN" || Version() == "" {
		t.Error(Status(-99), Version())
	}
}

func TestContextEndsAJob(t *testing.T) {
	data := numbers(t, 60)
	ctx, cancel := context.WithCancel(context.Background())
	reports := 0
	_, err := Train(ctx, data, Options{"target": "price"}, &Watch{Progress: func(Progress) { reports++; cancel() }})
	if !errors.Is(err, context.Canceled) || reports == 0 {
		t.Error(err, reports)
	}
	if _, err := Train(ctx, data, Options{"target": "price"}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAPanicOfACallbackGoesOn(t *testing.T) {
	defer func() {
		if recovered := recover(); recovered != "stop" {
			t.Error(recovered)
		}
	}()
	_, err := Train(context.Background(), numbers(t, 60), Options{"target": "price"},
		&Watch{Progress: func(Progress) { panic("stop") }})
	t.Error("it went on:", err)
}

func TestManyGoroutinesAndClose(t *testing.T) {
	data := numbers(t, 40)
	model := priced(t, data)
	expected, err := model.Predict(context.Background(), data, nil)
	must(t, err)
	var group sync.WaitGroup
	for g := 0; g < 8; g++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := 0; n < 10; n++ {
				scores, err := model.Predict(context.Background(), data, nil)
				if errors.Is(err, InvalidArgument) {
					return // closed meanwhile
				}
				if err != nil || scores.Values[7] != expected.Values[7] {
					t.Error(err)
					return
				}
			}
		}()
	}
	model.Close()
	group.Wait()
	if _, err := model.Predict(context.Background(), data, nil); !errors.Is(err, InvalidArgument) {
		t.Error(err)
	}
}

func TestFinalizersFreeWhatWasForgotten(t *testing.T) {
	freed := make(chan struct{})
	func() {
		data := numbers(t, 4)
		free := data.h.free
		data.h.free = func(pointer unsafe.Pointer) {
			free(pointer)
			close(freed)
		}
	}()
	for i := 0; i < 100; i++ {
		runtime.GC()
		select {
		case <-freed:
			return
		default:
			time.Sleep(time.Millisecond)
		}
	}
	t.Error("nothing was freed")
}
