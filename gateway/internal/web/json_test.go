package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/fakeserver"
)

func TestJSONHasLowerCamelNamesEnumNamesAndInt64AsStrings(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	got := call(t, "POST", url+"/v1/sandboxes/lab/transactions:initiate",
		`{"requestId": "r-1", "kind": "TIP", "amount": {"currencyCode": "INR", "minorUnits": "2550"}}`, nil)
	got.expectOK(t)
	amount := got.body["amount"].(map[string]any)
	if got.body["requestId"] != "r-1" || got.body["kind"] != "TIP" || amount["minorUnits"] != "2550" {
		t.Error(got.text)
	}
}

func TestJSONLeavesOutWhatIsUnsetButNotZerosThatMeanSomething(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	got := call(t, "POST", url+"/transactions/initiate",
		`{"amount": {"currencyCode": "JPY"}, "payload": {"note": "", "n": 0, "list": []}}`, nil)
	got.expectOK(t)
	for _, unset := range []string{"payer", "kind", "hold", "labels", "failure", "fee"} {
		if value, there := got.body[unset]; there {
			t.Errorf("%s is unset and yet %v", unset, value)
		}
	}
	for name, expected := range map[string]string{
		"amount":   `{"currencyCode":"JPY","minorUnits":"0"}`,
		"sequence": `"0"`,
		"dto":      `{"list":[],"n":0,"note":""}`,
	} {
		if value, _ := json.Marshal(got.body[name]); string(value) != expected {
			t.Errorf("%s is %s, not %s", name, value, expected)
		}
	}
	list := call(t, "GET", url+"/v1/sandboxes/default/transactions", "", nil)
	if value, _ := json.Marshal(list.body); string(value) != `{"transactions":[]}` {
		t.Errorf("an empty list is %s", list.text)
	}
}

func TestRequestsThatAreNotRightAreRefusedAsBadRequests(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	for name, body := range map[string]string{
		"broken JSON":               `{"payer": `,
		"no JSON":                   `hello`,
		"not an object":             `[1]`,
		"something after it":        `{} {}`,
		"an unknown field":          `{"payor": "asha"}`,
		"a duplicate field":         `{"payer": "asha", "payer": "ravi"}`,
		"a field under both names":  `{"requestId": "a", "request_id": "b"}`,
		"a duplicate key in a map":  `{"labels": {"a": "1", "a": "2"}}`,
		"a duplicate key in a DTO":  `{"payload": {"a": 1, "a": 2}}`,
		"invalid UTF-8":             "{\"payer\": \"\xff\xfe\"}",
		"half a surrogate pair":     `{"payer": "\ud800"}`,
		"an unknown enum":           `{"kind": "GIFT"}`,
		"a fraction of a unit":      `{"amount": {"minorUnits": "1.5"}}`,
		"more than 64 bits":         `{"amount": {"minorUnits": "9223372036854775808"}}`,
		"a DTO 1,000 levels deep":   `{"payload": ` + strings.Repeat(`{"a":`, 1000) + `1` + strings.Repeat(`}`, 1001),
		"lists 1,000 levels deep":   `{"payload": {"a": ` + strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000) + `}}`,
		"a million opening braces":  strings.Repeat(`{"a":`, 200_000),
		"an unfinished nested list": `{"payload": {"a": [` + strings.Repeat(`[`, 100_000),
	} {
		got := call(t, "POST", url+"/transactions/initiate", body, nil)
		if got.httpStatus != http.StatusBadRequest || got.reason() != "BAD_REQUEST" {
			t.Errorf("%s: %d %s", name, got.httpStatus, got.reason())
		}
	}
}

func TestADTOAsDeepAsTheServerTakesPasses(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	const levels = 24
	body := `{"payload": ` + strings.Repeat(`{"a":`, levels) + `1` + strings.Repeat(`}`, levels) + `}`
	call(t, "POST", url+"/transactions/initiate", body, nil).expectOK(t)
}

func TestQueriesThatAreNotRightAreRefusedAsBadRequests(t *testing.T) {
	_, url := start(t, fakeserver.Start(t).Address, edge.Options{})
	for _, query := range []string{
		"/transactions?state=RICH", "/transactions?page_size=many", "/transactions:watch?resume_after=x",
		"/transactions:watch?states=RICH",
		// A filter that is misspelt, twice there, or somewhere else already.
		"/transactions?stat=FAILED", "/transactions?state.x=FAILED", "/transactions:watch?resumeafter=1",
		"/transactions?page_size=1&pageSize=2", "/transactions:watch?resume_after=0&resumeAfter=1",
		"/transactions?sandbox=other", "/transactions:watch?sandbox=other",
		// No text.
		"/transactions?payer=%ff", "/transactions:watch?kinds=%ff", "/transactions?%ff=1", "/transactions?payer=%zz",
		"/transactions:watch?resume_after=1&x=%zz", "/transactions?payer=a;state=FAILED", "/transactions/%ff",
	} {
		call(t, "GET", url+"/v1/sandboxes/default"+query, "", nil).expectRefusal(t, http.StatusBadRequest, "BAD_REQUEST")
	}
	call(t, "POST", url+initiate+"?request_id=r-1", "{}", nil).expectRefusal(t, http.StatusBadRequest, "BAD_REQUEST")
	call(t, "GET", url+"/v1/sandboxes/default/transactions?pageSize=2&label=app%3A%E2%82%B9", "", nil).expectOK(t)
}

func TestErrorsAreAStatusInJSONAlsoForPathsAndMethodsThatAreNotThere(t *testing.T) {
	server := fakeserver.Start(t)
	_, url := start(t, server.Address, edge.Options{})
	for _, path := range []string{"/nothing", "/v1", "//", "/v1/sandboxes/a/b/c", "/swagger-ui/x"} {
		call(t, "GET", url+path, "", nil).expectRefusal(t, http.StatusNotFound, "PATH_NOT_FOUND")
	}
	for _, there := range []struct{ method, path, allowed string }{
		{"PUT", "/v1/sandboxes/default", "DELETE, GET, PATCH"}, {"GET", "/transactions/initiate", "POST"},
		{"POST", "/healthz", "GET, HEAD"}, {"OPTIONS", "/v1/sandboxes", "GET, POST"}, {"DELETE", watch, "GET"},
	} {
		got := call(t, there.method, url+there.path, "", nil)
		got.expectRefusal(t, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
		if allowed := got.header.Get("Allow"); allowed != there.allowed {
			t.Errorf("%s allows %s", there.path, allowed)
		}
	}
	call(t, "GET", url+"/v1/sandboxes/default/transactions/x", "", nil).
		expectRefusal(t, http.StatusNotFound, "TRANSACTION_NOT_FOUND")
	server.Stop()
	call(t, "GET", url+"/v1/sandboxes/default/transactions", "", nil).
		expectRefusal(t, http.StatusServiceUnavailable, "SERVER_UNREACHABLE")
}
