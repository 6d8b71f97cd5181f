package genl

// The controller is the family that knows the others, from
// include/uapi/linux/genetlink.h.
const (
	controllerID      = 0x10 // GENL_ID_CTRL
	controllerVersion = 1

	controllerGetFamily  = 3 // CTRL_CMD_GETFAMILY
	controllerFamilyID   = 1 // CTRL_ATTR_FAMILY_ID, u16
	controllerFamilyName = 2 // CTRL_ATTR_FAMILY_NAME, string
)

// LookUp returns the number of the family of this name, for Request.Family. The error is
// ENOENT, which is an fs.ErrNotExist, when the kernel has no such family. The kernel may
// run modprobe to find that out (ctrl_getfamily of net/netlink/genetlink.c).
func (c *Conn) LookUp(name string) (id uint16, err error) {
	b, err := c.Get(Request{
		Family: controllerID, Version: controllerVersion, Command: controllerGetFamily,
		Body: func(e *Encoder) { e.String(controllerFamilyName, name) },
	})
	if err != nil {
		return 0, err
	}

	d := NewDecoder(b)
	for d.Next() {
		if d.Type() == controllerFamilyID {
			id = d.Uint16()
		}
	}
	if err := d.Err(); err != nil {
		return 0, err
	}
	if id == 0 {
		return 0, ErrMalformed
	}

	return id, nil
}
