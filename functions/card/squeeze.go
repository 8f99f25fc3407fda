package card

import "slices"

// keptMessage is how much of a message stays, in bytes, before anything else
// is cut for its sake.
const keptMessage = 300

// squeeze renders a view that does not fit, which happens where a channel
// takes only a few kilobytes. It cuts one field after the other, each as little
// as helps; a command or an address is left out whole, for half of one would
// lie. Of a story the details go first; of a digest they are stories
// themselves and go last. The footer with the id stays.
func (r *Renderer) squeeze(schema Schema, v View, story bool) (Message, error) {
	v.Rows = slices.Clone(v.Rows)
	fields := []*string{&v.Hint, &v.Notices, &v.Headline}
	for i := range v.Rows {
		fields = append(fields, &v.Rows[i])
	}
	fields = append(fields, &v.Message, &v.Subtitle, &v.Title)
	if story {
		fields = append([]*string{&v.Details}, fields...)
	} else {
		fields = append(fields, &v.Details)
	}
	msg, err := r.marshal(schema, v)
	for i, field := range fields {
		if err != nil || r.fits(msg) {
			return msg, err
		}
		if i == 1 || !story {
			v.Command, v.Links = "", nil
		}
		msg, err = r.cutField(schema, &v, field)
	}
	return r.checked(msg, err)
}

// cutField finds the longest beginning of a field with which v fits; the field
// is empty where none does.
func (r *Renderer) cutField(schema Schema, v *View, field *string) (msg Message, err error) {
	full := *field
	for low, high := 0, len(full); ; {
		mid := (low + high + 1) / 2
		if *field = ellipsis(full, mid); mid == 0 {
			*field = ""
		}
		if msg, err = r.marshal(schema, *v); err != nil || low == high {
			return msg, err
		}
		if r.fits(msg) {
			low = mid
		} else {
			high = mid - 1
		}
	}
}
