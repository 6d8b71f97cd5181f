package host

import "github.com/ipvsadm-go/ipvsadm/internal/genl"

// lroName is the name of large receive offload (netdev_features_strings of
// net/ethtool/common.c).
const lroName = "rx-lro"

// readOffloads sets Link.LRO.
func (g *gatherer) readOffloads(conn *genl.Conn) error {
	on, err := readFeature(conn, lroName)
	if err != nil {
		return err
	}
	for i := range g.facts.Links {
		g.facts.Links[i].LRO = on[g.facts.Links[i].Index]
	}
	return nil
}

// readFeature returns the indexes of the links on which a feature is on.
func readFeature(conn *genl.Conn, name string) (on map[int]bool, err error) {
	family, err := conn.LookUp(ethtoolFamily)
	if err != nil {
		return nil, err
	}

	on = map[int]bool{}
	request := genl.Request{
		Family: family, Version: ethtoolVersion, Command: ethtoolGetFeatures,
		Body: func(e *genl.Encoder) { e.Nested(featuresAttrHeader, func(*genl.Encoder) {}) },
	}
	_, err = conn.Dump(request, func() { clear(on) }, func(b []byte) error {
		index, isOn, err := decodeFeatures(b, name)
		on[index] = isOn
		return err
	})
	return on, err
}

// decodeFeatures decodes the features of a link: its index, and whether the one of this
// name is on. The active features are a set that lists those that are on
// (ethnl_put_bitset32 of net/ethtool/bitset.c, without a mask).
func decodeFeatures(b []byte, name string) (index int, isOn bool, err error) {
	d := genl.NewDecoder(b)
	for d.Next() {
		switch d.Type() {
		case featuresAttrHeader:
			header := genl.NewDecoder(d.Bytes())
			for header.Next() {
				if header.Type() == deviceAttrIndex {
					index = int(header.Uint32())
				}
			}
		case featuresAttrActive:
			isOn, err = hasFeature(d.Bytes(), name)
		}
		if err != nil {
			return 0, false, err
		}
	}
	return index, isOn, d.Err()
}

// hasFeature reports whether a set has an element of this name.
func hasFeature(set []byte, name string) (has bool, err error) {
	bits := genl.NewNestedDecoder(set, bitsetAttrBits)
	for bits.Next() {
		if bits.Type() != bitsAttrBit {
			continue
		}
		bit := genl.NewDecoder(bits.Bytes())
		for bit.Next() {
			has = has || bit.Type() == bitAttrName && string(bit.Text()) == name
		}
		if bit.Err() != nil {
			return false, bit.Err()
		}
	}
	return has, bits.Err()
}
