//go:build !race && !mutants

package format_test

// connectionLines is the length of the connection table that is formatted.
const connectionLines = 1_000_000
