package apiserver

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
)

// frames splits a watch into its messages: with protobuf each comes behind its
// length in four bytes, and with JSON one comes after the other
// (k8s.io/apimachinery/pkg/runtime/serializer, the framers).
type frames struct {
	in  *bufio.Reader
	buf []byte

	json *json.Decoder
	room io.LimitedReader
}

func newFrames(r io.Reader) *frames { return &frames{in: bufio.NewReaderSize(r, 8<<10)} }

// next reads one message; io.EOF says that the watch has ended as usual.
func (f *frames) next(change *core.Change) error {
	frame, err := f.frame()
	if err != nil {
		return err
	}
	if err := core.ReadChange(frame, change); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

func (f *frames) frame() ([]byte, error) {
	if f.json == nil {
		first, err := f.in.Peek(1)
		if err != nil {
			return nil, err
		}
		if first[0] <= 1 { // of a length below maxEventBytes
			return f.delimited()
		}
		f.room.R = f.in
		f.json = json.NewDecoder(&f.room)
	}
	f.room.N = maxEventBytes
	var raw json.RawMessage
	err := f.json.Decode(&raw)
	return raw, err
}

func (f *frames) delimited() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(f.in, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxEventBytes {
		return nil, errors.New("frame is too big")
	}
	f.buf = slices.Grow(f.buf[:0], int(n))[:n]
	if _, err := io.ReadFull(f.in, f.buf); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return f.buf, nil
}
