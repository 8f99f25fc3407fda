// Command sink is the least that keeps what is posted to it: an HTTP server
// that appends each body to a file and answers when it is on disk. It
// understands nothing; the function is compared with it.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

func main() {
	f, err := os.OpenFile(filepath.Join(os.Getenv("DATA_DIR"), "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	http.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			mu.Lock()
			if _, err = f.Write(append(body, '\n')); err == nil {
				err = f.Sync()
			}
			mu.Unlock()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	http.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	fmt.Fprintln(os.Stderr, "sink:", http.ListenAndServe(os.Getenv("LISTEN_ADDRESS"), nil))
	os.Exit(1)
}
