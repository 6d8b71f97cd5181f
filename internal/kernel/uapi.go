package kernel

// The generic netlink interface of IPVS, from include/uapi/linux/ip_vs.h
// (https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/include/uapi/linux/ip_vs.h).
// Attributes are in host byte order unless marked BE, network order.

const (
	familyName    = "IPVS" // IPVS_GENL_NAME
	familyVersion = 1      // IPVS_GENL_VERSION
)

// command is the command of a request (IPVS_CMD_*).
type command uint8

const (
	cmdNewService command = iota + 1
	cmdSetService
	cmdDelService
	cmdGetService
	cmdNewDest
	cmdSetDest
	cmdDelDest
	cmdGetDest
	cmdNewDaemon
	cmdDelDaemon
	cmdGetDaemon
	cmdSetConfig
	cmdGetConfig
	cmdSetInfo
	cmdGetInfo
	cmdZero
	cmdFlush
)

// Attributes of a command (IPVS_CMD_ATTR_*).
const (
	cmdAttrService       = 1 // nested
	cmdAttrDest          = 2 // nested
	cmdAttrDaemon        = 3 // nested
	cmdAttrTimeoutTCP    = 4 // u32, seconds
	cmdAttrTimeoutTCPFin = 5 // u32, seconds
	cmdAttrTimeoutUDP    = 6 // u32, seconds
)

// Attributes of a reply to cmdGetInfo (IPVS_INFO_ATTR_*).
const (
	infoAttrVersion     = 1 // u32
	infoAttrConnTabSize = 2 // u32
)

// Attributes of a service (IPVS_SVC_ATTR_*).
const (
	svcAttrFamily    = 1  // u16
	svcAttrProtocol  = 2  // u16
	svcAttrAddr      = 3  // 16 bytes, an IPv4 address in the first four
	svcAttrPort      = 4  // u16 BE
	svcAttrFWMark    = 5  // u32
	svcAttrScheduler = 6  // string
	svcAttrFlags     = 7  // struct ip_vs_flags: u32 flags, u32 mask
	svcAttrTimeout   = 8  // u32, seconds
	svcAttrNetmask   = 9  // u32: an IPv4 mask BE, an IPv6 prefix length in host order
	svcAttrStats     = 10 // nested
	svcAttrEngine    = 11 // string
	svcAttrStats64   = 12 // nested
)

// Attributes of a destination (IPVS_DEST_ATTR_*).
const (
	destAttrAddr           = 1  // 16 bytes, an IPv4 address in the first four
	destAttrPort           = 2  // u16 BE
	destAttrForward        = 3  // u32
	destAttrWeight         = 4  // u32, an int in the kernel
	destAttrUpperThreshold = 5  // u32
	destAttrLowerThreshold = 6  // u32
	destAttrActive         = 7  // u32
	destAttrInactive       = 8  // u32
	destAttrPersistent     = 9  // u32
	destAttrStats          = 10 // nested
	destAttrFamily         = 11 // u16
	destAttrStats64        = 12 // nested
	destAttrTunnelType     = 13 // u8
	destAttrTunnelPort     = 14 // u16 BE
	destAttrTunnelFlags    = 15 // u16
)

// allServiceFlags is the mask beside the flags in svcAttrFlags: all of them count.
const allServiceFlags = 0xffffffff

// lengthOfAddr is the length of an address attribute, whatever the family.
const lengthOfAddr = 16

// Attributes of a sync daemon (IPVS_DAEMON_ATTR_*).
const (
	daemonAttrState     = 1 // u32
	daemonAttrInterface = 2 // string
	daemonAttrSyncID    = 3 // u32
	daemonAttrMaxLen    = 4 // u16
	daemonAttrGroup     = 5 // u32 BE
	daemonAttrGroup6    = 6 // 16 bytes
	daemonAttrPort      = 7 // u16, in host order unlike all other ports
	daemonAttrTTL       = 8 // u8
)

// Attributes of svcAttrStats, svcAttrStats64 and their like (IPVS_STATS_ATTR_*):
// u64 each in the 64-bit form; in the old form u32 but for the two sums of bytes.
const (
	statsAttrConns    = 1
	statsAttrInPkts   = 2
	statsAttrOutPkts  = 3
	statsAttrInBytes  = 4
	statsAttrOutBytes = 5
	statsAttrCPS      = 6
	statsAttrInPPS    = 7
	statsAttrOutPPS   = 8
	statsAttrInBPS    = 9
	statsAttrOutBPS   = 10
)
