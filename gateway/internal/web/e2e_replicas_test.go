//go:build e2e

package web_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// startServices starts a PostgreSQL and a Redis of the test's own, and answers what tells a server of them.
func startServices(t *testing.T) (environment []string) {
	t.Helper()
	const script = "../../../script/services"
	folder := t.TempDir()
	t.Cleanup(func() {
		if output, err := exec.Command(script, "remove", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, output)
		}
	})
	start := exec.Command(script, "start", folder)
	start.Stderr = os.Stderr
	output, err := start.Output()
	urls := strings.Fields(string(output))
	if err != nil || len(urls) != 2 {
		t.Fatalf("%v: %s", err, output)
	}
	return []string{"TRACKTROVE_DATABASE=" + urls[0], "TRACKTROVE_REDIS=" + urls[1]}
}

func TestTheLogOfReplicasIsFollowedAndWrittenOverTheDeathOfEither(t *testing.T) {
	environment := startServices(t)
	replicas := []*realServer{startServer(t, environment...), startServer(t, environment...)}
	l := makeLab(t, replicas...)
	streams := []stream{}
	for _, open := range ways {
		// Two of each that differ, so that they share no stream of the gateway's, and there are some at both servers.
		streams = append(streams, mustOpen(t, open, soon(t), l.api+"/trace:stream", -1),
			mustOpen(t, open, soon(t), l.api+"/trace:stream?include_diff=true", -1))
	}
	seen := l.head()
	for round := range 6 {
		for i := range 10 {
			l.initiate(fmt.Sprintf(`, "requestId": "%d-%d"`, round, i))
			if i == 5 {
				replicas[round%2].stop(os.Kill)
			}
		}
		head := l.head()
		everyone(t, streams, seen, head)
		seen = head
		replicas[round%2].resume()
	}
	got := call(t, "GET", l.api, "", nil)
	if got.body["transactionCount"] != "60" {
		t.Error("not one transaction for each request id: ", got.text)
	}
	l.expect("GET", l.api+"/ledger:check", "", "checkedTransactions", "60")
	l.expect("GET", l.api+":verifyTrail", "", "complete", "true")
}
