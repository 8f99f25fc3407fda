package dingtalk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"time"
)

// Sign makes the two parameters that a robot with a signature wants in the
// query, already escaped. The key is the secret and the message is
// "milliseconds\nsecret" (security settings); Feishu has it the other way round.
func Sign(at time.Time, secret string) (timestamp, sign string) {
	timestamp = strconv.FormatInt(at.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "\n" + secret))
	return timestamp, url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
