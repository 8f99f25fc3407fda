package template

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// functions are text/template's, as far as they make sense for plain values,
// and three of our own: lower, upper and trunc. and and or are the evaluator's.
var functions map[string]func(args []any) (any, error)

func init() { // the parser needs the names, so this cannot be an initialiser
	functions = map[string]func(args []any) (any, error){
		"not":      func(a []any) (any, error) { return one(a, func(v any) any { return !truth(v) }) },
		"print":    func(a []any) (any, error) { return fmt.Sprint(a...), nil },
		"println":  func(a []any) (any, error) { return fmt.Sprintln(a...), nil },
		"printf":   printf,
		"len":      length,
		"index":    index,
		"eq":       equal,
		"ne":       func(a []any) (any, error) { return compare(a, func(c int) bool { return c != 0 }) },
		"lt":       func(a []any) (any, error) { return compare(a, func(c int) bool { return c < 0 }) },
		"le":       func(a []any) (any, error) { return compare(a, func(c int) bool { return c <= 0 }) },
		"gt":       func(a []any) (any, error) { return compare(a, func(c int) bool { return c > 0 }) },
		"ge":       func(a []any) (any, error) { return compare(a, func(c int) bool { return c >= 0 }) },
		"lower":    func(a []any) (any, error) { return one(a, func(v any) any { return strings.ToLower(toString(v)) }) },
		"upper":    func(a []any) (any, error) { return one(a, func(v any) any { return strings.ToUpper(toString(v)) }) },
		"urlquery": func(a []any) (any, error) { return url.QueryEscape(fmt.Sprint(a...)), nil },
		"trunc":    trunc,
	}
}

func one(args []any, f func(any) any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("takes one argument, not %d", len(args))
	}
	return f(args[0]), nil
}

func printf(args []any) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("needs a format")
	}
	format, ok := args[0].(string)
	if !ok {
		return nil, errors.New("its first argument must be text")
	}
	return fmt.Sprintf(format, args[1:]...), nil
}

func length(args []any) (any, error) {
	if len(args) == 1 {
		switch v := args[0].(type) {
		case string:
			return int64(len(v)), nil
		case []any:
			return int64(len(v)), nil
		}
	}
	return nil, errors.New("takes one text or list")
}

func index(args []any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("takes a list and a number, not %d arguments", len(args))
	}
	list, ok := args[0].([]any)
	i, isNumber := args[1].(int64)
	if !ok || !isNumber {
		return nil, errors.New("takes a list and a number")
	}
	if i < 0 || i >= int64(len(list)) {
		return nil, fmt.Errorf("%d is beyond a list of %d", i, len(list))
	}
	return list[i], nil
}

// trunc is its second argument cut to so many characters.
func trunc(args []any) (any, error) {
	if len(args) != 2 {
		return nil, errors.New("takes a number and a text")
	}
	n, ok := args[0].(int64)
	if !ok || n < 0 {
		return nil, errors.New("its first argument must be a number")
	}
	s := toString(args[1])
	if int64(utf8.RuneCountInString(s)) <= n {
		return s, nil
	}
	return string([]rune(s)[:n]) + "…", nil
}

// equal says whether the first is equal to any of the others.
func equal(args []any) (any, error) {
	if len(args) < 2 {
		return nil, errors.New("needs two arguments")
	}
	for _, other := range args[1:] {
		c, err := order(args[0], other)
		if err != nil {
			return nil, err
		}
		if c == 0 {
			return true, nil
		}
	}
	return false, nil
}

func compare(args []any, want func(int) bool) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("takes two arguments, not %d", len(args))
	}
	c, err := order(args[0], args[1])
	if err != nil {
		return nil, err
	}
	return want(c), nil
}

func order(a, b any) (int, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case bool:
		if y, ok := b.(bool); ok && x == y {
			return 0, nil
		} else if ok {
			return 1, nil
		}
	}
	x, okX := number(a)
	y, okY := number(b)
	switch {
	case !okX || !okY:
		return 0, fmt.Errorf("a %s cannot be compared with a %s", kind(a), kind(b))
	case x < y:
		return -1, nil
	case x > y:
		return 1, nil
	}
	return 0, nil
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
