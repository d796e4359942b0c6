// Scores data with a saved model: score MODEL DATA. The lines are those of c-plain; Ctrl-C stops.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"

	"imgvec"
)

func score(ctx context.Context, modelPath, dataPath string) error {
	model, err := imgvec.OpenModel(modelPath, nil)
	if err != nil {
		return err
	}
	defer model.Close()
	data, err := imgvec.OpenDataset(ctx, dataPath, nil, nil)
	if err != nil {
		return err
	}
	defer data.Close()
	scores, err := model.Predict(ctx, data, nil)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	outputs := model.Outputs()
	for row := 0; row < scores.Rows; row++ {
		fmt.Fprint(out, row)
		if status := scores.Status[row]; status != 0 {
			fmt.Fprintf(out, " %v", status)
		} else {
			for i, value := range scores.Row(row) {
				fmt.Fprintf(out, " %s=%.6f/%08x", outputs[i], value, math.Float32bits(value))
			}
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := errors.New("usage: score MODEL DATA")
	if len(os.Args) == 3 {
		err = score(ctx, os.Args[1], os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}
