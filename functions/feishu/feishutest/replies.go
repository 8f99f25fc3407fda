package feishutest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// reply is an answer before it is written.
type reply struct {
	status int
	code   int
	msg    string
	body   string
	header map[string]string
}

func (r reply) with(key, value string) *reply {
	if r.header == nil {
		r.header = map[string]string{}
	}
	r.header[key] = value
	return &r
}

// refuse is the usual form; most refusals carry HTTP 200.
func refuse(status, code int, msg string) *reply {
	quoted, _ := json.Marshal(msg) // a string always marshals
	return &reply{status: status, code: code, msg: msg, body: fmt.Sprintf(`{"code":%d,"data":{},"msg":%s}`, code, quoted)}
}

func success(shape SuccessShape) reply {
	r := reply{status: http.StatusOK, msg: "success"}
	switch shape {
	case ShapeStatusCodeOnly:
		r.body = `{"Extra":null,"StatusCode":0,"StatusMessage":"success"}`
	case ShapeCodeOnly:
		r.body = `{"code":0,"msg":"success","data":{}}`
	default:
		r.body = `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`
	}
	return r
}

func (c *call) badRequest(msg string) *reply {
	if c.opts.MalformedAs200 {
		return refuse(http.StatusOK, 9499, msg)
	}
	return refuse(http.StatusBadRequest, 9499, msg)
}

func (r reply) write(w http.ResponseWriter) {
	setHeaders(w, r)
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	_, _ = w.Write([]byte(r.body)) // the client may have gone away
}

func setHeaders(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	for key, value := range r.header {
		w.Header().Set(key, value)
	}
}
