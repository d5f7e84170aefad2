# Letterlock's commands. Everything sets itself up from the locks; nothing else is needed but make and Python 3.11+.

PYTHON ?= python3
UV_VERSION := 0.13.9
PYTHON_MINOR := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

export UV := $(CURDIR)/.tools/bin/uv
export UV_PYTHON_DOWNLOADS := never
export SAM_CLI_TELEMETRY := 0
export LAMBDA_PYTHON ?= $(PYTHON_MINOR)
export LAMBDA_ARCH ?= arm64
export PYTHONPATH := $(CURDIR)/layers/core:$(CURDIR)
RUN := .venv/bin/python
REGION ?= eu-west-1

.DEFAULT_GOAL := help

##@ Using it

run: setup ## start the local cloud, send sample mail through it, and stay up until Ctrl-C
	@$(RUN) -m local.run

demo: setup ## the same on free ports: mail, files and a subscription there and back; then end
	@$(RUN) -m local.demo

e2e-corpus: setup ## send every mail of DIR through the SMTP door, and show that the ledger's sum holds
	@test -n "$(DIR)" || { echo "say which folder: make e2e-corpus DIR=/path/to/mails" >&2; exit 2; }
	@$(RUN) -m local.corpus "$(DIR)"

prove-sealed: setup ## plant markers in mail, look for them in everything that the local cloud stored
	@$(RUN) -m local.sealed

chaos: setup ## mail in and replies out while functions are killed: MAILS=500 REPLIES=100 SEED=1
	@$(RUN) -m local.chaos $(if $(MAILS),--mails $(MAILS)) $(if $(REPLIES),--replies $(REPLIES)) $(if $(SEED),--seed $(SEED))

prove-revocation: setup ## four clients hammer a local cloud of its own while each kind of credential is revoked: none gets in after
	@$(RUN) -m local.prove_revocation

prove-connected: setup ## an account that somebody connects: mention in, answer out, refresh, revocation here and at its provider, which may be down
	@$(RUN) -m local.prove_connected

prove-attachments: setup ## a file in and out of a local cloud of its own, whole; files that lie, or would hurt, go nowhere
	@$(RUN) -m local.prove_attachments

verify-digests: setup ## recompute every conversation's digest from its items: of the local cloud, or with ENV and WORKSPACE on AWS
	@$(if $(ENV),$(RUN) -m tools.verify_digests $(ENV) "$(WORKSPACE)" --region $(REGION),$(RUN) -m local.verify_digests)

replay: setup ## parse and thread the archive's mails as it would be done today: of the local cloud, or with ENV and WORKSPACE on AWS
	@$(if $(ENV),$(RUN) -m tools.replay $(ENV) "$(WORKSPACE)" --region $(REGION),$(RUN) -m local.replay)

verify-audit: setup ## hold the audit log's chain against its entries and anchors: of the local cloud, or with ENV and WORKSPACE on AWS
	@$(if $(ENV),$(RUN) -m tools.verify_audit $(ENV) "$(WORKSPACE)" --region $(REGION),$(RUN) -m local.verify_audit)

clean: ## drop the local cloud's state and what the builds left
	rm -rf .local .aws-sam .build-cache

##@ Checking it

test: check check-build .venv-policy/.synced ## every test there is, on a machine that nobody prepared
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),-O) $(TESTS)

# Two at a time: what runs on a local cloud mostly waits, so it goes first, beside what does not. Unit tests: `check`.
TESTS := test-on-local-cloud test-handlers test-rest test-policy
test-handlers:
	$(RUN) -m pytest tests/handlers tests/matrix
	@$(RUN) -m bench.prove_billing --orders 5
test-rest:
	$(RUN) -m pytest $(foreach each,unit handlers matrix policy e2e,--ignore=tests/$(each))
test-policy:
	$(RUN) -m pytest tests/policy
test-on-local-cloud:
	$(RUN) -m pytest tests/e2e
	AUTH=true $(RUN) -m pytest tests/e2e/test_local_round_trip.py
	@$(RUN) -m local.sealed
	@$(RUN) -m local.chaos --mails 20 --replies 5
	@$(RUN) -m local.prove_attachments --small

# Two at a time: mypy and the bill alone take half a minute of one core each.
check: setup ## lint, types, import contracts, generated files, the bill, unit tests: under a minute, warm
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),-O) $(CHECKS)

CHECKS := check-types check-bill check-unit check-template check-generated check-imports check-lint
check-lint:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
check-types:
	.venv/bin/mypy layers/core functions local tools tests bench
check-imports:
	.venv/bin/lint-imports --no-logo
check-generated:
	$(RUN) -m tools.openapi --check
	$(RUN) -m tools.event_schemas --check
check-template:
	AWS_DEFAULT_REGION=$(REGION) .venv/bin/sam validate --lint
check-bill:
	$(RUN) -m bench.bill --check
check-unit:
	$(RUN) -m pytest tests/unit -q

policy: setup .venv-policy/.synced ## judge the expanded template, ours or TEMPLATE=file: our rules, cfn-lint, checkov; weaken ours to try the rules
	@$(RUN) -m pytest tests/policy/test_template.py $(if $(TEMPLATE),,tests/policy/test_weakenings.py) -qq --tb=no -rN -p no:randomly

bill: setup ## what each operation costs against its bound; ACCEPT=1 writes bench/bill.json anew
	@$(RUN) -m bench.bill $(if $(ACCEPT),--accept)

