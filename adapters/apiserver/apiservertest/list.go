package apiservertest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// token is where a list goes on: after a key, in the snapshot of a revision.
// Revision -1 stands for "the newest", which is what a 410 offers.
type token struct {
	RV    int64  `json:"rv"`
	Start string `json:"start"`
}

func (t token) String() string {
	raw, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func parseToken(s string) (t token, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(raw, &t)
	}
	if err != nil {
		return t, apierrors.NewBadRequest("continue key is not valid: " + err.Error())
	}
	return t, nil
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, q query) {
	page, err := s.page(q)
	if err != nil {
		writeError(w, r, err)
		return
	}
	writeObject(w, r, http.StatusOK, page)
}

// page finds the snapshot and copies one page out of it.
func (s *Server) page(q query) (*corev1.EventList, error) {
	t := token{RV: -1}
	if q.Continue != "" {
		var err error
		if t, err = parseToken(q.Continue); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rv, all := s.store.rv, []*corev1.Event(nil)
	if t.RV < 0 {
		all = s.store.snapshot()
	} else {
		rv = uint64(t.RV)
		var ok bool
		if all, ok = s.store.snapshots[rv]; !ok {
			return nil, expiredToken(t)
		}
	}
	list := &corev1.EventList{ListMeta: metav1.ListMeta{ResourceVersion: fmt.Sprint(rv)}}
	from := 0
	if t.Start != "" {
		from = sort.Search(len(all), func(i int) bool { return key(all[i].Namespace, all[i].Name) > t.Start })
	}
	for i := from; i < len(all); i++ {
		if !q.matches(all[i]) {
			continue
		}
		if q.Limit > 0 && int64(len(list.Items)) == q.Limit {
			last := list.Items[len(list.Items)-1]
			list.Continue = token{RV: int64(rv), Start: key(last.Namespace, last.Name)}.String()
			if q.selector.Empty() && q.Namespace == "" {
				left := int64(len(all) - i)
				list.RemainingItemCount = &left
			}
			break
		}
		list.Items = append(list.Items, *all[i])
	}
	return list, nil
}

// expiredToken is the 410 of k8s.io/apiserver, which offers a token for the
// remainder at the newest revision.
func expiredToken(t token) error {
	err := apierrors.NewResourceExpired("The provided continue parameter is too old to display a consistent list result. " +
		"You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results.")
	err.ErrStatus.Continue = token{RV: -1, Start: t.Start}.String()
	return err
}
