package names

import "sync"

// cache remembers what a function returned. Its zero value is not usable: see newCache.
type cache[K comparable, V any] struct {
	lookUp func(K) V

	mu      sync.Mutex
	answers map[K]func() V
}

// newCache returns a cache of a function, which is called once for each key without a
// lock. Callers that want the same key meanwhile wait, others do not.
func newCache[K comparable, V any](lookUp func(K) V) *cache[K, V] {
	return &cache[K, V]{lookUp: lookUp, answers: map[K]func() V{}}
}

// get returns what the function returned for a key.
func (c *cache[K, V]) get(key K) V {
	c.mu.Lock()
	answer, ok := c.answers[key]
	if !ok {
		answer = sync.OnceValue(func() V { return c.lookUp(key) })
		c.answers[key] = answer
	}
	c.mu.Unlock()

	return answer()
}
