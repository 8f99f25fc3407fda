package main

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"math"
)

// The measures of one panel, in pixels.
const (
	panelWidth, panelHeight = 380, 330
	left, right, top        = 46, 16, 40
	plotHeight              = 180
	plotWidth               = panelWidth - left - right
)

// colours can be told apart by most people, on white and on black.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7"}

func draw(curves []curve) ([]byte, error) {
	if len(curves) == 0 {
		return nil, errors.New("no curves: run bench with the stage growth")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11" fill="#222">`+"\n", panelWidth*len(curves), panelHeight)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	for i, c := range curves {
		fmt.Fprintf(&b, `<g transform="translate(%d 0)">`+"\n", i*panelWidth)
		if err := panel(&b, c); err != nil {
			return nil, fmt.Errorf("curve %q: %w", c.Name, err)
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}

// panel draws one curve, both axes from zero, so that flat looks flat.
func panel(b *bytes.Buffer, c curve) error {
	var most [2]float64
	for _, s := range c.Series {
		if len(s.Points) == 0 {
			return fmt.Errorf("series %q has no points", s.Name)
		}
		for _, p := range s.Points {
			if !(p[0] >= 0 && p[1] >= 0) || math.IsInf(p[0]+p[1], 0) {
				return fmt.Errorf("series %q: point %v cannot be drawn", s.Name, p)
			}
			most[0], most[1] = max(most[0], p[0]), max(most[1], p[1])
		}
	}
	xs, ys := step(most[0]), step(most[1])
	maxX, maxY := math.Ceil(most[0]/xs)*xs, math.Ceil(most[1]/ys)*ys
	x := func(v float64) float64 { return left + v/maxX*plotWidth }
	y := func(v float64) float64 { return top + plotHeight - v/maxY*plotHeight }
	fmt.Fprintf(b, `<text x="%d" y="18" font-size="12" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(c.Name))
	fmt.Fprintf(b, `<text x="%d" y="33">%s</text>`+"\n", left, html.EscapeString(c.Unit))
	for v := 0.0; v <= maxY*1.001; v += ys {
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n", left, y(v), left+plotWidth, left-5, y(v)+4, v)
	}
	for v := 0.0; v <= maxX*1.001; v += xs {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n", x(v), top+plotHeight+15, v)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left+plotWidth, top+plotHeight+29, html.EscapeString(c.X))
	for i, s := range c.Series {
		line(b, s, colours[i%len(colours)], x, y, top+plotHeight+46+i*15)
	}
	return nil
}

func line(b *bytes.Buffer, s serie, colour string, x, y func(float64) float64, legend int) {
	path := ""
	for i, p := range s.Points {
		path += fmt.Sprintf("%c%.1f %.1f", "ML"[min(i, 1)], x(p[0]), y(p[1]))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>`+"\n", x(p[0]), y(p[1]), colour)
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", path, colour)
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="10" height="3" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", left, legend-5, colour, left+15, legend, html.EscapeString(s.Name))
}

// step is 1, 2 or 5 times a power of ten, with some five steps up to most.
func step(most float64) float64 {
	if most <= 0 {
		return 1
	}
	raw := most / 5
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= raw*0.999 {
			return m * power
		}
	}
	return 10 * power
}
