package ipvs

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"
)

// record is an element of a list.
type record[K comparable] interface {
	// key returns what the record is found by.
	key() K
	// isRemoved reports whether this is the zero record, which replaces a removed
	// one.
	isRemoved() bool
}

// list keeps records in the order in which they were added, and finds them by their
// keys. The zero list is empty.
type list[K comparable, R record[K]] struct {
	records []R    // with an index, zero records where some were removed
	index   *index // nil for up to maxUnindexed records
	removed int    // how many of the records are zero
}

// maxUnindexed is the length up to which a list is searched record by record. An index
// would take more memory and not less time.
const maxUnindexed = 12

// find returns the position of the record with a key, -1 if there is none.
func (l *list[K, R]) find(k K) int {
	if l.index == nil {
		return slices.IndexFunc(l.records, func(r R) bool { return r.key() == k })
	}

	hash := maphash.Comparable(l.index.seed, k)
	for i := range l.index.positions(hash) {
		if r := l.records[i]; !r.isRemoved() && r.key() == k {
			return i
		}
	}
	return -1
}

// add adds a record whose key is not in the list.
func (l *list[K, R]) add(r R) {
	l.records = append(l.records, r)
	l.indexLast()
}

// indexLast indexes the last record if the list is long enough for an index.
func (l *list[K, R]) indexLast() {
	n := len(l.records)
	if n <= maxUnindexed {
		return
	}

	if l.index == nil || !l.index.hasRoom(n) {
		l.reindex()
	} else {
		l.index.add(maphash.Comparable(l.index.seed, l.records[n-1].key()), n-1)
	}
}

// reindex makes a new index of all records.
func (l *list[K, R]) reindex() {
	l.index = newIndex(len(l.records))
	for i, r := range l.records {
		if !r.isRemoved() {
			l.index.add(maphash.Comparable(l.index.seed, r.key()), i)
		}
	}
}

// remove removes the record at a position. In a list with an index, the others
// keep their positions until half of the records are removed ones, so that
// removing all of them one by one takes time in proportion to their number.
func (l *list[K, R]) remove(i int) {
	if l.index == nil {
		l.records = slices.Delete(l.records, i, i+1)
		return
	}

	var zero R
	l.records[i] = zero
	l.removed++
	if l.removed > len(l.records)/2 {
		l.compact()
	}
}

// compact deletes the zero records.
func (l *list[K, R]) compact() {
	l.records = slices.DeleteFunc(l.records, R.isRemoved)
	l.removed = 0
	l.index = nil
	if len(l.records) > maxUnindexed {
		l.reindex()
	}
}

// all yields the records that are not removed, with their positions.
func (l *list[K, R]) all(yield func(int, R) bool) {
	for i, r := range l.records {
		if !r.isRemoved() && !yield(i, r) {
			return
		}
	}
}

// index is a hash table of positions in a list, without the keys: open addressing with
// linear probing, 4 bytes a slot.
type index struct {
	seed  maphash.Seed
	slots []int32 // position+1, or 0 if the slot is free; the length is a power of 2
}

// newIndex returns an empty index with more than two slots for each of n positions.
func newIndex(n int) *index {
	slots := 1 << bits.Len(uint(2*n))
	return &index{seed: maphash.MakeSeed(), slots: make([]int32, slots)}
}

// hasRoom reports whether one in four slots stays free with n positions, which keeps
// searches short.
func (x *index) hasRoom(n int) bool { return 4*n <= 3*len(x.slots) }

// add adds a position under a hash.
func (x *index) add(hash uint64, position int) {
	for n := range x.slots {
		if slot := x.slot(hash, n); *slot == 0 {
			*slot = int32(position + 1)
			return
		}
	}
}

// positions yields the positions that may have been added under a hash.
func (x *index) positions(hash uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := range x.slots {
			if slot := x.slot(hash, n); *slot == 0 || !yield(int(*slot)-1) {
				return
			}
		}
	}
}

// slot returns the n-th slot of a hash, from 0.
func (x *index) slot(hash uint64, n int) *int32 {
	return &x.slots[(hash+uint64(n))&uint64(len(x.slots)-1)]
}
