package webhooktest

import "github.com/edgebell/edgebell/functions/webhook/webhooktest/strictjson"

// DecodeStrict takes one JSON object in valid UTF-8, with no key twice and
// nothing behind it. Numbers stay json.Number.
func DecodeStrict(raw []byte) (map[string]any, error) { return strictjson.Decode(raw) }
