# `make help` says what there is.
CARGO ?= cargo
PREFIX ?= /usr/local
BIN := target/release/rawshake
export CARGO_TERM_COLOR ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo build test oracle lint check pages install uninstall captures deb deb-check dist deny bench fuzz setup clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what building needs and is missing (asks for root when something is)
	@scripts/setup.sh build

build: setup ## Build the release binary
	$(CARGO) build --release --locked

demo: build ## Build, and open and close a connection by hand in the embedded lab
	$(BIN) trace --lab --send hello

# Most tests wait for kernels and their timers, each in a network of its own: twice as many at once as there are processors.
test oracle: export RUST_TEST_THREADS ?= $(shell expr 2 \* $$(nproc))
test: ## Run every test (installs the tools that they compare with, where it may)
	@scripts/setup.sh test
	@rm -f target/skipped-tests.txt
	$(CARGO) test --locked --no-fail-fast --tests
	@if [ -s target/skipped-tests.txt ]; then echo 'Skipped:'; sort -u target/skipped-tests.txt; fi

oracle: ## Compare the tracer with tshark and Zeek: connections, completeness, flags of segments, exchanges, histories
	@scripts/setup.sh test
	$(CARGO) test --locked --test oracle --test streams --test exchanges --test zeek -- --include-ignored

lint: setup ## Format, lints, and the pure rooms on their own
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) check --locked --lib --no-default-features

check: lint test ## What must hold before a commit: lint and test; CI runs the same

pages: setup ## Make man pages and completions for shells in target/pages
	@rm -rf target/pages
	$(CARGO) run --release --locked --example pages -- target/pages

SHARE := $(DESTDIR)$(PREFIX)/share
comma := ,
# Into DESTDIR whoever packs installs, without root: capabilities of files are for the package to give.
install: build pages ## Install the binary with the two capabilities that it needs (not into DESTDIR), man pages and completions
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/rawshake
	$(if $(DESTDIR),,setcap cap_net_raw$(comma)cap_net_admin+ep $(PREFIX)/bin/rawshake)
	install -D -m 644 -t $(SHARE)/man/man1 target/pages/man/*.1
	install -D -m 644 target/pages/completions/rawshake.bash $(SHARE)/bash-completion/completions/rawshake
	install -D -m 644 -t $(SHARE)/zsh/site-functions target/pages/completions/_rawshake
	install -D -m 644 -t $(SHARE)/fish/vendor_completions.d target/pages/completions/rawshake.fish

uninstall: ## Take everything away that was installed
	rm -f $(DESTDIR)$(PREFIX)/bin/rawshake $(SHARE)/man/man1/rawshake.1 $(SHARE)/man/man1/rawshake-*.1
	rm -f $(SHARE)/bash-completion/completions/rawshake $(SHARE)/zsh/site-functions/_rawshake
	rm -f $(SHARE)/fish/vendor_completions.d/rawshake.fish

captures: build ## Make the files in captures/ again, in the lab
	scripts/captures.sh

deb: pages ## Make a Debian package in target/dist
	$(CARGO) build --profile small --locked
	scripts/deb.sh target/small/rawshake target/pages target/dist

deb-check: ## Install that package on a fresh Debian, use it as an ordinary user, and remove it (needs root and debootstrap)
	test -d target/debian-root || debootstrap --variant=minbase --include=libpcap0.8,libcap2-bin,iproute2,man-db bookworm target/debian-root
	RAWSHAKE_TEST_ROOT=$(CURDIR)/target/debian-root $(CARGO) test --locked --test package

dist: setup ## Make all that is given to others in target/dist, twice, and compare
	scripts/dist.sh --check

CARGO_DENY := 0.20.2
deny: ## Check licences, origins, doubles and known faults of all crates with cargo-deny
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny@$(CARGO_DENY)
	$(CARGO) deny check licenses bans sources
	@$(CARGO) deny fetch db 2>/dev/null || { echo 'deny: the database of RustSec cannot be reached: known faults were not looked for' >&2; exit 0; }; \
		$(CARGO) deny check advisories

bench: build ## Measure, as ratios with peers in the same run
	@scripts/setup.sh bench
	$(CARGO) bench --locked

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := headers files outputs arguments endpoints
fuzz: setup ## Fuzz every target for FUZZ_SECONDS (60), with captures/ for seeds; what breaks is kept in fuzz/artifacts
	@command -v cargo-fuzz >/dev/null || $(CARGO) install --locked cargo-fuzz@0.13.2
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/corpus/$$target fuzz/regressions/$$target && \
		RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target fuzz/corpus/$$target captures fuzz/regressions/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1024 -timeout=10 -max_len=65536 -print_final_stats=1 || exit 1; \
	done

clean: ## Remove what was built
	$(CARGO) clean
