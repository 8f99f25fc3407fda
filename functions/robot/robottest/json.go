package robottest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Decode reads a body strictly: UTF-8, one JSON value, no field that the robot
// does not know. escaped says that it holds \uXXXX.
func Decode(body []byte, into any) (escaped bool, err error) {
	if !utf8.Valid(body) {
		return false, errors.New("body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return false, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return false, errors.New("more than one JSON value")
	}
	plain := strings.ReplaceAll(string(body), `\\`, "")
	return strings.Contains(plain, `\u`), nil
}
