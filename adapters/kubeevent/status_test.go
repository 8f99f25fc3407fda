package kubeevent

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStatusRoundTrip(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	tests := []Status{
		{Boot: "b7", Sequence: 1, Origin: OriginWatch, IntervalSeconds: 60},
		{
			Boot: "b7", Sequence: math.MaxUint64, Origin: OriginAudit, IntervalSeconds: 1,
			Connected: true, ConnectedSince: now.Add(-time.Hour), Complete: true, Accepted: 12345,
			Refused: map[string]uint64{"413": 2}, Dropped: map[string]uint64{"decode": 1, "size": math.MaxUint64},
		},
	}
	for _, want := range tests {
		ce, err := FromStatus("edge", now, want)
		if err != nil {
			t.Fatal(err)
		}
		if err := ce.Validate(); err != nil {
			t.Errorf("not a CloudEvent: %v", err)
		}
		if ce.Type() != TypeStatus || ce.Source() != "/clusters/edge" || !ce.Time().Equal(now) ||
			!strings.HasPrefix(ce.ID(), "b7.") || ce.Extensions()["origin"] != want.Origin {
			t.Errorf("attributes: %s", ce)
		}
		got, err := DecodeStatus(overTheWire(t, ce))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
	}
}

// Each status of a boot is another CloudEvent.
func TestStatusIDs(t *testing.T) {
	ids := map[string]bool{}
	for _, s := range []Status{{Boot: "a", Sequence: 1}, {Boot: "a", Sequence: 2}, {Boot: "b", Sequence: 1}} {
		ce, err := FromStatus("edge", time.Time{}, s)
		if err != nil {
			t.Fatal(err)
		}
		ids[ce.ID()] = true
	}
	if len(ids) != 3 {
		t.Errorf("ids %v, want three", ids)
	}
}

func TestDecodeStatusErrors(t *testing.T) {
	with := func(change func(*Status)) string {
		s := Status{Boot: "b7", Sequence: 1, Origin: OriginWatch, IntervalSeconds: 60}
		change(&s)
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	tests := []struct{ about, data, want string }{
		{"no data", "", "data is not a source status"},
		{"not JSON", "up", "data is not a source status"},
		{"wrong field", `{"boot":"b","sequence":-1}`, "sequence"},
		{"no boot", with(func(s *Status) { s.Boot = "" }), "data.boot is empty: must be"},
		{"sequence 0", with(func(s *Status) { s.Sequence = 0 }), "data.sequence is 0: must count from 1"},
		{"no origin", with(func(s *Status) { s.Origin = "" }), `data.origin "": must be watch or audit`},
		{"foreign origin", with(func(s *Status) { s.Origin = "poll" }), `data.origin "poll": must be watch or audit`},
		{"interval 0", with(func(s *Status) { s.IntervalSeconds = 0 }), "data.intervalSeconds 0: must be above 0"},
		{"interval below 0", with(func(s *Status) { s.IntervalSeconds = -60 }), "data.intervalSeconds -60: must be above 0"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			got, err := DecodeStatus(incoming(TypeStatus, "application/json", tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want it to say %q", err, tt.want)
			}
			if diff := cmp.Diff(Status{}, got); diff != "" {
				t.Errorf("a status beside an error (-want +got):\n%s", diff)
			}
		})
	}
}
