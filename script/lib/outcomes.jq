# What became of the demo's transactions: counts and money by kind, then why
# some failed. Input: all of them as one array. Run with: jq -rs -f outcomes.jq

def left($width): . + " " * ($width - length);
def right($width): tostring | " " * ($width - length) + .;

# Minor units as money, for currencies of two decimals.
def money: (. / 100 | floor | tostring) + "." + (. % 100 | tostring | "0" * (2 - length) + .);
def total(f): map(f // "0" | tonumber) | add | money;
def in_state($state): map(select(.state == $state)) | length;

def row($name): ($name | left(16)) + (length | right(8)) + (in_state("COMPLETED") | right(12))
  + (in_state("FAILED") | right(8)) + (total(.capturedAmount.minorUnits) | right(16)) + (total(.fee.minorUnits) | right(12));

(("kind" | left(16)) + ("fired" | right(8)) + ("completed" | right(12)) + ("failed" | right(8))
  + ("captured INR" | right(16)) + ("fees INR" | right(12))),
(group_by(.kind)[] | row(.[0].kind)),
row("all"),
"",
(map(select(.failure)) | group_by([.failure.step, .failure.code])[]
  | "\(length | right(4)) x \(.[0].failure.code) at \(.[0].failure.step)")
