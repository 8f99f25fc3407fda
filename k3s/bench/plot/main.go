// Command plot draws the curves of a measurement as an SVG: one panel for each
// thing that may grow. It reads what bench wrote and invents nothing: a curve
// without points is an error.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

// curve is as bench writes it.
type curve struct {
	Name   string  `json:"name"`
	X      string  `json:"x"`
	Unit   string  `json:"unit"`
	Series []serie `json:"series"`
}

type serie struct {
	Name   string       `json:"name"`
	Points [][2]float64 `json:"points"`
}

func main() {
	in := flag.String("in", "k3s/bench/bench.json", "file of the figures")
	out := flag.String("out", "k3s/bench/growth.svg", "file to draw")
	flag.Parse()
	if err := plot(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func plot(in, out string) error {
	raw, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var result struct {
		Curves []curve `json:"curves"`
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	svg, err := draw(result.Curves)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return os.WriteFile(out, svg, 0o644)
}
