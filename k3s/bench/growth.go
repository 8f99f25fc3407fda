package main

import (
	"encoding/json"
	"fmt"
	"time"
)

// growth measures cost against what may grow.
func (b *bench) growth() error {
	for _, curve := range []func() (Curve, error){b.againstEvents, b.againstGroups, b.againstHours} {
		c, err := curve()
		if err != nil {
			return err
		}
		b.result.Curves = append(b.result.Curves, c)
	}
	return nil
}

func mib(kibs int64) float64 { return float64(kibs) / 1024 }

func (b *bench) againstEvents() (Curve, error) {
	c := Curve{Name: "Events in the cluster", X: "Events", Unit: "MiB", Series: []Serie{
		{Name: "event-source anonymous"}, {Name: "event-source peak"}, {Name: "notify anonymous"}, {Name: "notify peak"},
	}}
	for _, n := range []int{1_000, 5_000, 20_000, 50_000} {
		err := b.with(setup{events: b.events.mixed(n)}, func(ch *chain) error {
			if err := ch.drained(n, 3*time.Minute); err != nil {
				return err
			}
			source, err := ch.source.Memory()
			if err != nil {
				return err
			}
			notify, err := ch.notify.Memory()
			if err != nil {
				return err
			}
			c.point(float64(n), mib(source.Anon), mib(source.Peak), mib(notify.Anon), mib(notify.Peak))
			return nil
		})
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// againstGroups uses a ledger of four times the usual size, so that more
// groups have room than the usual one takes.
func (b *bench) againstGroups() (Curve, error) {
	c := Curve{Name: "groups in the ledger", X: "groups", Unit: "MiB", Series: []Serie{
		{Name: "notify anonymous"}, {Name: "notify RSS"}, {Name: "file used"},
	}}
	for _, n := range []int{100, 1_000, 2_000, 4_000} {
		err := b.with(setup{noSource: true, notify: []string{"GROUP_WAIT=1h", "DATA_MAX_BYTES=67108864"}}, func(ch *chain) error {
			bodies, err := bodiesOf(b.events.stories(n, n, 0), 100)
			if err != nil {
				return err
			}
			for _, body := range bodies {
				if err := post("http://"+ch.sinkAt+"/", body, true); err != nil {
					return err
				}
			}
			m, err := ch.notify.Memory()
			if err != nil {
				return err
			}
			groups, used, err := ch.ledger()
			if err == nil && groups != n {
				err = fmt.Errorf("%d groups in the ledger, want %d", groups, n)
			}
			c.point(float64(n), mib(m.Anon), mib(m.RSS), float64(used)/(1<<20))
			return err
		})
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// ledger asks the function how many groups it holds, in how many bytes.
func (c *chain) ledger() (groups int, used int64, err error) {
	raw, err := get(c.b.ctx, "http://"+c.sinkAt+"/status")
	if err != nil {
		return 0, 0, err
	}
	var page struct {
		Ledger struct {
			Groups    int   `json:"groups"`
			UsedBytes int64 `json:"usedBytes"`
		} `json:"ledger"`
	}
	err = json.Unmarshal(raw, &page)
	return page.Ledger.Groups, page.Ledger.UsedBytes, err
}

func (b *bench) againstHours() (Curve, error) {
	const perHour, stories = 1_000, 9
	c := Curve{Name: "hours offline", X: "hours, with 1,000 Warnings in 9 stories each", Unit: "MiB, kB", Series: []Serie{
		{Name: "notify anonymous (MiB)"}, {Name: "event-source anonymous (MiB)"}, {Name: "to tell it all (kB)"},
	}}
	for _, hours := range []int{1, 3, 8, 24} {
		err := b.with(setup{tls: true, notify: []string{"GROUP_WAIT=1s"}}, func(ch *chain) error {
			told, err := ch.offline(hours*perHour, stories, time.Duration(hours)*time.Hour)
			if err != nil {
				return err
			}
			notify, err := ch.notify.Memory()
			if err != nil {
				return err
			}
			source, err := ch.source.Memory()
			c.point(float64(hours), mib(notify.Anon), mib(source.Anon), float64(told.bytes)/1000)
			return err
		})
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *Curve) point(x float64, ys ...float64) {
	for i, y := range ys {
		c.Series[i].Points = append(c.Series[i].Points, [2]float64{x, y})
	}
}

func (b *bench) with(s setup, f func(*chain) error) error {
	c, err := b.start(s)
	if err != nil {
		return err
	}
	defer c.close()
	return f(c)
}
