package card

import (
	"fmt"
	"slices"
)

// View is what a message says, whatever its form: the important line first,
// then what explains it, then what one may open. Its texts are cleaned of
// control and invisible characters, but they are untrusted: a form must put
// them where no markup is read, or escape all that its far side would read.
// Texts may have several lines; an empty one is left out.
type View struct {
	Color    string // red, orange, blue or green: that of a card's header
	Mark     string // the same as a sign, where there is no header
	Title    string
	Subtitle string // the cluster
	Summary  string // preview in the list of chats
	Headline string
	Message  string // the newest Event's, cut to fit
	Hint     string
	Notices  string
	Rows     []string // a digest's foremost groups
	Fold     string   // title of what may be collapsed: Details and Command
	Details  string
	Command  string
	Links    []Link
	Footer   string // short id, and the keyword if one is set

	// What follows is the same as data, for a form whose reader is a program.
	// It is not cut: where it does not fit, such a form leaves it out.
	Topic   string // what the message is: one of the topics
	ID      string // the same when the message is sent again; also in Footer
	Stories []Told // those that the view names, of a channel's own form
	More    int    // stories that a digest counts only
}

// The topics.
const (
	TopicStory     = "story"
	TopicDigest    = "digest"
	TopicNotice    = "notice"
	TopicHeartbeat = "heartbeat"
	TopicTest      = "test"
)

// Form makes a channel's message of a View, whole: the Renderer cuts the view
// until its message fits into Options.MaxBytes.
type Form func(View) (Message, error)

// Native is the schema of the channel's own Form number n, 0 being the
// richest. They take the place of Feishu's schemas; see Options.
func Native(n int) Schema { return Schema(fmt.Sprintf("native%d", n)) }

// native is the form of a schema that Native made, or nil.
func (r *Renderer) native(schema Schema) Form {
	for i, f := range r.forms {
		if schema == Native(i) {
			return f
		}
	}
	return nil
}

// Truncate cuts s to at most n bytes, between characters.
func Truncate(s string, n int) string { return truncate(s, n) }

// Map is v with f applied to each text in which foreign words may stand; not to
// links, the command and the footer, which hold none.
func (v View) Map(f func(string) string) View {
	for _, s := range []*string{&v.Title, &v.Subtitle, &v.Summary, &v.Headline, &v.Message, &v.Notices, &v.Details} {
		*s = f(*s)
	}
	v.Rows = slices.Clone(v.Rows)
	for i, row := range v.Rows {
		v.Rows[i] = f(row)
	}
	return v
}
