package apiserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
)

const (
	listTimeout = time.Minute
	openTimeout = 30 * time.Second
	// A watch is asked to end after watchShortest to twice that; one that
	// outlives this by watchGrace is dead.
	watchShortest = 5 * time.Minute
	watchGrace    = 30 * time.Second
	// maxPageBytes bounds a page in memory; a bigger one is asked for again in
	// smaller parts, down to one Event, which may have maxEventBytes. (The API
	// server takes no request over 3 MiB.)
	maxPageBytes  = 4 << 20
	maxEventBytes = 16 << 20
)

var errPageTooBig = errors.New("list Events: page is too big")

// client makes the two requests that are needed.
type client struct {
	rest     rest.Interface
	selector string
}

func restConfig(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		rc, err := rest.InClusterConfig()
		if err != nil {
			return nil, fmt.Errorf("KUBECONFIG is empty, and there is no service account: outside a cluster set it to a file such as /etc/rancher/k3s/k3s.yaml: %w", err)
		}
		return rc, nil
	}
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: filepath.SplitList(kubeconfig)}
	if len(rules.Precedence) == 1 {
		// A single file must be there; of several, some may be missing.
		rules = &clientcmd.ClientConfigLoadingRules{ExplicitPath: kubeconfig}
	}
	rc, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("KUBECONFIG: %w", err)
	}
	return rc, nil
}

func newClient(rc *rest.Config, selector string) (*client, error) {
	// The scheme is for what an API server says of errors; Events are read by
	// package core.
	v1, scheme := schema.GroupVersion{Version: "v1"}, runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, v1)

	rc = rest.CopyConfig(rc)
	rc.APIPath = "/api"
	rc.UserAgent = "edgebell-event-source"
	rc.ContentConfig = rest.ContentConfig{
		GroupVersion:         &v1,
		NegotiatedSerializer: serializer.NewCodecFactory(scheme).WithoutConversion(),
		AcceptContentTypes:   runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON,
		ContentType:          runtime.ContentTypeProtobuf,
	}
	// There are a few requests in a minute, and pages wait for the sink.
	rc.QPS = -1
	// To a server in the same house gzip costs more than it saves.
	rc.DisableCompression = true
	rc.WarningHandler = rest.NoWarnings{}
	// A timeout here would end watches; both requests have their own. That a
	// connection is dead is found by client-go's HTTP/2 pings: after 30 s of
	// silence, and 15 s for the answer.
	rc.Timeout = 0
	rcl, err := rest.RESTClientFor(rc)
	if err != nil {
		return nil, fmt.Errorf("make client of the API server: %w", err)
	}
	return &client{rest: rcl, selector: selector}, nil
}

func (c *client) request(namespace string) *rest.Request {
	r := c.rest.Get().Resource("events").MaxRetries(0)
	if namespace != "" {
		r = r.Namespace(namespace)
	}
	if c.selector != "" {
		r = r.Param("fieldSelector", c.selector)
	}
	return r
}

// page is one answer to a list; its memory is used for the next.
type page struct {
	core.EventList
	raw bytes.Buffer
}

// list asks for one page. errPageTooBig says that limit must be smaller.
func (c *client) list(ctx context.Context, namespace string, limit int, token string, to *page) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	r := c.request(namespace).Param("limit", strconv.Itoa(limit))
	if token != "" {
		r = r.Param("continue", token)
	}
	body, err := r.Stream(ctx)
	if err != nil {
		return fmt.Errorf("list Events: %w", err)
	}
	defer body.Close()
	bound := maxPageBytes
	if limit == 1 {
		bound = maxEventBytes
	}
	to.raw.Reset()
	_, err = to.raw.ReadFrom(io.LimitReader(body, int64(bound)+1))
	switch {
	case err != nil:
		return fmt.Errorf("list Events: read answer: %w", err)
	case to.raw.Len() > bound && limit > 1:
		return errPageTooBig
	}
	if err := core.ReadList(to.raw.Bytes(), &to.EventList); err != nil {
		return fmt.Errorf("list Events: decode answer: %w", err)
	}
	return nil
}

// watch opens a watch from a resourceVersion. The context's end stops it.
func (c *client) watch(ctx context.Context, namespace, rv string) (io.Reader, context.CancelFunc, error) {
	timeout := watchShortest + rand.N(watchShortest)
	ctx, cancel := context.WithTimeout(ctx, timeout+watchGrace)
	opening := time.AfterFunc(openTimeout, cancel)
	defer opening.Stop()
	body, err := c.request(namespace).
		Param("watch", "true").
		Param("allowWatchBookmarks", "true").
		Param("resourceVersion", rv).
		Param("timeoutSeconds", strconv.Itoa(int(timeout/time.Second))).
		Stream(ctx)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("watch Events: %w", err)
	}
	return body, func() { cancel(); _ = body.Close() }, nil
}

// isGone says that a resourceVersion or a continue token is compacted: nothing
// is wrong, but the position must be found again.
func isGone(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err)
}

// asked is how long the server wants not to be asked.
func asked(err error) time.Duration {
	if seconds, ok := apierrors.SuggestsClientDelay(err); ok {
		return time.Duration(seconds) * time.Second
	}
	return 0
}
