//go:build !race && !poison

package lines

const poison = false
