# What `go test -json` has to say to a reader: what packages say themselves, why
# one was not built, and all that was printed by tests that did not pass, those
# included that a panic or a time-out cut short. Run with: jq -rjsf go_output.jq

def test: .Package + "/" + .Test;

(map(select(.Test and (.Action == "pass" or .Action == "skip")) | {key: test, value: true}) | from_entries) as $good
| (.[] | select(.Action == "build-output" or (.Action == "output" and (.Test | not))) | .Output),
  (.[] | select(.Action == "output" and .Test and ($good[test] | not)) | .Output)
