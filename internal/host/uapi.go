package host

// Numbers of rtnetlink and of a generic netlink family, by the names of the kernel's
// headers. Package unix has them for rtnetlink in part only.

// Types of messages: include/uapi/linux/rtnetlink.h.
const (
	rtmGetLink      = 18
	rtmGetAddress   = 22
	rtmGetRoute     = 26
	rtmGetNeighbour = 30
)

// The lengths of the headers that precede the attributes: struct ifinfomsg, ifaddrmsg,
// rtmsg and ndmsg.
const (
	linkHeader      = 16
	addressHeader   = 8
	routeHeader     = 12
	neighbourHeader = 12
)

// Links: include/uapi/linux/if_link.h and if.h.
const (
	linkAttrName     = 3  // IFLA_IFNAME
	linkAttrMTU      = 4  // IFLA_MTU
	linkAttrMaster   = 10 // IFLA_MASTER
	linkAttrInfo     = 18 // IFLA_LINKINFO
	linkAttrFamilies = 26 // IFLA_AF_SPEC
	linkAttrExtMask  = 29 // IFLA_EXT_MASK

	infoAttrKind = 1 // IFLA_INFO_KIND
	infoAttrData = 2 // IFLA_INFO_DATA

	// skipStats asks for links without their counters (RTEXT_FILTER_SKIP_STATS).
	skipStats = 1 << 3

	flagUp        = 0x1    // IFF_UP
	flagLoopback  = 0x8    // IFF_LOOPBACK
	flagRunning   = 0x40   // IFF_RUNNING
	flagNoARP     = 0x80   // IFF_NOARP
	flagMulticast = 0x1000 // IFF_MULTICAST
)

// Addresses: include/uapi/linux/if_addr.h.
const (
	addressAttrAddress = 1 // IFA_ADDRESS: of the other end, if there is a local one
	addressAttrLocal   = 2 // IFA_LOCAL
	addressAttrFlags   = 8 // IFA_FLAGS

	flagNoDAD     = 0x02 // IFA_F_NODAD
	flagDADFailed = 0x08 // IFA_F_DADFAILED
	flagTentative = 0x40 // IFA_F_TENTATIVE
)

// Routes: include/uapi/linux/rtnetlink.h.
const (
	routeAttrDestination = 1  // RTA_DST
	routeAttrLink        = 4  // RTA_OIF
	routeAttrGateway     = 5  // RTA_GATEWAY
	routeAttrSource      = 7  // RTA_PREFSRC
	routeAttrMetrics     = 8  // RTA_METRICS
	routeAttrHops        = 9  // RTA_MULTIPATH
	routeAttrVia         = 18 // RTA_VIA: a gateway of another family

	metricMTU = 2 // RTAX_MTU

	// matchedRoute asks for the route of the table instead of what follows from it
	// (RTM_F_FIB_MATCH).
	matchedRoute = 0x2000

	hopHeader = 8 // the length of struct rtnexthop
)

// Neighbours: include/uapi/linux/neighbour.h.
const neighbourAttrAddress = 1 // NDA_DST

// Features of links: include/uapi/linux/ethtool_netlink.h.
const (
	ethtoolFamily      = "ethtool"
	ethtoolVersion     = 1
	ethtoolGetFeatures = 11 // ETHTOOL_MSG_FEATURES_GET

	featuresAttrHeader = 1 // ETHTOOL_A_FEATURES_HEADER
	featuresAttrActive = 4 // ETHTOOL_A_FEATURES_ACTIVE
	deviceAttrIndex    = 1 // ETHTOOL_A_HEADER_DEV_INDEX
	bitsetAttrBits     = 3 // ETHTOOL_A_BITSET_BITS
	bitsAttrBit        = 1 // ETHTOOL_A_BITSET_BITS_BIT
	bitAttrName        = 2 // ETHTOOL_A_BITSET_BIT_NAME
)
