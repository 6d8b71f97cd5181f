// Package ruleset reads rule input: rule streams, one command a line, and JSON
// documents. Both yield commands with their position, in the order in which they
// take effect.
//
//	reader.go        a rule stream -> rules
//	decoder*.go      a JSON document -> rules: lists, objects, values
//	document*.go     what the objects of a document mean
//	json_*.go        JSON text -> tokens
//	log.go           rules in compact memory, as records (codec.go, records.go)
//
// The package is pure: it reads from an io.Reader and prints nothing. What is wrong
// with the input comes back as an *Error with a position, or as a *ReadError.
package ruleset
