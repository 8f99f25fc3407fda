package feishutest

import "fmt"

// cardError is the inner error of 11246.
type cardError struct {
	sub   int
	path  string
	msg   string
	value string
	plain string // the whole text instead, in the older form
}

func (e cardError) Error() string {
	if e.plain != "" {
		return e.plain
	}
	s := fmt.Sprintf("ErrCode: %d; ", e.sub)
	if e.path != "" {
		s += "ErrPath: " + e.path + "; "
	}
	s += "ErrMsg: " + e.msg + "; "
	if e.value != "" {
		s += "ErrorValue: " + e.value + "; "
	}
	return s
}

const parseFailed = "parse card json err, please check whether the card json is correct"

func unparsable(format string, args ...any) cardError {
	return cardError{sub: 200621, msg: parseFailed, value: fmt.Sprintf(format, args...)}
}

func legacyTag(at place, n int) cardError {
	return cardError{plain: fmt.Sprintf("path: message->card->%dth block(%s)->element(text)->%dth md(code); err_msg: unsupported type of html tag; err_type: validation; ",
		at.block, at.tag, n)}
}
