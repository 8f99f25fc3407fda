package notify

import (
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
)

// holdPoll is how often to look for what is critical while the rest is held
// back: what is held back is due all the time, so the ledger cannot tell when
// something else becomes due.
const holdPoll = 5 * time.Second

// ration is what the day's data budget pays for.
type ration struct {
	groups []alert.Group
	digest bool
	budget *card.Budget
	held   bool // something stays due
}

func (d *deliverer) ration(groups []alert.Group) ration {
	state := d.usage.state()
	use, row := d.usage.read()
	switch state {
	case BudgetSoft:
		return d.rationSoft(groups, use)
	case BudgetHard:
		return d.rationHard(groups, use, row.Told.has(d.Name))
	}
	r := ration{groups: groups}
	if row.Yesterday.has(d.Name) && len(groups) > 0 {
		r.budget = &card.Budget{Usage: use, Yesterday: true}
	}
	return r
}

// rationSoft tells what is critical at once, and the rest in a digest once in
// REPEAT_INTERVAL.
func (d *deliverer) rationSoft(groups []alert.Group, use card.Usage) ration {
	critical := criticalOf(groups)
	rest := len(groups) - len(critical)
	switch {
	case rest == 0:
		return ration{groups: groups}
	case d.rest || d.single || d.digestLast.IsZero() || time.Since(d.digestLast) >= d.ledger.RepeatInterval():
		return ration{groups: groups, digest: true, budget: &card.Budget{Usage: use}}
	}
	return ration{groups: critical, held: true}
}

// rationHard tells what is critical, and once a day that the rest waits.
func (d *deliverer) rationHard(groups []alert.Group, use card.Usage, told bool) ration {
	r := ration{groups: criticalOf(groups), held: true}
	rest := len(groups) - len(r.groups)
	if rest == 0 {
		return r
	}
	d.usage.change(func(row *usageRow) { row.Withheld = row.Withheld.with(routeSet(d.Name)) })
	if !told {
		r.budget = &card.Budget{Usage: use, Hard: true, Withheld: rest}
	}
	return r
}

// budgetTold notes what a card has said about the budget.
func (d *deliverer) budgetTold(b *card.Budget) {
	if b == nil {
		return
	}
	d.usage.change(func(row *usageRow) {
		if b.Hard {
			row.Told = row.Told.with(routeSet(d.Name))
		}
		if b.Yesterday {
			row.Yesterday = row.Yesterday.without(d.Name)
		}
	})
}

func criticalOf(groups []alert.Group) []alert.Group {
	var out []alert.Group
	for _, g := range groups {
		if g.State == alert.Firing && card.SeverityOf(g.Newest) == card.Critical {
			out = append(out, g)
		}
	}
	return out
}
