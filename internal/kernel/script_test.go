package kernel

import (
	"time"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
)

// testFamily is the number that the family had when the requests under testdata/wire were
// captured.
const testFamily = 0x1c

// newScriptedClient returns a Client of a kernel whose answers come from answer.
func newScriptedClient(answer func([]genltest.Request) []genltest.Datagram) (*Client, *genltest.Kernel) {
	k := &genltest.Kernel{Answer: answer}
	c := newClient(genl.New(k), testFamily)
	c.counter = func() serviceCounter { return unknownCounter{} }
	c.sleep = func(time.Duration) {}
	return c, k
}

// reply returns an answer of IPVS with attributes.
func reply(seq uint32, flags netlink.HeaderFlags, attributes []byte) []byte {
	return genltest.Reply(testFamily, flags, seq, attributes)
}

// unknownCounter does not know how many services there are.
type unknownCounter struct{}

func (unknownCounter) ipv4() int { return -1 }
func (unknownCounter) all() int  { return -1 }
func (unknownCounter) close()    {}
