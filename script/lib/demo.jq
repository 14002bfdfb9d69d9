# The demo's micro-transactions: one tab-separated line each of kind, amount,
# payer, payee, channel and payload. Everything follows from the number, so that
# every run fires the same. Run with: jq -nr --argjson count N -f demo.jq

def pick($list): $list[. % ($list | length)];
def pad($width): tostring | "0" * ($width - length) + .;

# 15.00, 15.50 ... within the span of whole units.
def amount($from; $span): (. * 37 % ($span * 2)) as $halves
  | "\($from + ($halves / 2 | floor)).\(if $halves % 2 == 1 then "50" else "00" end)";

def tip: pick(["Biryani House", "Dosa Point", "Noodle Bar", "Chaat Corner", "Green Bowl"]) as $restaurant
  | {kind: "tip", amount: amount(10; 90), payer: "customer-\(. * 7 % 900 + 100)", payee: "rider-\(. % 24 + 1)",
     channel: pick(["ios", "android", "web"]),
     payload: {order: {id: "FD-\(. + 48210)", restaurant: $restaurant, items: (. % 4 + 1), deliveredInMinutes: (. * 11 % 35 + 12)},
               rating: (. % 2 + 4), note: pick(["Thank you!", "Fast and friendly", "Even in the rain"])}};

def bid: {kind: "bid-adjustment", amount: amount(50; 400), payer: "bidder-\(. * 13 % 300 + 1)", payee: "auction-\(. % 9 + 70)",
     channel: pick(["web", "api"]),
     payload: {auction: {id: "AU-\(. % 9 + 70)", lot: pick(["vintage radio", "signed bat", "film camera", "first edition"])},
               bid: {previousMinor: (. * 1700 % 400000 + 100000), increments: (. % 5 + 1)},
               device: pick(["desktop", "tablet"])}};

def refund: {kind: "refund", amount: amount(5; 250), payer: "seller-\(. % 12 + 1)", payee: "buyer-\(. * 7 % 900 + 100)",
     channel: "support",
     payload: {reason: pick(["wrong size", "arrived late", "damaged in transit", "not as described", "charged twice"]),
               order: {id: "OR-\(. + 31077)", item: pick(["running shoes", "desk lamp", "headphones"]),
                       paidMinor: (. * 2900 % 40000 + 30000)},
               ticket: "CS-\(. + 1 | pad(5))", evidence: {photos: (. % 3)}}};

def loyalty: {kind: "loyalty-credit", amount: amount(1; 60), payer: "rewards", payee: "member-\(. * 19 % 900 + 100)",
     channel: pick(["ios", "android"]),
     payload: {loyalty: {points: (. * 23 % 900 + 100), streakDays: (. % 14 + 1)},
               campaign: {name: pick(["diwali-25", "weekend-boost", "welcome-back"])}}};

# The kinds take turns; each counts its own.
range($count) | (. % 4) as $turn | . / 4 | floor
  | [tip, bid, refund, loyalty][$turn]
  | [.kind, .amount, .payer, .payee, .channel, (.payload | tojson)] | @tsv
