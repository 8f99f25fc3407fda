// Package longtail tells stories through the many services that shoutrrr knows
// (Discord, Matrix, Gotify, Mattermost, Pushover and others), as plain text. It
// is built with the tag shoutrrr alone, for it adds megabytes. It refuses
// addresses that send in the clear to the outside, or that skip the check of
// certificates, and no error of it holds a part of an address.
//
// Begin with New.
package longtail
