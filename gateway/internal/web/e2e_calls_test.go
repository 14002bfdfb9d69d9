//go:build e2e

package web_test

import (
	"errors"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// calls has a use of every rpc; the test below fails for one that is missing.
var calls = map[string]func(lab){
	"SandboxService.CreateSandbox": func(l lab) {
		l.expect("POST", l.url+"/v1/sandboxes", `{"sandboxId": "made", "seed": "18446744073709551615"}`,
			"seed", "18446744073709551615")
	},
	"SandboxService.GetSandbox": func(l lab) { l.expect("GET", l.api, "", "clock.mode", "MANUAL") },
	"SandboxService.ListSandboxes": func(l lab) {
		l.expect("GET", l.url+"/v1/sandboxes?page_size=1", "", "sandboxes.pace", "INSTANT")
	},
	"SandboxService.UpdateSandbox": func(l lab) {
		l.expect("PATCH", l.api, `{"policy": {"amountLimits": {"minMajorUnits": "0", "maxMajorUnits": "700"}}}`,
			"policy.amountLimits.minMajorUnits", "0")
	},
	"SandboxService.DeleteSandbox": func(l lab) {
		call(l, "DELETE", l.api, "", nil).expectOK(l)
		call(l, "GET", l.api, "", nil).expectRefusal(l, http.StatusNotFound, "SANDBOX_NOT_FOUND")
		call(l, "DELETE", l.api+"?allow_missing=true", "", nil).expectOK(l)
	},
	"SandboxService.ResetSandbox": func(l lab) {
		l.initiate("")
		l.expect("POST", l.api+":reset", "{}", "transactionCount", "0")
	},
	"SandboxService.AdvanceClock": func(l lab) {
		l.expect("POST", l.api+":advanceClock", `{"by": "3600s"}`, "clock.time", "2026-01-02T10:00:00Z")
	},
	"TransactionService.InitiateTransaction": func(l lab) {
		l.expect("POST", l.api+"/transactions:initiate", "{"+tip+"}", "state", "COMPLETED")
		l.expect("POST", l.url+"/transactions/initiate", "{"+tip+"}", "sandbox", "default")
	},
	"TransactionService.GetTransaction": func(l lab) {
		l.expect("GET", l.initiate(`, "payload": {"order": "42"}`), "", "dto.order", "42")
	},
	"TransactionService.ListTransactions": func(l lab) {
		l.initiate("")
		l.expect("GET", l.api+"/transactions?state=COMPLETED&kind=TIP&pageSize=1", "", "transactions.payer", "asha")
		l.expect("GET", l.api+"/transactions?state=FAILED", "", "transactions", "[]")
	},
	"TransactionService.CompleteTransaction": func(l lab) {
		l.expect("POST", l.initiate(`, "capture": "MANUAL"`)+":complete",
			`{"amount": {"currencyCode": "INR", "minorUnits": 1000}}`, "capturedAmount.minorUnits", "1000")
	},
	"TransactionService.CancelTransaction": func(l lab) {
		l.expect("POST", l.initiate(`, "capture": "MANUAL"`)+":cancel", `{"reason": "changed my mind"}`, "state", "REFUNDED")
	},
	"TransactionService.RefundTransaction": func(l lab) {
		l.expect("POST", l.initiate("")+":refund", "{}", "refundedAmount.minorUnits", "2550")
	},
	"TransactionService.WatchTransactions": func(l lab) {
		l.initiate("")
		s := mustOpen(l, openLines, soon(l), l.api+"/transactions:watch", 0)
		if m, err := s.next(); err != nil || m.Result.Change == nil {
			l.Error(m, err)
		}
	},
	"TraceService.GetTrace": func(l lab) {
		l.expect("GET", l.initiate("")+"/trace?includeDiff=true", "", "records.type", "TRANSACTION_INITIATED")
	},
	"TraceService.StreamTrace": func(l lab) {
		transaction := l.initiate("")
		_, id, _ := strings.Cut(transaction, "/transactions/")
		for _, url := range []string{
			transaction + "/trace:stream?stop_at_final=true", l.api + "/trace:stream?stop_at_final=true&transaction=" + id,
		} {
			records := 0
			s := mustOpen(l, openLines, soon(l), url, -1)
			m, err := s.next()
			for ; err == nil; m, err = s.next() {
				if m.Result.Record != nil {
					records++
				}
			}
			if !errors.Is(err, io.EOF) || records < 3 {
				l.Errorf("%s ended with %v after %d records", url, err, records)
			}
		}
	},
	"TraceService.RecordSnapshot": func(l lab) {
		l.expect("POST", l.initiate("")+"/trace:record", `{"service": "menu", "dto": {"total": 1e2}}`, "dto.total", "100")
	},
	"LedgerService.ListLedgerEntries": func(l lab) {
		transaction := l.initiate("")
		_, id, _ := strings.Cut(transaction, "/transactions/")
		l.expect("GET", l.api+"/ledger/entries?transaction="+id, "", "entries.transactionId", id)
	},
	"LedgerService.ListBalances": func(l lab) {
		l.initiate("")
		l.expect("GET", l.api+"/ledger/balances", "", "balances.amount.currencyCode", "INR")
	},
	"LedgerService.CheckLedger": func(l lab) {
		l.initiate("")
		l.expect("GET", l.api+"/ledger:check", "", "checkedTransactions", "1")
	},
	"SandboxService.GetStatistics": func(l lab) {
		l.initiate("")
		l.expect("GET", l.api+":statistics?window=7200s", "", "byKind.name", "TIP")
	},
	"SettlementService.RunSettlement": func(l lab) {
		l.initiate("")
		l.expect("POST", l.api+"/settlements:run", "{}", "totals.net.minorUnits", "2499")
		call(l, "POST", l.api+"/settlements:run", "{}", nil).
			expectRefusal(l, http.StatusBadRequest, "NOTHING_TO_SETTLE")
	},
	"SettlementService.GetSettlementBatch": func(l lab) {
		l.initiate("")
		l.expect("GET", l.api+"/settlements/2026-01-02", "", "payTime", "2026-01-05T12:30:00Z")
	},
	"SettlementService.ListSettlementBatches": func(l lab) {
		l.initiate("")
		l.expect("GET", l.api+"/settlements", "", "batches.state", "OPEN")
	},
	"SettlementService.ListPayouts": func(l lab) {
		l.initiate("")
		l.expect("POST", l.api+"/settlements:run", "{}", "id", "2026-01-02")
		l.expect("GET", l.api+"/settlements/2026-01-02/payouts", "", "payouts.payee", "ravi")
	},
	"DisputeService.OpenDispute": func(l lab) {
		l.expect("POST", l.initiate("")+":openDispute", `{"reason": "NOT_RECEIVED", "text": "it never came"}`,
			"deadline", "2026-01-09T09:00:00Z")
	},
	"DisputeService.SubmitEvidence": func(l lab) {
		l.expect("POST", l.dispute()+":submitEvidence", `{"evidence": [{"title": "receipt", "document": {"no": 7}}]}`,
			"evidence.document.no", "7")
	},
	"DisputeService.ResolveDispute": func(l lab) {
		l.expect("POST", l.dispute()+":resolve", `{"outcome": "LOST", "reason": "conceded"}`, "resolution", "conceded")
	},
	"DisputeService.GetDispute": func(l lab) { l.expect("GET", l.dispute(), "", "amount.minorUnits", "2550") },
	"DisputeService.ListDisputes": func(l lab) {
		l.dispute()
		l.expect("GET", l.api+"/disputes?state=OPEN", "", "disputes.reason", "OTHER")
	},
	"FlowService.CreateFlow": func(l lab) {
		l.expect("POST", l.api+"/flows", `{"flow": `+ownFlow+`}`, "steps.latency.max", "0.090s")
		call(l, "POST", l.api+"/flows", `{"flow": {"id": "none", "kind": "TIP"}}`, nil).
			expectRefusal(l, http.StatusBadRequest, "BAD_REQUEST")
	},
	"FlowService.GetFlow": func(l lab) {
		l.expect("GET", l.api+"/flows/card-purchase", "", "capture", "MANUAL")
	},
	"FlowService.ListFlows": func(l lab) {
		l.expect("GET", l.api+"/flows?pageSize=1", "", "flows.id", "auction-bid-adjustment")
	},
	"FaultService.CreateFaultRule": func(l lab) {
		l.rule()
		l.expect("GET", l.initiate(`, "payload": {"order": "42"}`), "", "failure.faultRuleId", "flaky-risk")
	},
	"FaultService.GetFaultRule": func(l lab) { l.expect("GET", l.rule(), "", "match.step", "score-risk") },
	"FaultService.ListFaultRules": func(l lab) {
		l.rule()
		l.expect("GET", l.api+"/faultRules", "", "rules.id", "flaky-risk")
	},
	"FaultService.UpdateFaultRule": func(l lab) {
		l.expect("PATCH", l.rule(), `{"rule": {"enabled": false}}`, "enabled", "false")
	},
	"FaultService.DeleteFaultRule": func(l lab) {
		rule := l.rule()
		call(l, "DELETE", rule, "", nil).expectOK(l)
		call(l, "GET", rule, "", nil).expectRefusal(l, http.StatusNotFound, "FAULT_RULE_NOT_FOUND")
	},
	"FaultService.PreviewFaultRule": func(l lab) {
		l.initiate("")
		slower := `{"rule": {"fault": {"kind": "ADDED_LATENCY", "duration": "0.001s"}}}`
		l.expect("POST", l.api+"/faultRules:preview", slower, "seen", "6")
		l.expect("POST", l.api+"/faultRules:preview", `{"rule": {"fault": {"kind": "DATABASE_ERROR"}}}`, "seen", "1")
	},
	"FaultService.InjectFailure": func(l lab) {
		held := l.initiate(`, "capture": "MANUAL"`)
		l.expect("POST", held+":injectFailure", `{"fault": {"kind": "LEDGER_REJECTION"}, "actor": "meera"}`, "state", "ESCROW")
		l.expect("POST", held+":complete", "{}", "failure.code", "LEDGER_REJECTED")
	},
	"TraceService.ExplainTransaction": func(l lab) {
		l.expect("GET", l.initiate(`, "simulation": {"failAtStep": "score-risk"}`)+":explain", "", "causes.kind", "FATE_DRAW")
	},
	"AdminService.ForceRetry": func(l lab) {
		l.expect("POST", l.initiate(`, "simulation": {"failAtStep": "score-risk"}`)+":forceRetry",
			`{"actor": "meera", "reason": "once more"}`, "attempt", "2")
	},
	"AdminService.OverrideState": func(l lab) {
		l.expect("POST", l.initiate("")+":overrideState", `{"state": "FAILED", "actor": "meera", "reason": "ticket 7"}`,
			"failure.code", "OVERRIDDEN")
	},
	"SimulationService.RunSimulation": func(l lab) {
		run := call(l, "POST", l.api+"/simulations:run", `{"spec": {"count": 20}}`, nil)
		run.expectOK(l)
		lines := strings.Split(strings.TrimSpace(run.text), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, `"FINISHED"`) || !strings.Contains(last, `"digest"`) {
			l.Error("the last line has no report: ", last)
		}
		call(l, "POST", l.api+"/simulations:run", `{"spec": {"count": 0}}`, nil).
			expectRefusal(l, http.StatusBadRequest, "BAD_REQUEST")
	},
	"SimulationService.GetSimulation": func(l lab) {
		call(l, "POST", l.api+"/simulations:run", `{"spec": {"count": 3}}`, nil).expectOK(l)
		l.expect("GET", l.api+"/simulations/sim-1", "", "report.ledger.ok", "true")
	},
	"SimulationService.ListSimulations": func(l lab) {
		l.expect("GET", l.api+"/simulations", "", "simulations", "[]")
	},
	"SimulationService.CancelSimulation": func(l lab) {
		call(l, "POST", l.api+"/simulations/sim-1:cancel", "{}", nil).
			expectRefusal(l, http.StatusNotFound, "SIMULATION_NOT_FOUND")
	},
	"AdminService.VerifyTrail": func(l lab) {
		l.initiate("")
		l.expect("GET", l.api+":verifyTrail", "", "complete", "true")
	},
}

const ownFlow = `{"id": "own", "kind": "TIP", "steps": [
	{"name": "check", "service": "risk", "latency": {"p50": "0.010s", "p99": "0.050s", "max": "0.090s"},
	 "failures": [{"code": "DECLINED"}], "change": {"risk": {"score": {"$draw": {"min": 1, "max": 9}}}}},
	{"name": "hold", "service": "escrow", "effect": "HOLD"},
	{"name": "capture", "service": "processor", "effect": "CAPTURE"}]}`

func TestEveryRPCDoesByJSONWhatItDoesByGRPC(t *testing.T) {
	shared := startLab(t)
	eachRPC(func(rpc protoreflect.MethodDescriptor) {
		name := string(rpc.Parent().Name() + "." + rpc.Name())
		use, there := calls[name]
		if !there {
			t.Errorf("%s is not used here", name)
			return
		}
		t.Run(name, func(t *testing.T) {
			l := lab{t, shared.server, shared.url, shared.url + "/v1/sandboxes/" + name}
			call(t, "POST", l.url+"/v1/sandboxes", `{"sandboxId": "`+name+`", "clockMode": "MANUAL", "pace": "INSTANT",`+
				`"startTime": "2026-01-02T09:00:00Z"}`, nil).expectOK(t)
			use(l)
		})
	})
}

func TestTheServersErrorsComeThroughWithTheirDetails(t *testing.T) {
	l := startLab(t)
	call(t, "GET", l.api+"/transactions/00000000-0000-7000-8000-000000000000", "", nil).
		expectRefusal(t, http.StatusNotFound, "TRANSACTION_NOT_FOUND")
	call(t, "GET", l.url+"/v1/sandboxes/nowhere", "", nil).expectRefusal(t, http.StatusNotFound, "SANDBOX_NOT_FOUND")
	l.initiate(`, "requestId": "once"`)
	call(t, "POST", l.api+"/transactions:initiate", `{`+tip+`, "requestId": "once", "channel": "ios"}`, nil).
		expectRefusal(t, http.StatusConflict, "REQUEST_ID_REUSED")
	call(t, "GET", l.api+"/trace:stream?resume_after=1000000", "", nil).
		expectRefusal(t, http.StatusBadRequest, "CURSOR_OUT_OF_RANGE")
	wrong := call(t, "POST", l.api+"/transactions:initiate", `{"kind": "TIP", "amount": {"currencyCode": "XXX"}}`, nil)
	wrong.expectRefusal(t, http.StatusBadRequest, "BAD_REQUEST")
	if !strings.Contains(wrong.text, "fieldViolations") {
		t.Error("no field is named: ", wrong.text)
	}
}

func TestTheREADMEsCommandsWorkAsPrinted(t *testing.T) {
	l := startLab(t)
	// Streams do not end by themselves: 28 is curl's word for that its time is up.
	const bounded = `curl() {
		answer=$(command curl --fail-with-body --max-time 2 "$@") || [ $? = 28 ] && [ "$answer" ] || exit 1
	}
	`
	for _, example := range readmeExamples(t, "sh", l.url) {
		if output, err := exec.CommandContext(soon(t), "bash", "-c", bounded+example).CombinedOutput(); err != nil {
			t.Errorf("%s%v: %s", example, err, output)
		}
	}
}

func TestADTOThatIsTooDeepIsRefusedByTheServerOrBeforeItButNeverBroken(t *testing.T) {
	l := startLab(t)
	for levels := 20; levels <= 40; levels++ {
		body := `{` + tip + `, "payload": ` + strings.Repeat(`{"a":`, levels) + `1` + strings.Repeat(`}`, levels) + `}`
		got := call(t, "POST", l.api+"/transactions:initiate", body, nil)
		if levels <= 24 {
			got.expectOK(t)
		} else {
			got.expectRefusal(t, http.StatusBadRequest, "BAD_REQUEST")
		}
	}
}
