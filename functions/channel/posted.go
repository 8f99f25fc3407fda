package channel

import (
	"reflect"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
)

// posted is what a channel's package says of its Config.
type posted interface {
	Validate(prefix string) error
	PerMinute() int
	Host() string
}

// posting is the config of a channel in a package of its own.
type posting[C posted] struct {
	Config C
	make   func(C, card.Config, webhook.Options) (notify.Channel, error)
}

// of makes an entry of kinds from a package's New.
func of[C posted](make func(C, card.Config, webhook.Options) (notify.Channel, error)) func() config {
	return func() config { return &posting[C]{make: make} }
}

func (p *posting[C]) Validate(prefix string) error { return p.Config.Validate(prefix) }

func (p *posting[C]) open(r *notify.Route, o Options, looks card.Config) (err error) {
	shared := webhook.Options{Cluster: o.Cluster, Log: o.Log, TLSTime: o.TLSTime}
	if o.Dates != nil {
		shared.Learn = o.Dates.Learn
	}
	if r.Channel, err = p.make(p.Config, looks, shared); err != nil {
		return err
	}
	r.Target, r.PerMinute = p.Config.Host(), p.Config.PerMinute()
	r.Signed, r.Keyed = p.has("Secret"), p.has("Keyword")
	return nil
}

// has says whether the config has a field that is set.
func (p *posting[C]) has(field string) bool {
	f := reflect.ValueOf(p.Config).FieldByName(field)
	return f.IsValid() && !f.IsZero()
}
