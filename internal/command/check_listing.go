package command

import (
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// checkExtendedListing checks the options of a listing that ipvsadm 1.31 does not have.
func (l *line) checkExtendedListing() error {
	for _, check := range []func() error{l.checkMetrics, l.checkKeys, l.checkOutput, l.checkInterval} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkMetrics checks that nothing else is asked for in the place of metrics, which are
// always all of them.
func (l *line) checkMetrics() error {
	if !l.has(groupMetrics) {
		return nil
	}
	if l.has(groupJSON) {
		return conflictError("metrics", "json", commandSubject(List))
	}

	for _, g := range optionTable() {
		isView := slices.ContainsFunc(views, func(v string) bool { return v == g.Name })
		if isView && l.has(g.index) {
			return conflictError("metrics", g.Name, commandSubject(List))
		}
	}
	return nil
}

// views are the groups of the options that select a view.
var views = []string{"connection", "timeout", "daemon", "stats", "rate", "thresholds", "persistent-conn", "tun-info"}

// checkKeys checks the keys by which connections are counted, or metrics are limited.
func (l *line) checkKeys() error {
	switch {
	case l.has(groupLimit) && !l.has(groupBy):
		return requiredError("by", "'limit' option")
	case l.has(groupLimit) && !l.has(groupConnection):
		return requiredError("connection", "'limit' option")
	case !l.has(groupBy), l.has(groupConnection):
		return nil
	case !l.has(groupMetrics):
		return requiredError("connection", "'by' option")
	case l.listing.By != ipvs.ConnKeys{{Field: ipvs.ConnService}}:
		return usageError("--metrics can only be listed --by service")
	}
	return nil
}

// checkOutput checks that what goes to a file is a document.
func (l *line) checkOutput() error {
	if l.has(groupOutput) && !l.has(groupJSON) && !l.has(groupMetrics) {
		return requiredError("json' or 'metrics", "'output' option")
	}
	return nil
}

// checkInterval checks that what is listed again and again is not one document.
func (l *line) checkInterval() error {
	switch {
	case !l.has(groupInterval) && l.has(groupCount):
		return requiredError("interval", "'count' option")
	case l.has(groupInterval) && l.has(groupMetrics):
		return conflictError("interval", "metrics", commandSubject(List))
	case l.has(groupInterval) && l.has(groupOutput):
		return conflictError("interval", "output", commandSubject(List))
	}
	return nil
}
