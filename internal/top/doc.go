// Package top is the screen of ipvsadm-top: the services of IPVS with their servers, and
// what they do per second.
//
// Model is what is on the screen, and how keys change it. It is pure: samples of the table
// and keys go in, lines of text come out. Run ties it to a terminal, by package bubbletea.
//
//	sample.go    a reading of the table
//	state.go     what samples add up to: services, servers, their history
//	model.go     the Model
//	keys.go      what keys do
//	rows.go      which services and servers are shown, and in which order
//	columns.go   the columns of the table, for a width
//	draw.go      the Model as lines
//	clients.go   the connections of a service or a server, counted by client
//	text.go      numbers, graphs and styles
//	program.go   the terminal
package top
