// Package talk implements the protocol of the experiments' clients and servers: the
// client sends a line, and the server answers with its name. So a client can find out
// which real server a connection has reached.
package talk

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// Limit is the timeout of an answer.
const Limit = 10 * time.Second

// Serve answers each line of each connection with name. It returns, and closes l, when
// ctx is done; connections end with their clients.
func Serve(ctx context.Context, l net.Listener, name string) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go answer(c, name)
	}
}

// answer answers each line of a connection.
func answer(c net.Conn, name string) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		if _, err := fmt.Fprintf(c, "%s\n", name); err != nil {
			return
		}
	}
}

// Ask returns the name of the server at the other end of a connection.
func Ask(c net.Conn) (name string, err error) {
	if err := c.SetDeadline(time.Now().Add(Limit)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintln(c, "who?"); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line), err
}
