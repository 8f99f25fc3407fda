package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// magic stands before each object that an API server writes as protobuf
// (k8s.io/apimachinery/pkg/runtime/serializer/protobuf).
var magic = []byte("k8s\x00")

// open takes an object out of its envelope, a runtime.Unknown.
func open(raw []byte) (metav1.TypeMeta, []byte, error) {
	var meta metav1.TypeMeta
	var object []byte
	raw, ok := bytes.CutPrefix(raw, magic)
	if !ok {
		return meta, nil, errors.New("neither JSON nor Kubernetes' protobuf")
	}
	err := each(raw, func(number int, _ uint64, b []byte) error {
		switch number {
		case 1:
			return each(b, func(number int, _ uint64, b []byte) error {
				switch number {
				case 1:
					meta.APIVersion = string(b)
				case 2:
					meta.Kind = string(b)
				}
				return nil
			})
		case 2:
			object = b
		}
		return nil
	})
	return meta, object, err
}

// isJSON says that an API server's answer is JSON, as its first byte tells.
func isJSON(raw []byte) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	return len(raw) > 0 && raw[0] == '{'
}

// ReadList reads a page. What list held is overwritten; its memory is used
// again.
func ReadList(raw []byte, list *EventList) error {
	*list = EventList{Items: list.Items[:0]}
	if isJSON(raw) {
		if err := json.Unmarshal(raw, list); err != nil {
			return err
		}
		return is(list.TypeMeta, "EventList")
	}
	meta, object, err := open(raw)
	if err != nil {
		return err
	}
	if err := is(meta, "EventList"); err != nil {
		return err
	}
	return list.unmarshal(object)
}

// ReadChange reads one message of a watch; what change held is overwritten.
func ReadChange(frame []byte, change *Change) error {
	*change = Change{}
	if isJSON(frame) {
		var said struct {
			Type   string          `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		if err := json.Unmarshal(frame, &said); err != nil {
			return err
		}
		change.Type = said.Type
		return change.readJSON(said.Object)
	}
	var object []byte
	err := each(frame, func(number int, _ uint64, b []byte) error {
		switch number {
		case 1:
			change.Type = string(b)
		case 2: // a RawExtension
			return each(b, func(_ int, _ uint64, b []byte) error {
				object = b
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return change.readProtobuf(object)
}

func (c *Change) readJSON(raw []byte) error {
	switch c.Type {
	case Error:
		return json.Unmarshal(raw, &c.Status)
	case Added, Modified, Deleted, Bookmark:
		if err := json.Unmarshal(raw, &c.Event); err != nil {
			return err
		}
		return is(c.Event.TypeMeta, "Event")
	}
	return fmt.Errorf("type %.20q is unknown", c.Type)
}

func (c *Change) readProtobuf(raw []byte) error {
	meta, object, err := open(raw)
	if err != nil {
		return err
	}
	switch c.Type {
	case Error:
		if err := is(meta, "Status"); err != nil {
			return err
		}
		return c.Status.Unmarshal(object)
	case Added, Modified, Deleted, Bookmark:
		if err := is(meta, "Event"); err != nil {
			return err
		}
		return c.Event.unmarshal(object)
	}
	return fmt.Errorf("type %.20q is unknown", c.Type)
}
