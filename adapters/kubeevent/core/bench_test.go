package core_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
)

// BenchmarkRead reads a page as this package does and as Kubernetes' types do.
func BenchmarkRead(b *testing.B) {
	all := events(b)[2:]
	raw := encode(b, runtime.ContentTypeProtobuf, &corev1.EventList{Items: all})
	per := func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/event")
	}
	b.Run("core", func(b *testing.B) {
		var list core.EventList
		for b.Loop() {
			if err := core.ReadList(raw, &list); err != nil {
				b.Fatal(err)
			}
		}
		per(b)
	})
	b.Run("kubernetes", func(b *testing.B) {
		for b.Loop() {
			var list corev1.EventList
			if _, _, err := codecs.UniversalDeserializer().Decode(raw, nil, &list); err != nil {
				b.Fatal(err)
			}
		}
		per(b)
	})
}

// BenchmarkMake makes the CloudEvents of recorded Events.
func BenchmarkMake(b *testing.B) {
	raw := encode(b, runtime.ContentTypeProtobuf, &corev1.EventList{Items: events(b)[2:]})
	var list core.EventList
	if err := core.ReadList(raw, &list); err != nil {
		b.Fatal(err)
	}
	maker, i := core.NewMaker("edge", "watch"), 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := maker.Make(&list.Items[i%len(list.Items)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
