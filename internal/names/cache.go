package names

import "sync"

// cache remembers what a function answered. Its zero value is not usable: see
// newCache.
type cache[K comparable, V any] struct {
	look func(K) V

	mu      sync.Mutex
	answers map[K]func() V
}

// newCache makes a cache of a function that is called once for each key, without
// a lock held: those who want the same key meanwhile wait, others do not.
func newCache[K comparable, V any](look func(K) V) *cache[K, V] {
	return &cache[K, V]{look: look, answers: map[K]func() V{}}
}

// get is the answer for a key.
func (c *cache[K, V]) get(key K) V {
	c.mu.Lock()
	answer, ok := c.answers[key]
	if !ok {
		answer = sync.OnceValue(func() V { return c.look(key) })
		c.answers[key] = answer
	}
	c.mu.Unlock()
	return answer()
}
