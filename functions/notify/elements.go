package notify

import (
	"bytes"
	"iter"
)

const jsonSpace = " \t\r\n"

// isArray says whether JSON, if it is valid, is an array.
func isArray(text []byte) bool {
	text = bytes.TrimLeft(text, jsonSpace)
	return len(text) > 0 && text[0] == '['
}

// elements are the values in a JSON array, which is known to be valid. They are
// parts of it: encoding/json would read all of it once more and copy each.
func elements(array []byte) iter.Seq[[]byte] {
	array = bytes.Trim(array, jsonSpace)
	array = array[1 : len(array)-1]
	return func(yield func([]byte) bool) {
		for rest := bytes.TrimLeft(array, jsonSpace); len(rest) > 0; {
			end := valueEnd(rest)
			if !yield(bytes.Trim(rest[:end], jsonSpace)) {
				return
			}
			rest = rest[min(end+1, len(rest)):]
		}
	}
}

// valueEnd is where the comma stands behind the first value of a list, or its
// length.
func valueEnd(list []byte) int {
	depth := 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '"':
			i += stringEnd(list[i+1:]) + 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(list)
}

// stringEnd is where the quote stands that ends a string.
func stringEnd(s []byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}
