package lines

// fewNames is the most members of an object whose names are compared one by
// one.
const fewNames = 32

// names are the names of the objects that are open, to find the second of two
// that are equal, unless they may be. Those of an object on a known path are
// distinct. Of others most are told to be new by one bit of a filter.
type names struct {
	repeat bool // a name may come again
	paths  paths
	root   int32 // step where the path of the next object begins
	list   []string
	inner  object // the innermost that is open
}

// An object is what is known of the names of one.
type object struct {
	step   int32               // the path that its names are so far; elsewhere = none, they are in the list
	first  int                 // place of its first name in the list; it has the rest
	filter [4]uint64           // a bit for the hash of each name
	many   map[string]struct{} // all names, once there are more than a few
}

// reset closes all objects.
func (n *names) reset() {
	n.paths.reset()
	n.root = 0
	if n.inner.step != 0 || n.inner.first > 0 || len(n.list) > 0 {
		n.list, n.inner = n.list[:0], object{}
	}
}

// open begins an object, and returns the one around it for close.
func (n *names) open() object {
	around := n.inner
	n.inner = object{step: n.root, first: len(n.list)}
	n.root = 0
	return around
}

// close ends the innermost object.
func (n *names) close(around *object) {
	n.list, n.inner = n.list[:n.inner.first], *around
}

// some reports whether the innermost object has a name so far.
func (n *names) some() bool {
	return n.inner.step < 0 || n.paths.steps[n.inner.step].depth > 0
}

// follow returns the step that the path of the innermost object goes on with, if l
// begins with its text, else nil.
func (n *names) follow(l string) *step {
	if n.inner.step < 0 {
		return nil
	}
	steps := n.paths.steps
	for i := steps[n.inner.step].first; i != 0; i = steps[i].other {
		if s := &steps[i]; s.begins(l) {
			n.inner.step = i
			return s
		}
	}
	return nil
}

// stray adds a name that the path of the innermost object does not go on with,
// and reports whether it is new there. text is what follow would find; "" = it is
// not to be learnt.
func (n *names) stray(name, text string) bool {
	behind := n.inner.step
	if behind >= 0 {
		if text != "" && !n.onPath(name) {
			if n.inner.step = n.paths.learn(behind, text, len(name)); n.inner.step >= 0 {
				return true
			}
		}
		n.inner.step = elsewhere
		for s := &n.paths.steps[behind]; s.depth > 0 && !n.repeat; s = &n.paths.steps[s.back] {
			n.add(s.name)
		}
	}
	return n.repeat || n.add(name)
}

// onPath reports whether a name is on the path of the innermost object.
func (n *names) onPath(name string) bool {
	for s := &n.paths.steps[n.inner.step]; s.depth > 0; s = &n.paths.steps[s.back] {
		if s.name == name {
			return true
		}
	}
	return false
}

// add adds a name to the list, and reports whether it is new there.
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
