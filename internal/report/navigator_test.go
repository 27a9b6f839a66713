package report

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/attack"
)

func counts() []TechniqueCount {
	at := time.Date(2026, 3, 18, 10, 26, 0, 0, time.UTC)
	return []TechniqueCount{
		{"TA0004", "T1548.001", attack.Enterprise, Count{N: 30}, 2 * 30, Count{N: 2}, Count{250_000, true}, at, at, []string{"R0015"}, "find / -perm -4000", Count{}},
		{"TA0005", "T1070", attack.Enterprise, Count{N: 4}, 2 * 4, Count{N: 1}, Count{}, time.Time{}, time.Time{}, []string{"R0016", "R0017"}, "", Count{}},
		{"TA0005", "T1070.003", attack.Enterprise, Count{N: 2}, 2 * 2, Count{N: 1}, Count{}, time.Time{}, time.Time{}, []string{"R0016"}, "", Count{}},
		{"TA0104", "T0807", attack.ICS, Count{N: 9}, 2 * 9, Count{N: 1}, Count{}, time.Time{}, time.Time{}, []string{"R0400"}, "", Count{}},
		{"TA0104", "T0807", attack.Mobile, Count{N: 1}, 2 * 1, Count{N: 1}, Count{}, time.Time{}, time.Time{}, []string{"R0400"}, "", Count{}},
		{"TA0005", "T9999", attack.Enterprise, Count{N: 99}, 2 * 99, Count{N: 1}, Count{}, time.Time{}, time.Time{}, []string{"R0999"}, "", Count{}},
	}
}

func TestNavigator(t *testing.T) {
	const want = `{
  "name": "hive",
  "versions": {
    "attack": "19",
    "navigator": "5.1.0",
    "layer": "4.5"
  },
  "domain": "enterprise-attack",
  "techniques": [
    {
      "techniqueID": "T1070",
      "tactic": "stealth",
      "score": 4,
      "metadata": [
        {
          "name": "tags",
          "value": "8"
        },
        {
          "name": "attackers",
          "value": "1"
        },
        {
          "name": "sessions",
          "value": "0"
        },
        {
          "name": "rules",
          "value": "R0016, R0017"
        }
      ],
      "links": [
        {
          "label": "ATT&CK",
          "url": "https://attack.mitre.org/techniques/T1070"
        }
      ],
      "showSubtechniques": true
    },
    {
      "techniqueID": "T1070.003",
      "tactic": "stealth",
      "score": 2,
      "metadata": [
        {
          "name": "tags",
          "value": "4"
        },
        {
          "name": "attackers",
          "value": "1"
        },
        {
          "name": "sessions",
          "value": "0"
        },
        {
          "name": "rules",
          "value": "R0016"
        }
      ],
      "links": [
        {
          "label": "ATT&CK",
          "url": "https://attack.mitre.org/techniques/T1070/003"
        }
      ]
    },
    {
      "techniqueID": "T1548",
      "tactic": "privilege-escalation",
      "showSubtechniques": true
    },
    {
      "techniqueID": "T1548.001",
      "tactic": "privilege-escalation",
      "score": 30,
      "comment": "find / -perm -4000",
      "metadata": [
        {
          "name": "tags",
          "value": "60"
        },
        {
          "name": "attackers",
          "value": "2"
        },
        {
          "name": "sessions",
          "value": "250000+"
        },
        {
          "name": "first seen",
          "value": "2026-03-18T10:26:00Z"
        },
        {
          "name": "last seen",
          "value": "2026-03-18T10:26:00Z"
        },
        {
          "name": "rules",
          "value": "R0015"
        }
      ],
      "links": [
        {
          "label": "ATT&CK",
          "url": "https://attack.mitre.org/techniques/T1548/001"
        }
      ]
    }
  ],
  "gradient": {
    "colors": [
      "#ffe766",
      "#ff6666"
    ],
    "minValue": 0,
    "maxValue": 30
  }
}
`
	got := string(Navigator("hive", attack.Enterprise, catalogue(), counts()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Navigator() (-want +got):\n%s", diff)
	}
}

func TestNavigatorDomains(t *testing.T) {
	want := map[attack.Domain]int{attack.Enterprise: 4, attack.Mobile: 0, attack.ICS: 1}
	for _, d := range attack.Domains() {
		var l layer
		if err := json.Unmarshal(Navigator("x", d, catalogue(), counts()), &l); err != nil {
			t.Fatal(err)
		}
		if l.Domain != d || l.Techniques == nil || len(l.Techniques) != want[d] {
			t.Errorf("layer of %s: domain %s, %d techniques, want %d", d, l.Domain, len(l.Techniques), want[d])
		}
		if l.Gradient.MinValue >= l.Gradient.MaxValue {
			t.Errorf("layer of %s: gradient from %d to %d", d, l.Gradient.MinValue, l.Gradient.MaxValue)
		}
	}
}
