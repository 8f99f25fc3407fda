package core

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var errProtobuf = errors.New("protobuf is broken")

// each calls do with every field of a protobuf message: its number, and its
// value, which is a varint in n or bytes in b
// (https://protobuf.dev/programming-guides/encoding). Fields of a fixed size,
// of which Events have none, are passed over.
func each(msg []byte, do func(number int, n uint64, b []byte) error) error {
	for len(msg) > 0 {
		key, size := binary.Uvarint(msg)
		if size <= 0 {
			return errProtobuf
		}
		msg = msg[size:]
		var n uint64
		var b []byte
		switch key & 7 {
		case 0:
			n, size = binary.Uvarint(msg)
		case 1:
			size = 8
		case 5:
			size = 4
		case 2:
			n, size = binary.Uvarint(msg)
			if size <= 0 || n > uint64(len(msg)-size) {
				return errProtobuf
			}
			b = msg[size : size+int(n)]
			size += int(n)
		default:
			return fmt.Errorf("%w: wire type %d", errProtobuf, key&7)
		}
		if size <= 0 || size > len(msg) {
			return errProtobuf
		}
		if err := do(int(key>>3), n, b); err != nil {
			return err
		}
		msg = msg[size:]
	}
	return nil
}

// The numbers of the fields are those of k8s.io/api/core/v1/generated.proto and
// k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto.

func (l *EventList) unmarshal(msg []byte) error {
	return each(msg, func(number int, _ uint64, b []byte) error {
		switch number {
		case 1:
			return l.ListMeta.Unmarshal(b)
		case 2:
			l.Items = append(l.Items, Event{})
			return l.Items[len(l.Items)-1].unmarshal(b)
		}
		return nil
	})
}

func (e *Event) unmarshal(msg []byte) error {
	return each(msg, func(number int, n uint64, b []byte) (err error) {
		switch number {
		case 1:
			return unmarshalMeta(&e.ObjectMeta, b)
		case 2:
			return e.InvolvedObject.unmarshal(b)
		case 3:
			e.Reason = string(b)
		case 4:
			e.Message = string(b)
		case 5:
			return e.Source.unmarshal(b)
		case 6:
			e.FirstTimestamp.Time, err = seconds(b)
		case 7:
			e.LastTimestamp.Time, err = seconds(b)
		case 8:
			e.Count = int32(n)
		case 9:
			e.Type = string(b)
		case 10:
			e.EventTime.Time, err = micros(b)
		case 11:
			e.Series = new(EventSeries)
			return e.Series.unmarshal(b)
		case 12:
			e.Action = string(b)
		case 13:
			e.Related = new(ObjectReference)
			return e.Related.unmarshal(b)
		case 14:
			e.ReportingController = string(b)
		case 15:
			e.ReportingInstance = string(b)
		}
		return err
	})
}

func (s *EventSeries) unmarshal(msg []byte) error {
	return each(msg, func(number int, n uint64, b []byte) (err error) {
		switch number {
		case 1:
			s.Count = int32(n)
		case 2:
			s.LastObservedTime.Time, err = micros(b)
		}
		return err
	})
}

func (s *EventSource) unmarshal(msg []byte) error {
	return each(msg, func(number int, _ uint64, b []byte) error {
		switch number {
		case 1:
			s.Component = string(b)
		case 2:
			s.Host = string(b)
		}
		return nil
	})
}

func (r *ObjectReference) unmarshal(msg []byte) error {
	return each(msg, func(number int, _ uint64, b []byte) error {
		switch number {
		case 1:
			r.Kind = string(b)
		case 2:
			r.Namespace = string(b)
		case 3:
			r.Name = string(b)
		case 4:
			r.UID = types.UID(b)
		case 5:
			r.APIVersion = string(b)
		case 6:
			r.ResourceVersion = string(b)
		case 7:
			r.FieldPath = string(b)
		}
		return nil
	})
}

func unmarshalMeta(m *metav1.ObjectMeta, msg []byte) error {
	return each(msg, func(number int, n uint64, b []byte) (err error) {
		switch number {
		case 1:
			m.Name = string(b)
		case 2:
			m.GenerateName = string(b)
		case 3:
			m.Namespace = string(b)
		case 4:
			//lint:ignore SA1019 an old server may still send it
			m.SelfLink = string(b)
		case 5:
			m.UID = types.UID(b)
		case 6:
			m.ResourceVersion = string(b)
		case 7:
			m.Generation = int64(n)
		case 8:
			m.CreationTimestamp.Time, err = seconds(b)
		case 9:
			m.DeletionTimestamp = new(metav1.Time)
			m.DeletionTimestamp.Time, err = seconds(b)
		case 10:
			grace := int64(n)
			m.DeletionGracePeriodSeconds = &grace
		case 11:
			err = entry(&m.Labels, b)
		case 12:
			err = entry(&m.Annotations, b)
		case 13:
			m.OwnerReferences = append(m.OwnerReferences, metav1.OwnerReference{})
			err = m.OwnerReferences[len(m.OwnerReferences)-1].Unmarshal(b)
		case 14:
			m.Finalizers = append(m.Finalizers, string(b))
		}
		return err
	})
}

// entry adds one entry of a map.
func entry(to *map[string]string, msg []byte) error {
	var key, value string
	err := each(msg, func(number int, _ uint64, b []byte) error {
		switch number {
		case 1:
			key = string(b)
		case 2:
			value = string(b)
		}
		return nil
	})
	if *to == nil {
		*to = map[string]string{}
	}
	(*to)[key] = value
	return err
}

// seconds reads a metav1.Time, which drops what is below a second.
func seconds(msg []byte) (time.Time, error) {
	s, _, err := timestamp(msg)
	if err != nil || len(msg) == 0 {
		return time.Time{}, err
	}
	return time.Unix(s, 0), nil
}

// micros reads a metav1.MicroTime, which drops what is below a microsecond.
func micros(msg []byte) (time.Time, error) {
	s, nanos, err := timestamp(msg)
	if err != nil || len(msg) == 0 {
		return time.Time{}, err
	}
	return time.Unix(s, int64(time.Duration(nanos).Truncate(time.Microsecond))), nil
}

func timestamp(msg []byte) (seconds int64, nanos int32, err error) {
	err = each(msg, func(number int, n uint64, _ []byte) error {
		switch number {
		case 1:
			seconds = int64(n)
		case 2:
			nanos = int32(n)
		}
		return nil
	})
	return seconds, nanos, err
}
