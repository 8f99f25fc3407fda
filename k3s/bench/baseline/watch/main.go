// Command watch is the least that follows Events: one request whose lines are
// decoded as they come, down to a few fields. It sends nothing on, keeps
// nothing and does not connect again; the event source is compared with it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
)

// line is what it reads of a watch.
type line struct {
	Type   string `json:"type"`
	Object struct {
		Metadata struct {
			Name            string `json:"name"`
			Namespace       string `json:"namespace"`
			UID             string `json:"uid"`
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
		InvolvedObject struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"involvedObject"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
		Type    string `json:"type"`
		Count   int    `json:"count"`
	} `json:"object"`
}

func main() {
	var read atomic.Int64
	http.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, read.Load())
	})
	go func() { fail(http.ListenAndServe(os.Getenv("LISTEN_ADDRESS"), nil)) }()
	resp, err := http.Get(os.Getenv("API_SERVER") + "/api/v1/events?watch=true")
	if err != nil {
		fail(err)
	}
	lines := bufio.NewReader(resp.Body)
	for {
		raw, err := lines.ReadBytes('\n')
		if err == io.EOF {
			fail(fmt.Errorf("watch ended after %d Events", read.Load()))
		}
		if err != nil {
			fail(err)
		}
		var l line
		if err := json.Unmarshal(raw, &l); err != nil {
			fail(err)
		}
		read.Add(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "watch:", err)
	os.Exit(1)
}
