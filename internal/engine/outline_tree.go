package engine

import (
	"strconv"
	"strings"
)

// treeTags are the tags of scalars, by the letter with which their words begin.
var treeTags = map[byte]string{'=': "!!str", '#': "!!int", '%': "!!float", '?': "!!bool", '~': "!!null"}

// tree writes a tree without the places of its values: a scalar is a word that begins
// with a sign of its tag, [ and { begin a list and a mapping with their lengths.
func (c *codec) tree(n *Node) {
	var word string
	switch n.Kind {
	case Scalar:
		for sign, tag := range treeTags {
			if tag == n.Tag {
				word = string(sign) + n.Value
			}
		}
	case Sequence:
		word = "[" + strconv.Itoa(len(n.Items))
	case Mapping:
		word = "{" + strconv.Itoa(len(n.Items))
	}
	c.broken = c.broken || word == ""
	c.text(&word)
	for i, item := range n.Items {
		if n.Kind == Mapping {
			c.tree(n.Keys[i])
		}
		c.tree(item)
	}
}

// treeWords returns what tree writes of n, "" when that has a tag of another kind.
func treeWords(n *Node) string {
	var c codec
	if c.tree(n); c.broken {
		return ""
	}
	return string(c.out)
}

// A treeReader reads what tree wrote. Every node has a word and stands in at most
// one list, so that there is room for all in two pieces.
type treeReader struct {
	codec
	nodes []Node
	lists []*Node
}

func newTreeReader(words string) *treeReader {
	most := strings.Count(words, " ") + 1
	return &treeReader{codec{in: words, reading: true}, make([]Node, 0, most), make([]*Node, most)}
}

// tree reads a node, below so many others.
func (c *treeReader) tree(depth int) *Node {
	word := c.next()
	if word == "" || depth > maxTreeDepth {
		c.fail()
		return &Node{}
	}
	c.nodes = append(c.nodes, Node{Kind: Scalar, Tag: treeTags[word[0]], Value: word[1:]})
	n := &c.nodes[len(c.nodes)-1]
	switch word[0] {
	case '[':
		n.Kind, n.Tag, n.Value = Sequence, "!!seq", ""
		n.Items = c.room(word[1:])
	case '{':
		n.Kind, n.Tag, n.Value = Mapping, "!!map", ""
		n.Keys, n.Items = c.room(word[1:]), c.room(word[1:])
	}
	for i := range n.Items {
		if n.Kind == Mapping {
			n.Keys[i] = c.tree(depth + 1)
		}
		n.Items[i] = c.tree(depth + 1)
	}
	return n
}

// room returns a list of the length that a word spells.
func (c *treeReader) room(length string) []*Node {
	k, err := strconv.ParseUint(length, 10, 31)
	if err != nil || int(k) > len(c.lists) {
		c.fail()
		return nil
	}
	part := c.lists[:k:k]
	c.lists = c.lists[k:]
	return part
}
