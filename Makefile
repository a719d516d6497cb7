# `make` alone lists the targets. Everything is built in Release, so that tests and ./hsstream share one build.
.DEFAULT_GOAL := help
.NOTPARALLEL:

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE := 1
# dotnet and npm need a home; a bare service account may have none.
export HOME ?= $(CURDIR)/.data/home

A ?=
B ?=
ARGS ?=
# Labelled descriptions for evaluate and bench-accuracy, and the edition of their codes when it is not to be found out.
DATA ?= $(HSSTREAM_DATA)
EDITION ?=
ARCHITECTURES ?= default,linear,dnn,lstm,text-cnn
EDITION_FLAG = $(if $(EDITION),--edition $(EDITION))

# The stamp tells ./hsstream that it is built; it carries the time before the build, so a later edit counts as newer.
BUILD = mkdir -p artifacts && touch artifacts/hsstream.stamp.new \
	&& dotnet build HsStream.sln -c Release -v quiet --nologo -clp:ErrorsOnly && mv artifacts/hsstream.stamp.new artifacts/hsstream.stamp

.PHONY: help
help: ## List these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='	' read -r name text; do printf '  %-18s %s\n' "$$name" "$$text"; done

.PHONY: demo
demo: ## Run the whole system in a temporary folder under 5,000 lines, audit, replay, verify, stop
	@./setup.sh demo
	@./hsstream demo

.PHONY: up
up: ## Run the whole system until Ctrl-C (ARGS="--kafka-port 0 ...")
	@./setup.sh demo
	@./hsstream up $(ARGS)

.PHONY: build
build: ## Build everything, warnings as errors
	@./setup.sh build
	@$(BUILD)

.PHONY: test
test: ## Build once, then run every test project and sum up
	@./setup.sh test
	@$(BUILD)
	@tests/run.sh

.PHONY: test-unit
test-unit: build ## Run the tests that need no server
	@tests/run.sh HsStream.UnitTests

.PHONY: test-integration
test-integration: ## Run the tests against real servers (HSSTREAM_TEST_KAFKA=host:port picks another broker)
	@./setup.sh test
	@$(BUILD)
	@tests/run.sh HsStream.IntegrationTests

.PHONY: lint
lint: ## Check formatting and code style without changing anything
	@./setup.sh build
	@dotnet format HsStream.sln --verify-no-changes --exclude artifacts

.PHONY: format
format: ## Mend formatting and code style
	@./setup.sh build
	@dotnet format HsStream.sln --exclude artifacts

.PHONY: bench-broker
bench-broker: ## Measure the broker beside its floor (ARGS="--against host:port")
	@./setup.sh build
	@dotnet run -c Release --project benchmarks/HsStream.Benchmarks -- broker $(ARGS)

.PHONY: bench-encoder
bench-encoder: ## Measure the encoder beside a plain hash
	@./setup.sh build
	@dotnet run -c Release --project benchmarks/HsStream.Benchmarks -- encoder $(ARGS)

.PHONY: bench-scorer
bench-scorer: ## Measure scoring beside bare runs of the model (ARGS="--bundle DIR")
	@./setup.sh build
	@dotnet run -c Release --project benchmarks/HsStream.Benchmarks -- scorer $(ARGS)

.PHONY: bench-pipeline
bench-pipeline: ## Measure the whole pipeline beside its floors (ARGS="--records 100000 --against host:port")
	@./setup.sh test
	@$(BUILD)
	@dotnet artifacts/bin/HsStream.Benchmarks/release/HsStream.Benchmarks.dll pipeline $(ARGS)

.PHONY: evaluate
evaluate: ## Measure models on DATA=file (EDITION=HS2017, ARCHITECTURES=default,linear,...), or on generated lines
	@./setup.sh build
	@$(BUILD)
ifeq ($(DATA),)
	@./hsstream evaluate --split all --blocks 4 --report artifacts/evaluation --command "make evaluate" $(ARGS)
else
	@./hsstream evaluate --data "$(DATA)" $(EDITION_FLAG) --split all --architectures "$(ARCHITECTURES)" --report artifacts/evaluation --command "make evaluate DATA=$(notdir $(DATA))$(if $(EDITION), EDITION=$(EDITION)) ARCHITECTURES=$(ARCHITECTURES)$(if $(ARGS), ARGS='$(ARGS)')" $(ARGS)
	@cp artifacts/evaluation/evaluation.json artifacts/evaluation/evaluation.md benchmarks/results/
endif
	@echo "page: artifacts/evaluation/report.html" >&2

.PHONY: bench-accuracy
bench-accuracy: ## Measure HsStream beside LinearSVC, kNN and fastText on DATA=file (EDITION=HS2017)
	@test -n "$(DATA)" || { echo "usage: make bench-accuracy DATA=file [EDITION=HS2017] [ARGS=\"--only hsstream,knn\"]" >&2; exit 2; }
	@./setup.sh accuracy
	@$(BUILD)
	@/usr/bin/python3 benchmarks/accuracy/baselines.py --data "$(DATA)" $(EDITION_FLAG) --hsstream ./hsstream --out benchmarks/results $(ARGS)

.PHONY: broker-diff
broker-diff: ## Play the same requests to two brokers and compare: A=host:port B=host:port
	@test -n "$(A)$(B)" || { echo "usage: make broker-diff A=host:port B=host:port [ARGS=\"--scripts 100\"]; make broker-diff A=host:port ARGS=\"--record FILE\"" >&2; exit 2; }
	@./setup.sh build
	@dotnet run -c Release --project tests/HsStream.Chaos -- diff $(A) $(B) $(ARGS)

.PHONY: chaos-broker
chaos-broker: ## Kill, tear, fill and simulate the broker, the long version (about half an hour)
	@./setup.sh test
	@dotnet build HsStream.sln -c Release -v quiet --nologo -clp:ErrorsOnly
	@dotnet artifacts/bin/HsStream.Chaos/release/hsstream-chaos.dll kill $(ARGS)
	@dotnet artifacts/bin/HsStream.Chaos/release/hsstream-chaos.dll kill --rounds 20 --durability page-cache $(ARGS)
	@dotnet artifacts/bin/HsStream.IntegrationTests/release/HsStream.IntegrationTests.dll -noLogo -namespace HsStream.IntegrationTests.Broker.Faults -namespace HsStream.IntegrationTests.Broker.Hostile
	@HSSTREAM_TEST_EFFORT=$(or $(EFFORT),20) dotnet artifacts/bin/HsStream.UnitTests/release/HsStream.UnitTests.dll -noLogo -namespace HsStream.UnitTests.Broker.Log -namespace HsStream.UnitTests.Broker.Coordinator -namespace HsStream.UnitTests.Broker.Protocol

.PHONY: chaos
chaos: ## Strike the whole pipeline, 100 rounds over a million descriptions (ARGS="--rounds 20 --records 100000")
	@./setup.sh test
	@$(BUILD)
	@dotnet artifacts/bin/HsStream.Chaos/release/hsstream-chaos.dll pipeline $(ARGS)

.PHONY: clean
clean: ## Remove build outputs and fetched tools; data directories stay
	@rm -rf artifacts .tools

.PHONY: ci
ci: ## Exactly what the server runs
	@.ci/run
