package ipvs

import "errors"

// ErrIncomplete is wrapped by the error of a listing that may lack entries, or have some
// of them twice, because the kernel rearranged its table while it was read. The kernel
// does so since Linux 7.1, after changes of many entries, and does not report it.
var ErrIncomplete = errors.New("incomplete listing")
