package card

import (
	"testing"
	"time"
)

func TestGoldenOwnMessages(t *testing.T) {
	at := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	usage := Usage{Day: 12_345, Month: 1_234_567, Budget: 500_000}
	for name, render := range map[string]func(*Renderer, Schema) (Message, error){
		"own-test": func(r *Renderer, s Schema) (Message, error) { return r.Test(s, Test{SentAt: at}) },
		"own-heartbeat": func(r *Renderer, s Schema) (Message, error) {
			return r.Heartbeat(s, Heartbeat{
				SentAt: at, Since: 24 * time.Hour, Cards: 7, Occurrences: 1042, Dropped: 3, Offline: 130 * time.Minute,
				Groups: 12, Waiting: 2, Oldest: 3 * time.Hour, Usage: usage,
				Broken: []Broken{{Route: "oncall", For: 50 * time.Hour}},
			})
		},
		"own-heartbeat-first": func(r *Renderer, s Schema) (Message, error) {
			return r.Heartbeat(s, Heartbeat{SentAt: at, Groups: 1, Usage: Usage{Day: 12, Month: 34}})
		},
		"own-budget-hard": func(r *Renderer, s Schema) (Message, error) {
			return r.Notice(s, Notices{Budget: &Budget{Usage: usage, Hard: true, Withheld: 4}})
		},
		"own-budget-soft": func(r *Renderer, s Schema) (Message, error) {
			return r.Notice(s, Notices{Budget: &Budget{Usage: usage}})
		},
		"own-budget-yesterday": func(r *Renderer, s Schema) (Message, error) {
			return r.Notice(s, Notices{Budget: &Budget{Usage: usage, Yesterday: true}})
		},
	} {
		eachGolden(t, name, func(r *Renderer, schema Schema) []Message {
			msg, err := render(r, schema)
			if err != nil {
				t.Fatal(err)
			}
			return []Message{msg}
		})
	}
}
