package run

import (
	"fmt"
	"net"
)

// Profiles serves profiles on loopback alone: they show what is in memory, and
// there is no password. Only a program built with "-tags pprof" can serve them,
// which costs half a megabyte.
type Profiles struct {
	// Address is where they are served; empty serves none.
	Address string `env:"PPROF_ADDRESS"`
}

// Validate names the variable when it is wrong.
func (p *Profiles) Validate() error {
	if p.Address == "" {
		return nil
	}
	if !profilesBuilt {
		return fmt.Errorf("PPROF_ADDRESS %q: must be unset, as this program was built without profiles; build it with -tags pprof", p.Address)
	}
	host, _, err := net.SplitHostPort(p.Address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("PPROF_ADDRESS %q: must be a loopback address and a port, such as 127.0.0.1:6060", p.Address)
	}
	return nil
}
