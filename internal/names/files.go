package names

import (
	"context"
	"encoding/binary"
	"io"
	"net"
)

// newFilesResolver returns a resolver that finds what /etc/hosts has, where
// /etc/nsswitch.conf says that hosts are looked up in files.
//
// Package net reads both, but in the order "dns files" it goes on to the files only
// after a server has answered that there is no such name, where the C library goes on
// after any failure. So this resolver has a server that always answers that.
func newFilesResolver() *net.Resolver {
	return &net.Resolver{
		PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go answerNotFound(server)
			return client, nil
		},
	}
}

// answerNotFound answers one query over a stream that there is no such name. Errors
// need no report: the client gets an error too, and has no name either.
func answerNotFound(c net.Conn) {
	defer c.Close()
	// A message has its length before it on a stream (RFC 1035, 4.2.2), and a header
	// of twelve bytes (4.1.1).
	const header = 12
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c, message); err != nil || len(message) < header {
		return
	}

	const response, nameError = 1 << 7, 3
	message[2] |= response
	message[3] = message[3]&^0xf | nameError
	_, _ = c.Write(append(length[:], message...))
}
