package channel

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
)

// addressed is a config whose fields are another struct's.
type addressed interface{ fields() any }

func (p *posting[C]) fields() any { return p.Config }

// farOf says which far side a config is for: a hash of what addresses it, since
// most of that is secret; empty where nothing does.
func farOf(kind string, cfg config) string {
	var from any = cfg
	if a, ok := cfg.(addressed); ok {
		from = a.fields()
	}
	v := reflect.Indirect(reflect.ValueOf(from))
	h, some := sha256.New(), false
	_, _ = fmt.Fprintf(h, "%q", kind)
	for _, name := range []string{"URL", "Token", "AppID", "ChatID", "Chat", "To"} {
		f := v.FieldByName(name)
		if !f.IsValid() {
			continue
		}
		some = some || !f.IsZero()
		_, _ = fmt.Fprintf(h, "%s=%q", name, strings.TrimSpace(fmt.Sprint(f.Interface())))
	}
	if !some {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
