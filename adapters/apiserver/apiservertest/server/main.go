// Command server is a stand-in API server on loopback: it serves recorded
// Events by the real list and watch protocol and goes on adding and changing
// some, with fresh names and times. It takes no writes and asks for no
// credentials, so it refuses to listen on anything but loopback.
//
//	go run ./adapters/apiserver/apiservertest/server -events events.json -rate 2/s -loop -kubeconfig /tmp/kubeconfig
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

type options struct {
	listen     string
	events     string
	rate       string
	loop       bool
	count      int
	kubeconfig string
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "loopback `address` to listen on")
	flag.StringVar(&o.events, "events", "", "`files` with a List of Events as JSON, separated by commas")
	flag.StringVar(&o.rate, "rate", "0", "Events to add or change, such as 2/s or 30/m; 0: none")
	flag.BoolVar(&o.loop, "loop", false, "begin again when all Events of the files were added")
	flag.IntVar(&o.count, "count", 0, "how many `Events` to serve at the start, made from those of the files; 0: these themselves")
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "`path` to write a kubeconfig to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, o options) error {
	every, err := parseRate(o.rate)
	if err != nil {
		return err
	}
	recorded, err := load(strings.Split(o.events, ","))
	if err != nil {
		return err
	}
	l, err := listen(o.listen)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	if o.kubeconfig != "" {
		if err := os.WriteFile(o.kubeconfig, apiservertest.Kubeconfig(url, nil, ""), 0o600); err != nil {
			return fmt.Errorf("write kubeconfig: %w", err)
		}
	}
	api := apiservertest.New()
	r := &replay{api: api, recorded: recorded, loop: o.loop}
	r.fill(o.count, time.Now())
	fmt.Printf("serving %d Events at %s\n", len(api.Events()), url)
	srv := &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		r.run(ctx, every)
		<-ctx.Done()
		_ = srv.Close() // open watches would hold a graceful stop
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-listen: %w; must be such as 127.0.0.1:0", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("-listen %s: must be a loopback address, as no credentials are asked for", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-listen: %w", err)
	}
	return l, nil
}
