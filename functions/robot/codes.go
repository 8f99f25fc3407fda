package robot

import (
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/notify"
)

// AnyCode in a Rule matches every code but 0.
const AnyCode = 0

// Rule is one line of a robot's code table.
type Rule struct {
	Code int
	// Msg, in lower case, must stand in the robot's message; empty matches all.
	Msg     string
	Outcome notify.Outcome
	// After is the least wait that makes sense for a retry.
	After time.Duration
	// Mean is the meaning in our words.
	Mean string
}

// Table is a robot's codes. The first line that matches wins, so the lines of
// one code stand from the narrow to the wide.
type Table []Rule

// Find reads the table. A code that it does not have is Unknown.
func (t Table) Find(code int, msg string) Rule {
	msg = strings.ToLower(msg)
	for _, r := range t {
		if (r.Code == code || r.Code == AnyCode) && strings.Contains(msg, r.Msg) {
			return r
		}
	}
	return Rule{Code: code, Outcome: notify.Unknown, Mean: "unknown code"}
}
