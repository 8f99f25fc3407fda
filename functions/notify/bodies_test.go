package notify

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestLargeBodiesShutOutNobody: while somebody holds all the room, another
// large body is put off and a small one is read; then there is room again.
func TestLargeBodiesShutOutNobody(t *testing.T) {
	const most = 1 << 20
	rooms := &bodies{free: most + bodyStep}
	read := func(n int) (leave func(), err error) {
		body, leave, err := readBody(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat(" ", n))), most, rooms)
		if err == nil && len(body) != n {
			t.Errorf("read %d bytes of %d", len(body), n)
		}
		return leave, err
	}
	leave, err := read(most)
	if err != nil {
		t.Fatal(err)
	}
	second, err := read(most)
	if !errors.Is(err, errCrowded) {
		t.Errorf("a second large body: %v", err)
	}
	second()
	third, err := read(smallBody - 1)
	if err != nil {
		t.Errorf("a small body: %v", err)
	}
	third()
	leave()
	if leave, err = read(most); err != nil {
		t.Errorf("once there is room: %v", err)
	}
	leave()
	if rooms.free != most+bodyStep {
		t.Errorf("%d bytes of room are left, want all", rooms.free)
	}
	var refused *refusal
	leave, err = read(most + 1)
	if !errors.As(err, &refused) || refused.status != http.StatusRequestEntityTooLarge {
		t.Errorf("one byte too many: %v", err)
	}
	leave()
	// Of unknown length, and broken off.
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(strings.Repeat(" ", 700<<10)), brokenReader{}))
	r.ContentLength = -1
	_, leave, err = readBody(r, most, rooms)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken off: %v", err)
	}
	leave()
	if rooms.free != most+bodyStep {
		t.Errorf("%d bytes of room are left, want all", rooms.free)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
