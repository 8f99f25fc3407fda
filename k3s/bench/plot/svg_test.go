package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestDraw(t *testing.T) {
	svg, err := draw([]curve{
		{Name: "a <b> & c", X: "Events", Unit: "MiB", Series: []serie{{"flat", [][2]float64{{0, 5}, {50_000, 5}}}, {"linear", [][2]float64{{0, 0}, {50_000, 10}}}}},
		{Name: "one point", Series: []serie{{"x", [][2]float64{{3, 0.4}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v", err)
		}
	}
	// The end of both lines: x at the right edge, y in the middle and at the top.
	for _, want := range []string{"a &lt;b&gt; &amp; c", "L364.0 130.0", "L364.0 40.0"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("lacks %q:\n%s", want, svg)
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	for name, curves := range map[string][]curve{
		"nothing":      nil,
		"no points":    {{Name: "a", Series: []serie{{Name: "s"}}}},
		"not a number": {{Name: "a", Series: []serie{{"s", [][2]float64{{1, math.NaN()}}}}}},
		"negative":     {{Name: "a", Series: []serie{{"s", [][2]float64{{1, -1}}}}}},
	} {
		if _, err := draw(curves); err == nil {
			t.Errorf("%s is drawn", name)
		}
	}
}

func TestStep(t *testing.T) {
	for most, want := range map[float64]float64{0: 1, 10: 2, 24: 5, 50_000: 10_000, 0.3: 0.1, 21: 5, 4000: 1000} {
		if got := step(most); math.Abs(got-want) > want/1e9 {
			t.Errorf("%v: got %v, want %v", most, got, want)
		}
	}
}
