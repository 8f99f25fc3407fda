package card

import (
	"fmt"
	"testing"
)

// TestSizes prints what the same stories cost in each schema (run with -v),
// and holds the order that the choice of a schema rests on.
func TestSizes(t *testing.T) {
	total := map[Schema]int{}
	r := testRenderer(t, "zh")
	t.Logf("%-34s %6s %6s %6s", "bytes of payload, zh", V2, V1, Post)
	row := func(name string, size func(Schema) int) {
		cells := ""
		for _, schema := range schemas {
			n := size(schema)
			total[schema] += n
			cells += fmt.Sprintf(" %6d", n)
		}
		t.Logf("%-34s%s", name, cells)
	}
	for _, name := range recorded(t) {
		s := storyOf(t, name)
		row(name, func(schema Schema) int {
			msg, err := r.Single(schema, s)
			if err != nil {
				t.Fatal(err)
			}
			return len(msg.Payload)
		})
	}
	d := digestOf(t)
	row("all in one digest", func(schema Schema) (n int) {
		parts, err := r.Digest(schema, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			n += len(p.Payload)
		}
		return n
	})
	if total[V1] >= total[V2] || total[Post] >= total[V2] {
		t.Errorf("a fallback costs more than what it falls back from: %v", total)
	}
}

func BenchmarkSingle(b *testing.B) {
	r, s := testRenderer(b, "zh"), storyOf(b, "failed-create-storm")
	for _, schema := range schemas {
		b.Run(string(schema), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				msg, err := r.Single(schema, s)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(msg.Payload)), "bytes/card")
			}
		})
	}
}
