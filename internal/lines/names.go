package lines

// fewNames is the most members of an object whose names are compared one by
// one.
const fewNames = 32

// names are the names of the objects that are open, to find the second of two
// that are equal. Most are told to be new by one bit of a filter.
type names struct {
	list  []string
	inner object // the innermost that is open
}

// An object is what is known of the names of one.
type object struct {
	first  int                 // place of its first name in the list; it has the rest
	filter [4]uint64           // a bit for the hash of each name
	many   map[string]struct{} // all names, once there are more than a few
}

// reset closes all objects.
func (n *names) reset() {
	if n.inner.first > 0 || len(n.list) > 0 {
		n.list, n.inner = n.list[:0], object{}
	}
}

// open begins an object, and returns the one around it for close.
func (n *names) open() object {
	around := n.inner
	n.inner = object{first: len(n.list)}
	return around
}

// close ends the innermost object.
func (n *names) close(around *object) {
	n.list, n.inner = n.list[:n.inner.first], *around
}

// add adds a name to the innermost object, and reports whether it is new there.
func (n *names) add(name string) bool {
	hash := hashName(name)
	word, bit := &n.inner.filter[hash>>6], uint64(1)<<(hash&63)
	if *word&bit != 0 && n.has(name) {
		return false
	}
	*word |= bit
	n.list = append(n.list, name)
	if len(n.list)-n.inner.first > fewNames {
		n.addToMany()
	}
	return true
}

func (n *names) has(name string) bool {
	if n.inner.many != nil {
		_, has := n.inner.many[name]
		return has
	}
	for _, x := range n.list[n.inner.first:] {
		if x == name {
			return true
		}
	}
	return false
}

func (n *names) addToMany() {
	last := n.list[len(n.list)-1:]
	if n.inner.many == nil {
		n.inner.many = make(map[string]struct{})
		last = n.list[n.inner.first:]
	}
	for _, x := range last {
		n.inner.many[x] = struct{}{}
	}
}

// hashName returns a hash of a name: whoever writes the names can make all
// hashes equal, and gains little.
func hashName(s string) uint8 {
	h := uint64(len(s))
	if len(s) >= 8 {
		h += word(s) ^ word(s[len(s)-8:])<<1
	} else {
		for i := range len(s) {
			h = h<<8 + uint64(s[i])
		}
	}
	return uint8(h * 0x9e3779b97f4a7c15 >> 56)
}

// word returns the first 8 bytes of s, in one load.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
