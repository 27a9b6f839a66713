package attack

import (
	"fmt"
	"slices"
	"strings"
)

// Platforms is a set of the platforms of the enterprise matrix.
type Platforms uint16

// The platforms.
const (
	Containers Platforms = 1 << iota
	ESXi
	IaaS
	IdentityProvider
	Linux
	MacOS
	NetworkDevices
	OfficeSuite
	PRE // before the target is reached
	SaaS
	Windows
)

// platformLetters has a letter of the compact form for each platform, and
// platformNames ATT&CK's name, in the order of the constants.
const platformLetters = "ceiplmnorsw"

var platformNames = [len(platformLetters)]string{
	"Containers", "ESXi", "IaaS", "Identity Provider", "Linux", "macOS", "Network Devices", "Office Suite", "PRE", "SaaS", "Windows",
}

// Names returns the names of the platforms, sorted as the constants are.
func (p Platforms) Names() []string {
	var names []string
	for i, name := range platformNames {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// PlatformLetters returns the platforms that ATT&CK names in the compact form.
func PlatformLetters(names []string) (string, error) {
	var letters strings.Builder
	for i, name := range platformNames {
		if slices.Contains(names, name) {
			letters.WriteByte(platformLetters[i])
		}
	}
	if letters.Len() != len(names) {
		return "", fmt.Errorf("unknown platform among %q, or one twice", names)
	}
	return letters.String(), nil
}

// platformsOf reads the compact form.
func platformsOf(letters string) (Platforms, error) {
	var p Platforms
	for _, letter := range []byte(letters) {
		i := strings.IndexByte(platformLetters, letter)
		if i < 0 || p&(1<<i) != 0 {
			return 0, fmt.Errorf("unknown platform %q, or twice", letter)
		}
		p |= 1 << i
	}
	return p, nil
}
