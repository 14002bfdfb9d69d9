package web_test

import (
	"net/http"
	"testing"

	"google.golang.org/grpc/health/grpc_health_v1"
	"tracktrove.dev/gateway/internal/edge"
	"tracktrove.dev/gateway/internal/fakeserver"
)

// startTwo starts two servers that share their log, and a gateway that is ready and has found both.
func startTwo(t *testing.T) (servers [2]*fakeserver.Server, url string) {
	t.Helper()
	servers[0] = fakeserver.Start(t)
	servers[1] = servers[0].StartReplica()
	_, url = start(t, servers[0].Address+","+servers[1].Address, edge.Options{})
	for _, server := range servers {
		awaitCall(t, url, server)
	}
	return servers, url
}

// awaitCall calls until the server has got a call.
func awaitCall(t *testing.T, url string, server *fakeserver.Server) {
	t.Helper()
	before := server.Calls.Load()
	for ctx := soon(t); server.Calls.Load() == before; {
		if ctx.Err() != nil {
			t.Fatal("a server gets no call")
		}
		call(t, "POST", url+initiate, `{"requestId": "r"}`, nil)
	}
}

func TestCallsTakeTurnsAmongTheServers(t *testing.T) {
	servers, url := startTwo(t)
	before := [2]int64{servers[0].Calls.Load(), servers[1].Calls.Load()}
	for range 20 {
		call(t, "POST", url+initiate, "{}", nil).expectOK(t)
	}
	for i, server := range servers {
		if calls := server.Calls.Load() - before[i]; calls != 10 {
			t.Errorf("server %d got %d of 20 calls", i, calls)
		}
	}
}

func TestNoCallGoesToAServerThatIsNotHealthy(t *testing.T) {
	well := fakeserver.Start(t)
	ill := well.StartReplica()
	ill.Health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	_, url := start(t, ill.Address+","+well.Address, edge.Options{})
	for range 20 {
		call(t, "POST", url+initiate, "{}", nil).expectOK(t)
	}
	if calls := ill.Calls.Load(); calls != 0 {
		t.Errorf("it got %d calls", calls)
	}
	ill.Health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_SERVING)
	awaitCall(t, url, ill)
}

func TestAWriteWhoseServerGoesAwayIsMadeAgainOnlyIfItsRequestIDMakesThatSafe(t *testing.T) {
	servers, url := startTwo(t)
	servers[0].Failing.Store(true)
	for range 10 {
		call(t, "POST", url+initiate, `{"requestId": "r"}`, nil).expectOK(t)
	}
	servers[1].Failing.Store(true)
	before := servers[0].Calls.Load() + servers[1].Calls.Load()
	call(t, "POST", url+initiate, "{}", nil).expectRefusal(t, http.StatusServiceUnavailable, "SERVER_SHUTTING_DOWN")
	if calls := servers[0].Calls.Load() + servers[1].Calls.Load() - before; calls != 1 {
		t.Errorf("a write without a request id was made %d times", calls)
	}
}

func TestCallsThatAreSafeToRepeatDoNotFeelTheDeathOfAServer(t *testing.T) {
	servers, url := startTwo(t)
	for range 10 {
		for _, dies := range servers {
			dies.Stop()
			for range 4 {
				call(t, "POST", url+initiate, `{"requestId": "r"}`, nil).expectOK(t)
				call(t, "GET", url+"/v1/sandboxes/default/transactions", "", nil).expectOK(t)
			}
			dies.Resume()
			awaitCall(t, url, dies)
		}
	}
}

func TestAStreamWhoseServerDiesGoesOnAtAnotherOne(t *testing.T) {
	eachWay(t, func(t *testing.T, open way) {
		servers, url := startTwo(t)
		s := mustOpen(t, open, soon(t), url+watch, 0)
		for i := int64(0); i < 60; i += 6 {
			servers[0].Append(3)
			mustFollow(t, s, i, i+3)
			dies := servers[i/6%2]
			dies.Stop()
			servers[0].Append(3)
			mustFollow(t, s, i+3, i+6)
			dies.Resume()
			awaitCall(t, url, dies)
		}
	})
}

func TestTheGatewayIsReadyWhileOneServerIs(t *testing.T) {
	servers, url := startTwo(t)
	servers[0].Stop()
	call(t, "GET", url+"/readyz", "", nil).expectOK(t)
	servers[1].Stop()
	call(t, "GET", url+"/readyz", "", nil).expectRefusal(t, http.StatusServiceUnavailable, "NO_SERVER_READY")
	servers[0].Resume()
	for ctx := soon(t); call(t, "GET", url+"/readyz", "", nil).httpStatus != http.StatusOK; {
		if ctx.Err() != nil {
			t.Fatal("it does not become ready again")
		}
	}
}
