package feishutest

import "strings"

// shape is what one kind of object may hold. Schema 2.0 refuses the whole card
// for one unknown property; 1.0 does not mind.
type shape struct {
	props string // taken as they are
	// subs are checked. The value names a shape; "[name" is a list of it;
	// "text", "[elements" and "element" are texts and components; "map" is not
	// looked into.
	subs map[string]string
}

func (s shape) knows(prop string) bool {
	if _, ok := s.subs[prop]; ok {
		return true
	}
	for p := range strings.FieldsSeq(s.props) {
		if p == prop {
			return true
		}
	}
	return false
}

const (
	common = "tag element_id margin "
	layout = "direction padding horizontal_spacing horizontal_align vertical_spacing vertical_align "
)

// shapes holds, for objects with a tag, the tag's shape under the tag's name.
var shapes = map[string]shape{
	"root": {"schema", map[string]string{"config": "config", "card_link": "link", "header": "header", "body": "body"}},
	// wide_screen_mode is a 1.0 property that official 2.0 samples use.
	"config":  {"streaming_mode streaming_config locales enable_forward enable_forward_interaction update_multi width_mode use_custom_translation style wide_screen_mode", map[string]string{"summary": "summary"}},
	"summary": {"content i18n_content", nil},
	"link":    {"url pc_url ios_url android_url", nil},
	"header": {"template padding i18n_text_tag_list", map[string]string{
		"title": "text", "subtitle": "text", "text_tag_list": "[text_tag", "icon": "icon"}},
	"text_tag": {common + "color", map[string]string{"text": "text"}},
	"icon":     {"tag token color img_key size", nil},
	"body":     {layout, map[string]string{"elements": "[elements"}},

	"plain_text": {"tag element_id content i18n_content text_size text_color text_align lines", nil},
	"lark_md":    {"tag element_id content i18n_content text_size text_color text_align lines", nil},

	"div":      {common + "width", map[string]string{"text": "text", "fields": "[field", "icon": "icon", "extra": "element"}},
	"field":    {"is_short", map[string]string{"text": "text"}},
	"markdown": {common + "content i18n_content text_align text_size", map[string]string{"icon": "icon"}},
	"hr":       {common, nil},
	"img": {common + "img_key scale_type size transparent preview corner_radius mode custom_width compact_width", map[string]string{
		"alt": "text", "title": "text"}},
	"column_set": {common + "flex_mode background_style horizontal_spacing horizontal_align", map[string]string{
		"columns": "[column", "action": "map"}},
	"column": {common + layout + "width weight background_style", map[string]string{"elements": "[elements", "action": "map"}},
	"collapsible_panel": {common + layout + "expanded background_color", map[string]string{
		"header": "panel_header", "border": "map", "elements": "[elements"}},
	"panel_header": {"background_color vertical_align padding position width icon_position icon_expanded_angle", map[string]string{
		"title": "text", "icon": "icon"}},
	"interactive_container": {common + layout + "width height background_style has_border border_color corner_radius disabled", map[string]string{
		"behaviors": "[behavior", "elements": "[elements", "hover_tips": "text", "disabled_tips": "text", "confirm": "confirm"}},
	"table": {common + "page_size row_height row_max_height freeze_first_column", map[string]string{
		"columns": "[table_column", "rows": "map", "header_style": "table_header"}},
	"table_column": {"name display_name data_type format date_format width vertical_align horizontal_align", nil},
	"table_header": {"text_align text_size background_style text_color bold lines", nil},
	"button": {common + "type size width disabled name required form_action_type value url complex_interaction", map[string]string{
		"text": "text", "icon": "icon", "hover_tips": "text", "disabled_tips": "text", "confirm": "confirm",
		"behaviors": "[behavior", "multi_url": "link"}},
	"behavior": {"type default_url pc_url ios_url android_url value", nil},
	"confirm":  {"", map[string]string{"title": "text", "text": "text"}},

	// 1.0 alone.
	"note":   {common, map[string]string{"elements": "[note_elements"}},
	"action": {common + "layout", map[string]string{"actions": "[elements"}},
}

// button in 2.0: the 1.0 ways to open an address are gone.
var notInV2 = map[string][]string{
	"button": {"value", "url", "multi_url", "complex_interaction"},
	"div":    {"extra"},
	"img":    {"mode", "custom_width", "compact_width"},
}

// otherTags are components a custom bot can send and this stand-in does not
// look into.
var otherTags = strings.Fields(`img_combination person person_list chart form input overflow select_static select_person
	multi_select_static multi_select_person date_picker picker_time picker_datetime checker select_img audio`)

// v1Only stopped being components with 2.0.
var v1Only = []string{"note", "action"}

var headerTemplates = strings.Fields("blue wathet turquoise green yellow orange red carmine violet purple indigo grey default")

var dataTypes = strings.Fields("text lark_md options number persons date markdown")
