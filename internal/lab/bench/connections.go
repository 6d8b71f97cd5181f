package main

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/fill/syncmsg"
)

const connectionsFile = "/proc/thread-self/net/ip_vs_conn"

// fillLimit bounds the time in which connections are made.
const fillLimit = 5 * time.Minute

// measureConnections measures listings of connections, all of so many, against cat of the
// proc file. They take turns, in one table: to fill it and to read it takes a minute where
// there are a million. The connections do not change while they are listed.
func measureConnections(b *bench, rows []row) (results []result, err error) {
	err = inFreshNetNS(func() error {
		wanted := rows[0].services
		n, err := b.fill(wanted)
		if err != nil {
			return err
		}

		jobs := []job{{argv: []string{"cat", connectionsFile}}}
		for i := range rows {
			if n < wanted {
				rows[i].work += fmt.Sprintf(" (%s in %v)", thousands(n), fillLimit)
			}
			jobs = append(jobs, b.listing(b.ours, rows[i].option))
		}

		settle()
		samples, _, err := b.inTurn(rows[0], directly, jobs...)
		if err != nil {
			return err
		}
		for i, ours := range samples[1:] {
			results = append(results, newResult(rows[i], []sample{samples[0], ours}))
		}
		return nil
	})
	return results, err
}

// The length in bytes of the receive buffer of a sync daemon, and what is enough for the
// messages of a million connections. With the usual one, most of them are lost.
const (
	syncBufferFile = "/proc/sys/net/ipv4/vs/sync_sock_size"
	syncBuffer     = "67108864"
)

// fill fills the connection table with n connections of every kind, by the messages of
// sync daemons, and returns how many there are. Messages that are lost are sent again.
func (b *bench) fill(n int) (found int, err error) {
	if err := os.WriteFile(syncBufferFile, []byte(syncBuffer), 0); err != nil {
		return 0, err
	}

	const syncID = 1
	for _, argv := range [][]string{
		{"ip", "route", "add", "224.0.0.0/4", "dev", "lo"},
		{b.ours, "--start-daemon", "backup", "--mcast-interface", "lo", "--syncid", fmt.Sprint(syncID)},
	} {
		if err := quietly(argv...); err != nil {
			return 0, err
		}
	}

	waits := false // for messages that are on their way
	for end := time.Now().Add(fillLimit); found < n && time.Now().Before(end); {
		if !waits {
			if err := syncmsg.Send(syncID, syncmsg.Mixed(n)); err != nil {
				return 0, err
			}
		}
		settle()
		before := found
		if found, err = countConnections(); err != nil {
			return 0, err
		}
		waits = found > before
	}
	return found, quietly(b.ours, "--stop-daemon", "backup", "--syncid", fmt.Sprint(syncID))
}

// countConnections returns the number of lines in the connection table without its
// title.
func countConnections() (int, error) {
	text, err := os.ReadFile(connectionsFile)
	if err != nil {
		return 0, err
	}
	return bytes.Count(text, []byte("\n")) - 1, nil
}
