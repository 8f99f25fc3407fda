//go:build shoutrrr

package longtail

import (
	"slices"
	"strings"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/webhook"
)

// plain are the services that show text as it is. All others read some markup,
// or do when their address says so.
var plain = []string{"generic", "ifttt", "join", "ntfy", "opsgenie", "pagerduty", "pushbullet"}

// forms are the whole text, and for services that refuse it its first lines.
func forms(service string) []card.Form {
	say := inert.Replace
	if slices.Contains(plain, service) {
		say = func(s string) string { return s }
	}
	return []card.Form{
		func(v card.View) (card.Message, error) { return encode(say(v.Text())) },
		func(v card.View) (card.Message, error) { return encode(say(short(v).Text())) },
	}
}

// short leaves out what may be long or have strange signs in it.
func short(v card.View) card.View {
	v.Message, v.Hint, v.Details, v.Command, v.Links = "", "", "", "", nil
	return v
}

// inert puts look-alikes in the place of the signs that mentions, links, pictures
// and HTML begin with in any of the services' markups.
var inert = strings.NewReplacer("@", "＠", "<", "＜", "[", "［")

// encode counts the bytes of the text, as MAX_BYTES does.
func encode(text string) (card.Message, error) {
	raw, err := webhook.EncodeJSON(text)
	return card.Message{MsgType: "text", Payload: raw, Size: max(len(text), 1)}, err
}
