//go:build browser

package web_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"tracktrove.dev/gateway/internal/edge"
)

const browserPatience = time.Minute

// browser is a headless Chromium, and every address that its page has asked for.
type browser struct {
	ctx context.Context

	mu    sync.Mutex
	asked []string
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1400, 1000),
		// Whatever the browser itself may want to ask for has no address.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	if os.Geteuid() == 0 { // its own sandbox cannot be had as root
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(context.Background(), browserPatience)
	t.Cleanup(cancel)
	process, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	page, closePage := chromedp.NewContext(process)
	t.Cleanup(closePage)
	b := &browser{ctx: page}
	chromedp.ListenTarget(page, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			b.note(e.Request.URL)
		case *network.EventWebSocketCreated:
			b.note(e.URL)
		}
	})
	b.do(t, network.Enable())
	return b
}

func (b *browser) note(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, address)
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

func (b *browser) expectNothingFromElsewhere(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.asked) == 0 {
		t.Error("no request was seen")
	}
	for _, address := range b.asked {
		if at, err := url.Parse(address); err != nil || at.Scheme != "data" && !edge.Loopback(at.Hostname()) {
			t.Errorf("the page asked for %s", address)
		}
	}
}

func TestInABrowserTheLivePageShowsATransactionMoveAndItsTraceOnAClick(t *testing.T) {
	l, b := startLab(t), startBrowser(t)
	b.do(t, chromedp.Navigate(l.url+"/?sandbox=lab"), chromedp.WaitVisible("#connection.live"))
	transaction := l.initiate(`, "capture": "MANUAL"`)
	_, id, _ := strings.Cut(transaction, "/transactions/")
	row := fmt.Sprintf("#transactions tr.moved[data-id='%s'] .state", id)
	b.do(t, chromedp.WaitVisible(row+".ESCROW"))
	call(t, "POST", transaction+":complete", "{}", nil).expectOK(t)
	b.do(t, chromedp.WaitVisible(row+".COMPLETED"), chromedp.Click(row), chromedp.WaitVisible("#trace .COMPLETED"))
	var trace string
	b.do(t, chromedp.Text("#trace", &trace))
	for _, expected := range []string{"TRANSACTION_INITIATED", "hold-funds", "→ ESCROW", "→ COMPLETED"} {
		if !strings.Contains(trace, expected) {
			t.Errorf("the trace has no %s: %s", expected, trace)
		}
	}
	b.expectNothingFromElsewhere(t)
}

func TestInABrowserSwaggerUIListsEveryOperation(t *testing.T) {
	l, b := startLab(t), startBrowser(t)
	operations := 0
	for _, bindings := range mapping(t) {
		operations += len(bindings)
	}
	listed := fmt.Sprintf("document.querySelectorAll('.opblock').length === %d", operations)
	b.do(t, chromedp.Navigate(l.url+"/swagger-ui.html"), chromedp.Poll(listed, nil))
	var page string
	b.do(t, chromedp.Text("#swagger-ui", &page))
	if !strings.Contains(page, "/transactions/initiate") {
		t.Error("the page says ", page)
	}
	b.expectNothingFromElsewhere(t)
}

func TestInABrowserSwaggerUISendsACallAndShowsItsAnswer(t *testing.T) {
	l, b := startLab(t), startBrowser(t)
	const operation = "#operations-SandboxService-SandboxService_GetSandbox"
	const input = operation + " input[placeholder=sandbox]"
	var answer string
	// Not by the operation's own link: the page draws what it opened that way once more, and forgets the clicks.
	b.do(t, chromedp.Navigate(l.url+"/swagger-ui.html"), chromedp.Click(operation+" .opblock-summary-control"),
		chromedp.Click(operation+" .try-out__btn"), chromedp.WaitEnabled(input), chromedp.SendKeys(input, "lab"),
		chromedp.Click(operation+" .execute"), chromedp.Text(operation+" .live-responses-table .response", &answer))
	if !strings.HasPrefix(answer, "200") || !strings.Contains(answer, "headSequence") {
		t.Error("the answer is shown as ", answer)
	}
	b.expectNothingFromElsewhere(t)
}

func TestInABrowserTheREADMEsWebSocketFollowsTransactions(t *testing.T) {
	l, b := startLab(t), startBrowser(t)
	b.do(t, chromedp.Navigate(l.url))
	for _, example := range readmeExamples(t, "js", l.url) {
		b.do(t, chromedp.Evaluate("var said = []; console.log = (...words) => said.push(JSON.stringify(words))", nil),
			chromedp.Evaluate(example, nil))
		call(t, "POST", l.url+initiate, "{"+tip+"}", nil).expectOK(t)
		b.do(t, chromedp.Poll(`said.some((line) => line.includes('"toState":"INITIATED"'))`, nil))
	}
}

func TestInABrowserThePageAsksForTheTokenAndAWebSocketCarriesIt(t *testing.T) {
	l, b := startLab(t), startBrowser(t)
	_, guarded := start(t, l.server.address, edge.Options{Token: "secret"})
	useToken := func(token string) chromedp.Action {
		return chromedp.Tasks{
			chromedp.WaitVisible("#ask"), chromedp.SetValue("#token", token), chromedp.Click("#ask button"),
		}
	}
	b.do(t, chromedp.Navigate(guarded+"/?sandbox=lab"), useToken("wrong"), useToken("secret"),
		chromedp.WaitVisible("#connection.live"))
	var chosen string
	b.do(t, chromedp.Evaluate(`new Promise((resolve, reject) => {
		const socket = new WebSocket(
			location.origin.replace("http", "ws") + "/v1/sandboxes/lab/transactions:watch", ["tracktrove.v1", "bearer.secret"]);
		socket.onmessage = () => resolve(socket.protocol);
		socket.onclose = ({ code }) => reject(code);
	})`, &chosen, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if chosen != "tracktrove.v1" {
		t.Errorf("the subprotocol is %q", chosen)
	}
	b.expectNothingFromElsewhere(t)
}
