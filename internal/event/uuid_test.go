package event

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestNamespacesDeriveFromTheirNames(t *testing.T) {
	tests := []struct {
		name string
		got  UUID
	}{
		{"decnet:ttp_tag:v1", namespaceTag},
		{"ttpctl:attacker:v1", namespaceAttacker},
		{"ttpctl:identity:v1", namespaceIdentity},
	}
	for _, tt := range tests {
		want := newUUIDv5(namespaceURL, append(make([]byte, nameSpace), tt.name...))
		if tt.got != want {
			t.Errorf("name space %s = %v, want %v", tt.name, tt.got, want)
		}
	}
}

// The golden values of EVENTS.md sections 1 and 2.
func TestTagUUID(t *testing.T) {
	tests := []struct {
		kind, source, rule string
		version            int
		technique, sub     string
		want               string
	}{
		{"command", "cmd_42", "R0014", 2, "T1083", "", "9aa491e5-f03b-5d8f-9eb5-161becedcdd6"},
		{"command", "cmd_42", "R0015", 1, "T1548", "T1548.001", "4fd57b14-c135-544c-97d9-4fabc1051584"},
		{"intel", "intel-catchup:sess-1", "R0056", 1, "T1071", "T1071.001", "6f72bba8-828f-5214-82fd-52bb58219888"},
		{"command", "a|b|c", "R0019", 1, "T1033", "", "092cc2b9-d4f4-5676-a8f0-3b68a791d099"},
		{"command", "sé|ß-日本", "R0019", 1, "T1033", "", "f58efb8b-1f5b-5b43-a298-b8637b7ee706"},
	}
	var buf []byte
	for _, tt := range tests {
		got := TagUUID(new([]byte), tt.kind, tt.source, tt.rule, tt.version, tt.technique, tt.sub)
		if got.String() != tt.want {
			t.Errorf("TagUUID(%q, %q, %q, %d, %q, %q) = %v, want %v", tt.kind, tt.source, tt.rule, tt.version, tt.technique, tt.sub, got, tt.want)
		}
		if again := TagUUID(&buf, tt.kind, tt.source, tt.rule, tt.version, tt.technique, tt.sub); again != got {
			t.Errorf("TagUUID with a used buffer = %v, want %v", again, got)
		}
	}
}

func TestUUIDText(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		var u UUID
		for i := range u {
			u[i] = byte(random.IntN(256))
		}
		want := fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
		if got := u.String(); got != want {
			t.Fatalf("String of % x = %s, want %s", u[:], got, want)
		}
	}
}

func TestDerivedAnchors(t *testing.T) {
	tests := []struct{ ip, attacker, identity string }{
		{"203.0.113.9", "3a90f681-a007-5d06-8036-a9c1661decb1", "773d7813-ac2c-5839-a614-3a5cca9f16c6"},
		{"::ffff:203.0.113.9", "3a90f681-a007-5d06-8036-a9c1661decb1", "773d7813-ac2c-5839-a614-3a5cca9f16c6"},
		{"2001:db8::1", "ddcc99c7-193b-5b8c-8151-6bcb9c82a9c5", ""},
		{"2001:db8:0:0::1%eth0", "ddcc99c7-193b-5b8c-8151-6bcb9c82a9c5", ""},
	}
	for _, tt := range tests {
		attacker := AttackerUUID(netip.MustParseAddr(tt.ip)).String()
		if attacker != tt.attacker {
			t.Errorf("AttackerUUID(%s) = %s, want %s", tt.ip, attacker, tt.attacker)
		}
		if identity := IdentityUUID(attacker).String(); tt.identity != "" && identity != tt.identity {
			t.Errorf("IdentityUUID(%s) = %s, want %s", attacker, identity, tt.identity)
		}
	}
}

func BenchmarkTagUUID(b *testing.B) {
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		TagUUID(&buf, "command", "2f1c0a9be1d3#cmd12", "R0015", 1, "T1548", "T1548.001")
	}
}