ingest: setup ## every mail of DIR through the inbound handler, on moto: a line of JSON each in OUT; or into a workspace: INTO=connection.json
	@test -n "$(DIR)" -a -n "$(OUT)$(INTO)" || { echo "say which folder, and where to: make ingest DIR=/path/to/mails OUT=result.jsonl, or INTO=connection.json" >&2; exit 2; }
	@$(if $(INTO),$(RUN) -m tools.import_mailbox "$(DIR)" "$(INTO)" $(if $(RATE),--rate $(RATE)),$(RUN) -m bench.ingest "$(DIR)" "$(OUT)")

compare: setup ## what is stored of the samples in DIR against the expectation beside each: match rates, and why not
	@test -n "$(DIR)" || { echo "say which folder: make compare DIR=/path/to/samples" >&2; exit 2; }
	@$(RUN) -m bench.compare "$(DIR)"

bench-hostile: setup ## what reading mails costs that were made to cost: CPU and memory, against their bounds
	@$(RUN) -m bench.hostile_mails

attacks: setup ## every named attack, from a forged token to HTML that is opened in Chromium, and how it ended
	@$(RUN) -m tests.attacks

bench-quotes: setup ## what finding the visible part of a mail costs on hostile texts, against its bound
	@$(RUN) -m bench.quotes

fuzz: setup ## damaged mails through parser, quotes, checks and sanitiser: N=100000 of them, SEED=… plays one again
	@$(RUN) -m bench.fuzz $(if $(SEED),--seed $(SEED),$(if $(N),--count $(N)))

bench-ingest: setup ## what taking in a mail costs: mails a second and memory, against the standard library's parse of the same set
	@BOTO_DISABLE_CRT=true $(RUN) -m bench.ingest_speed

prove-billing: setup ## a subscription's life with Stripe's events twice and in ORDERS=200 orders: one end; SEED=… for one
	@$(RUN) -m bench.prove_billing $(if $(SEED),--seed $(SEED),$(if $(ORDERS),--orders $(ORDERS)))

argon2: setup ## what other parameters of Argon2id would cost
	@$(RUN) -m bench.argon2

sign-in-timing: setup ## 200 sign-ins of known and unknown addresses: whether a clock tells them apart
	@$(RUN) -m bench.sign_in_timing

permissions: setup ## what each function may do on AWS against what it was seen to do
	@$(RUN) -m bench.permissions

matrix: setup ## who may do what: every route by every kind of caller, against tests/matrix/table.txt
	@$(RUN) -m tests.matrix

faults: setup ## every call to AWS of every function meets every fault: ONLY=<function> narrows, CASE=… plays one again
	@$(RUN) -m bench.faults $(if $(ONLY),--only $(ONLY)) $(if $(CASE),--case $(CASE))

race: setup ## two agents, the mail and its redelivery in 200 interleavings: SEEDS=… for more, SEED=… for one
	@$(RUN) -m bench.race $(if $(SEED),--seed $(SEED),$(if $(SEEDS),--seeds $(SEEDS)))

histories: setup ## mail, agents, senders and crashes in 2,000 seeded orders, in memory: N=… for more, SEED=… for one
	@$(RUN) -m tests.histories $(if $(SEED),--seed $(SEED),$(if $(N),--count $(N)))

check-build: setup ## build for this machine; import every handler with nothing else beside it
	@$(RUN) -m tools.check_build

openapi: setup ## write the API's description from the handlers
	$(RUN) -m tools.openapi

schemas: setup ## write the JSON Schema of each fact on the bus from its class
	$(RUN) -m tools.event_schemas

##@ Deploying it

build: setup ## build for Lambda: wheels and bytecode of the target runtime, without Docker
	AWS_DEFAULT_REGION=$(REGION) .venv/bin/sam build \
	  --parameter-overrides PythonRuntime=python$(LAMBDA_PYTHON) Architecture=$(LAMBDA_ARCH)

deploy: build ## deploy to the AWS account of your credentials: DOMAIN=your mail domain, ENV=dev or prod
	@test -n "$(DOMAIN)" || { echo "say for which mail domain: make deploy DOMAIN=acme.example [ENV=prod] [MAILBOX=support@acme.example]" >&2; exit 2; }
	.venv/bin/sam deploy --region $(REGION) --config-env $(or $(ENV),dev) --parameter-overrides \
	  MailDomain=$(DOMAIN) PythonRuntime=python$(LAMBDA_PYTHON) Architecture=$(LAMBDA_ARCH) $(PARAMETERS)
	$(RUN) -m tools.finish_deploy $(or $(ENV),dev) --region $(REGION) \
	  $(if $(MAILBOX),--mailbox $(MAILBOX)) $(if $(REPLACE_ACTIVE),--replace-active)

stack-ledger: setup ## what came for nobody on a day: ENV=dev or prod, DAY=2026-11-02 (today when left out)
	@$(RUN) -m tools.stack_ledger $(or $(ENV),dev) --region $(REGION) $(if $(DAY),--day $(DAY))

##@ Setting it up

setup: .venv/.synced .venv-ministack/.synced ## make the virtual environments from the locks

.tools/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Letterlock needs Python 3.11 or newer" >&2; exit 2; }
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: uv.lock pyproject.toml | .tools/bin/uv
	$(UV) sync --quiet --frozen --python $(PYTHON)
	@touch $@

.venv-ministack/.synced: local/ministack/uv.lock | .tools/bin/uv
	UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-ministack $(UV) sync --quiet --frozen --python $(PYTHON) --project local/ministack
	@touch $@

# What judges a template: checkov, and in its wake the list of AWS's actions.
.venv-policy/.synced: tools/policy/uv.lock | .tools/bin/uv
	UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-policy $(UV) sync --quiet --frozen --python $(PYTHON) --project tools/policy
	@touch $@

help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Every target that is spelt in small letters: none of them makes a file of its name.
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))
