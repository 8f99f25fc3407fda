package notify

import (
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

const (
	// nodeSoon is how long before its time a node's card may take in what is
	// due of its Pods.
	nodeSoon = time.Minute
	forever  = 10 * 365 * 24 * time.Hour
)

// folding is what is due, with the stories of a silent node's Pods under the
// node's own.
type folding struct {
	groups []alert.Group
	under  map[alert.Fingerprint][]alert.Group // by the node's story
	away   []alert.Group                       // what was due of under
	// members are the stories behind those that stand for several clusters'.
	members map[alert.Fingerprint][]alert.Group
}

// fold puts the Pods' stories under the node's where the node's is to be told
// now: one card says what happened, and of whom. Whatever waits of them is told
// with it, so that no Pod rings later for what was the node's; what is muted
// waits on, a node's as a Pod's.
func (d *deliverer) fold(due []alert.Group) (folding, error) {
	f := folding{groups: due}
	if _, ok := d.Channel.(Unfolded); ok || d.apart || len(due) == 0 {
		return f, nil
	}
	all, err := d.ledger.Nodes()
	if err != nil || len(all) == 0 {
		return f, err
	}
	soon, err := d.ledger.DueWithin(d.Name, nodeSoon)
	if err != nil {
		return f, err
	}
	soon, _ = d.loud(soon)
	n := nodes{all: all, soon: map[alert.Fingerprint]alert.Group{}}
	for _, g := range append(soon, due...) { // as it was read with what is due, if it was
		if g.Newest.NodeDown() {
			n.soon[g.Fingerprint] = g
		}
	}
	if len(n.soon) == 0 {
		return f, nil
	}
	waiting, err := d.ledger.DueWithin(d.Name, forever)
	if err != nil {
		return f, err
	}
	waiting, _ = d.loud(waiting)
	f.groups, f.under = nil, map[alert.Fingerprint][]alert.Group{}
	for _, g := range waiting {
		if node, ok := n.of(g); ok && g.Undelivered(d.Name) > 0 {
			f.under[node.Fingerprint] = append(f.under[node.Fingerprint], g)
		}
	}
	listed := map[alert.Fingerprint]bool{}
	for _, g := range due {
		if node, ok := n.of(g); ok {
			f.away = append(f.away, g)
			g = node
		}
		if !listed[g.Fingerprint] {
			listed[g.Fingerprint] = true
			f.groups = append(f.groups, g)
		}
	}
	return f, nil
}

// nodes are the stories of nodes that are or were silent, and those of them
// that are to be told soon.
type nodes struct {
	all  []alert.Group
	soon map[alert.Fingerprint]alert.Group
}

// of is the node's story under which a Pod's is told; false when there is none
// or it is not certain which.
func (n nodes) of(pod alert.Group) (alert.Group, bool) {
	a := pod.Newest
	if a.Kind != "Pod" || pod.Overflow || pod.State == alert.Recovered {
		return alert.Group{}, false
	}
	// The node controller's words on a Pod do not name its node.
	byNode := a.Reason == "NodeNotReady"
	if a.Node == "" && !byNode {
		return alert.Group{}, false
	}
	node, silent := n.one(a, func(g alert.Group) bool { return g.State != alert.Recovered })
	if silent == 0 && byNode {
		// What was the node's doing is over with it.
		node, silent = n.one(a, func(g alert.Group) bool { return !pod.Last.After(g.Healed()) })
	}
	_, tell := n.soon[node.Fingerprint]
	return node, silent == 1 && tell
}

// one finds the node that the Pod may be on among those that are as asked, and
// says how many there are. Two may tell of one node: the kubelet and the node
// controller.
func (n nodes) one(pod alert.Alert, asked func(alert.Group) bool) (node alert.Group, names int) {
	seen := map[string]bool{}
	for _, g := range n.all {
		a := g.Newest
		if a.Cluster != pod.Cluster || pod.Node != "" && pod.Node != a.Name || !asked(g) {
			continue
		}
		now, tell := n.soon[g.Fingerprint]
		if tell {
			g = now
		}
		if len(seen) == 0 || tell {
			node = g
		}
		seen[a.Name] = true
	}
	return node, len(seen)
}
