// Command bot runs the stand-in for a Feishu custom bot: a webhook to send to, a
// page that shows the group, and a console under /control/ to break things.
//
// It has no password; it refuses to listen beyond this machine unless -public
// is given. Begin with: go run ./functions/feishu/feishutest/bot
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := realMain(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bot:", err)
		os.Exit(1)
	}
}

func realMain(ctx context.Context, args []string, out io.Writer) error {
	f, err := parse(args)
	if err != nil {
		return err
	}
	bot := feishutest.NewBot(f.options)
	defer bot.Close()
	context.AfterFunc(ctx, bot.Close)
	ln, err := net.Listen("tcp", f.listen)
	if err != nil {
		return fmt.Errorf("listen for the webhook: %w", err)
	}
	console := bot.Console()
	shown := ln.Addr()
	if f.control != "" {
		apart, err := net.Listen("tcp", f.control)
		if err != nil {
			return fmt.Errorf("listen for the console: %w", err)
		}
		shown = apart.Addr()
		server := &http.Server{Handler: console, ReadHeaderTimeout: time.Minute}
		defer server.Close()
		go server.Serve(apart) // ends with the process
		console = nil
	}
	if f.caOut != "" {
		if err := os.WriteFile(f.caOut, bot.UseTLS(), 0o644); err != nil {
			return fmt.Errorf("write certificate authority: %w", err)
		}
	}
	fmt.Fprintf(out, "webhook: %s\npage:    http%s://%s/\n", bot.AddressOn(ln), secure(f, console), shown)
	if err := bot.Serve(ln, console); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func secure(f flags, shared http.Handler) string {
	if f.caOut != "" && shared != nil {
		return "s"
	}
	return ""
}

type flags struct {
	listen, control, caOut string
	options                feishutest.Options
}

func parse(args []string) (flags, error) {
	var f flags
	var keywords, hosts string
	var public bool
	fs := flag.NewFlagSet("bot", flag.ContinueOnError)
	fs.StringVar(&f.listen, "listen", "127.0.0.1:8090", "address of the webhook, and of page and console")
	fs.StringVar(&f.control, "control", "", "address of page and console alone; then an outage refuses connections outright")
	fs.StringVar(&f.options.Token, "token", "", "token of the webhook")
	fs.StringVar(&f.options.Secret, "secret", "", "secret; empty takes unsigned messages")
	fs.StringVar(&keywords, "keyword", "", "keywords, separated by commas; a message needs one of them")
	fs.StringVar(&f.caOut, "tls-ca", "", "serve TLS and write the authority's certificate to this file")
	fs.StringVar(&hosts, "tls-hosts", "", "further host names of the certificate, separated by commas")
	fs.IntVar(&f.options.Bandwidth, "bandwidth", 0, "bytes a second and direction of each connection; 0 is no limit")
	fs.BoolVar(&public, "public", false, "allow addresses beyond this machine")
	if err := fs.Parse(args); err != nil {
		return f, err
	}
	if fs.NArg() > 0 {
		return f, fmt.Errorf("argument %q is not taken", fs.Arg(0))
	}
	f.options.Keywords, f.options.CertHosts = split(keywords), split(hosts)
	if public {
		return f, nil
	}
	return f, errors.Join(local("-listen", f.listen), local("-control", f.control))
}

func split(list string) []string {
	var out []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

func local(name, address string) error {
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s: want host:port, as in 127.0.0.1:8090", name)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s: %q is not this machine alone, and the console has no password; add -public to allow it", name, host)
	}
	return nil
}
