package alert_test

import (
	"fmt"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// What is told, and when, of a container that is started again and again.
func ExampleParseConditions() {
	conditions, err := alert.ParseConditions(alert.ConditionsConfig{
		Filter:        "type=Warning",
		FilterMessage: "!(?i)liveness probe",
		Mute:          "namespace=sandbox; severity!=critical @ 22:00-07:00 or sat,sun",
		MinCount:      "reason=BackOff: 5 in 10m",
	}, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	a := alert.Alert{
		Type: "Warning", Reason: "BackOff", Namespace: "shop", Kind: "Pod", Name: "web-0",
		Message: "Back-off restarting failed container", Severity: alert.SeverityWarning,
	}
	friday := time.Date(2026, 11, 27, 23, 0, 0, 0, time.UTC)
	verdict := conditions.Judge(a, friday, true)
	fmt.Println(verdict.Rings, verdict.MutedFor, verdict.Min)
	for _, line := range conditions.Explain(a, friday, true) {
		fmt.Println(line)
	}
	// Output:
	// true 56h0m0s 5 in 10m
	// FILTER: match: selector 1 of 1: type=Warning
	// FILTER_MESSAGE: match: the message does not match "(?i)liveness probe", which it must not match
	// MUTE: entry 2 of 2 mutes now: severity!=critical @ 22:00-07:00 or sat,sun 00:00-24:00
	// MIN_COUNT: entry 1 of 1: reason=BackOff: 5 in 10m
	// muted until Mon 2026-11-30 07:00 UTC, then told after 5 within 10m
}

// A mistake is named with its place.
func ExampleParseConditions_mistake() {
	_, err := alert.ParseConditions(alert.ConditionsConfig{Mute: "namespace=sandbox @ 22:00-7:00"}, time.UTC)
	fmt.Println(err)
	// Output:
	// MUTE: column 21: found "22:00-7:00", want a time window such as 22:00-07:00 (24:00 is the end of the day)
}
