package ruleset

const (
	// minChunk and maxChunk are the capacities in bytes of the first chunk of
	// records and of those of a long list.
	minChunk = 1 << 10
	maxChunk = 64 << 10
)

// records keeps byte records, one after the other, in chunks that are never copied.
type records struct {
	chunks [][]byte
}

// append appends a copy of a record.
func (r *records) append(record []byte) {
	last := len(r.chunks) - 1
	if last < 0 || cap(r.chunks[last])-len(r.chunks[last]) < len(record) {
		size := minChunk
		if last >= 0 {
			size = min(2*cap(r.chunks[last]), maxChunk)
		}
		r.chunks = append(r.chunks, make([]byte, 0, max(size, len(record))))
		last++
	}

	r.chunks[last] = append(r.chunks[last], record...)
}
