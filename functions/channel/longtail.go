package channel

// longtail is the kind of channel that is built with the tag shoutrrr alone.
const longtail = "shoutrrr"

// lacked are its variables, so that none is called misspelt where it is lacking.
type lacked struct {
	URL          string `env:"URL"`
	MaxBytes     int    `env:"MAX_BYTES"`
	MaxPerMinute int    `env:"MAX_PER_MINUTE"`
}

// lacking says where a kind is that this build has not.
const lacking = "this build lacks it: run the image notify-shoutrrr in the place of notify, or build with -tags shoutrrr"
