package attack

import _ "embed"

// Copyright is MITRE's copyright designation, which its licence wants reproduced
// with every copy, to the letter.
const Copyright = "© 2026 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation."

// licenseText is MITRE's licence for ATT&CK as it came with the tables.
//
//go:embed LICENSE.txt
var licenseText string

// License returns the text of MITRE's licence for ATT&CK.
func License() string { return licenseText }
