package format

import (
	"time"
)

// Stamp formats the time of one of several listings (ipvsadm -L --interval).
type Stamp struct {
	// Time is the time at which the listing was read.
	Time time.Time
	// Interval is the time since the listing before, or that over which its rates were
	// measured; 0 for the first one.
	Interval time.Duration
	// First is set for the first listing.
	First bool
}

// AppendText appends what comes before a listing: a blank line, but for the first one,
// and a line with the time by RFC 3339.
func (s *Stamp) AppendText(b []byte) []byte {
	if !s.First {
		b = append(b, '\n')
	}
	return append(s.Time.AppendFormat(b, time.RFC3339), '\n')
}

// AppendJSON appends the first members of a document, and the comma after them.
func (s *Stamp) AppendJSON(b []byte) []byte {
	b = s.Time.AppendFormat(append(b, `{"time":"`...), time.RFC3339)
	b = append(b, `","interval_seconds":`...)
	b = appendSeconds(b, s.Interval)
	return append(b, ',')
}

// appendSeconds appends a time in seconds, with three decimals.
func appendSeconds(b []byte, d time.Duration) []byte {
	ms := max(d.Round(time.Millisecond).Milliseconds(), 0)
	b = appendNumber(b, "", uint64(ms/1000))
	ms %= 1000
	return append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}
