package webhook_test

import (
	"crypto/hmac"
	"fmt"
	"strconv"
	"time"

	"github.com/edgebell/edgebell/functions/webhook"
)

// A receiver computes the signature anew over the body as it came.
func ExampleSign() {
	const secret = "a-long-shared-secret"
	body := []byte(`{"version":1,"topic":"test"}`)
	now := time.Unix(1764000000, 0)
	timestamp, signature := webhook.Sign(now, secret, body) // as in the headers

	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	fresh := err == nil && now.Sub(time.Unix(seconds, 0)).Abs() < 5*time.Minute
	_, want := webhook.Sign(time.Unix(seconds, 0), secret, body)
	fmt.Println(fresh && hmac.Equal([]byte(signature), []byte(want)))
	fmt.Println(signature[:11] + "…")
	// Output:
	// true
	// v1=893377da…
}
