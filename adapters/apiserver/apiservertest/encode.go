package apiservertest

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

const (
	mediaJSON     = "application/json"
	mediaProtobuf = "application/vnd.kubernetes.protobuf"
)

var codecs = newCodecs()

func newCodecs() serializer.CodecFactory {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.Event{}, &corev1.EventList{})
	metav1.AddToGroupVersion(scheme, corev1.SchemeGroupVersion)
	return serializer.NewCodecFactory(scheme)
}

// encoding is how one answer is written.
type encoding struct {
	mediaType string
	info      runtime.SerializerInfo
}

// negotiate takes the first media type of Accept that is known here; what
// comes with parameters (as=Table) is not.
func negotiate(r *http.Request) encoding {
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		part = strings.ReplaceAll(strings.TrimSpace(part), ";stream=watch", "")
		if part == mediaJSON || part == mediaProtobuf {
			return encodingOf(part)
		}
	}
	return encodingOf(mediaJSON)
}

func encodingOf(mediaType string) encoding {
	info, _ := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), mediaType)
	return encoding{mediaType: mediaType, info: info}
}

func (e encoding) isJSON() bool { return e.mediaType == mediaJSON }

func (e encoding) object() runtime.Encoder {
	return codecs.EncoderForVersion(e.info.Serializer, corev1.SchemeGroupVersion)
}

func (e encoding) embedded() runtime.Encoder { return e.object() }

func (e encoding) stream() runtime.Encoder {
	return codecs.EncoderForVersion(e.info.StreamSerializer.Serializer, corev1.SchemeGroupVersion)
}

func writeObject(w http.ResponseWriter, r *http.Request, code int, obj runtime.Object) {
	enc := negotiate(r)
	var body bytes.Buffer
	if err := enc.object().Encode(obj, &body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", enc.mediaType)
	w.WriteHeader(code)
	_, _ = w.Write(body.Bytes())
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	var known apierrors.APIStatus
	if !errors.As(err, &known) {
		known = apierrors.NewInternalError(err)
	}
	status := known.Status()
	writeObject(w, r, int(status.Code), &status)
}
