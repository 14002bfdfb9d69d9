// The newest transactions of a sandbox as they move, and the trace of the one that is clicked.
const shown = 100;
const element = (id) => document.getElementById(id);
const sandbox = new URLSearchParams(location.search).get("sandbox") || "default";
const base = `/v1/sandboxes/${encodeURIComponent(sandbox)}`;
const transactions = new Map(); // id → {sequence, row}
let selected = null;

// Asks until the gateway takes the token, where it wants one. The token is kept for this tab alone.
async function ask(path) {
  for (;;) {
    const token = sessionStorage.getItem("token");
    const answer = await fetch(path, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    if (answer.ok) return answer;
    const { message } = await answer.json();
    if (answer.status !== 401) throw Object.assign(new Error(message), { refused: answer.status < 500 });
    await askForToken(message);
  }
}

async function askForToken(message) {
  const dialog = element("ask");
  element("why").textContent = message;
  if (!dialog.open) dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  sessionStorage.setItem("token", element("token").value);
}

const get = async (path) => (await ask(path)).json();

function make(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

// Money is in the currency's minor unit; how many digits that is, the browser knows.
function amountText({ currencyCode, minorUnits }) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency: currencyCode });
  return format.format(Number(minorUnits) / 10 ** format.resolvedOptions().maximumFractionDigits);
}

// Shows a transaction as of `sequence`, unless something newer is shown already: the list and the stream are read
// at the same time.
function show({ id, sequence, kind, amount, payer, payee, state, step }, moved) {
  const known = transactions.get(id);
  if (known && known.sequence >= BigInt(sequence)) return;
  const row = make("tr", "", moved ? "moved" : "");
  row.append(make("td", state, `state ${state}`), make("td", kind), make("td", amountText(amount), "number"),
    make("td", `${payer} → ${payee}`), make("td", step ?? ""));
  row.dataset.id = id;
  row.onclick = () => select(id);
  row.classList.toggle("selected", id === selected);
  known?.row.remove();
  transactions.set(id, { sequence: BigInt(sequence), row });
  const table = element("transactions");
  moved ? table.prepend(row) : table.append(row);
  if (table.rows.length > shown) {
    transactions.delete(table.rows[shown].dataset.id);
    table.rows[shown].remove();
  }
  element("empty").hidden = true;
  if (moved && id === selected) select(id);
}

async function select(id) {
  transactions.get(selected)?.row.classList.remove("selected");
  selected = id;
  transactions.get(id)?.row.classList.add("selected");
  element("selected").textContent = id;
  const { records } = await get(`${base}/transactions/${id}/trace?page_size=1000&include_diff=true`);
  if (id === selected) element("trace").replaceChildren(...records.map(traceItem));
}

function traceItem(record) {
  const item = make("li", "");
  const what = [record.type, record.step, record.error?.code, record.detail].filter(Boolean).join(" · ");
  const line = make("p", what);
  if (record.toState !== record.fromState) line.append(" → ", make("span", record.toState, `state ${record.toState}`));
  item.append(line);
  const changes = (record.diff ?? []).map(({ op, path, value }) => `${op} ${path} ${JSON.stringify(value) ?? ""}`);
  const dto = changes.length ? changes.join("\n") : JSON.stringify(record.dto ?? {});
  item.append(make("pre", dto));
  return item;
}

function status(text, className = "") {
  element("connection").textContent = text;
  element("connection").className = className;
}

// Reads the stream with `fetch`, because an EventSource cannot send a token. It goes on after the last sequence seen.
async function follow() {
  for (let after = null; ; ) {
    try {
      const answer = await ask(`${base}/transactions:watch${after === null ? "" : `?resume_after=${after}`}`);
      status("live", "live");
      for await (const { result, error } of jsonLines(answer.body)) {
        if (error) break;
        after = (result.change ?? result.heartbeat).sequence;
        if (result.change) move(result.change);
      }
    } catch (error) {
      if (error.refused) return status(error.message);
    }
    status("reconnecting");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function move(change) {
  show({ ...change, id: change.transactionId, state: change.toState }, true);
}

async function* jsonLines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      yield* lines.map((line) => JSON.parse(line));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function start() {
  const { sandboxes } = await get("/v1/sandboxes?page_size=1000");
  element("sandbox").append(...sandboxes.map(({ id }) => new Option(id, id, false, id === sandbox)));
  element("sandbox").onchange = ({ target }) => { location.search = new URLSearchParams({ sandbox: target.value }); };
  follow();
  const recent = await get(`${base}/transactions?page_size=${shown}`);
  recent.transactions.forEach((transaction) => show(transaction, false));
  element("empty").hidden = transactions.size > 0;
}

start().catch((error) => status(error.message));
