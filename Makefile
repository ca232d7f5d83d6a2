# Two commands: `make book` builds the site, `make test` checks everything. `make help` lists the rest.
PYTHON ?= python3
VENV = .venv/bin/python
PORT ?= 8000
export PYTHONUTF8 = 1
export FRESH

.DEFAULT_GOAL := help
.PHONY: help environment test-environment book serve slides launch downloads pdf epub offline student test check run bench seeds train lint format lecture demo adopt lock clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

environment:
	@$(PYTHON) tools/environment.py

test-environment:
	@$(PYTHON) tools/environment.py --tests

book: environment  ## execute what changed and build the site into _build/html; NAME=08 executes that lecture only
	@$(VENV) -m tools.site $(NAME)

serve: environment  ## serve the built site on 127.0.0.1 (PORT=8000)
	@$(VENV) -m tools.serve --port $(PORT)

slides: environment  ## make the slide decks only, into _build/html/slides
	@$(VENV) -m tools.site --slides

launch: environment  ## make the notebooks that the rocket opens, which read like their pages, into _build/launch
	@$(VENV) -m tools.launch

downloads: pdf epub offline  ## make the PDFs, the e-book and the ZIP, and offer them on the built site
	@$(VENV) -m tools.downloads

pdf: environment  ## print the built site: the book and each lecture as PDF, into _build/paper; NAME=08 for one lecture
	@$(VENV) -m tools.pdf $(NAME)

epub: environment  ## make an e-book of the built site, into _build/paper
	@$(VENV) -m tools.epub

offline: environment  ## pack the built site into one ZIP to read without a network, into _build/paper
	@$(VENV) -m tools.offline

student: environment  ## make the same without solutions, into _build/student
	@$(VENV) -m tools.student

test: test-environment  ## build the site and run every test; FRESH=1 uses no kept result
	@$(VENV) -m tools.test

check: environment  ## before a commit: style, the lectures' contract, the quick tests; NAME=08 for one lecture
	@$(VENV) -m tools.test --quick $(if $(NAME),--lecture $(NAME))

run: environment  ## run one lecture and its sabotages: make run NAME=08_convolutional_networks (or 08)
	@$(VENV) -m tools.execute $(NAME) && $(VENV) -m tools.variants sabotage $(NAME)

bench: test-environment  ## the trainer against a bare PyTorch loop, and what each lecture costs
	@$(VENV) -m tools.bench

seeds: environment  ## run every lecture, or NAME=08, with the seeds 0 to 4
	@$(VENV) -m tools.variants seeds $(NAME)

train: environment  ## train weights that ship with the book again: make train NAME=gans
	@$(VENV) -m tools.train $(NAME)

lint: environment  ## check style
	@$(VENV) -m tools.style

format: environment  ## mend style
	@$(VENV) -m tools.style --mend

lecture: environment  ## start a lecture: make lecture NAME=20_new_subject
	@$(VENV) -m tools.lecture "$(NAME)"

demo: environment  ## start a new kind of demo: make demo NAME=loss_landscape
	@$(VENV) -m tools.demo "$(NAME)"

adopt: environment  ## make the book your own: make adopt REPO=https://github.com/you/your-book [BRANCH=…] [SITE=…]
	@$(VENV) -m tools.adopt "$(REPO)" $(if $(BRANCH),--branch "$(BRANCH)") $(if $(SITE),--site "$(SITE)")

lock: environment  ## pin the installed versions
	@$(PYTHON) tools/environment.py --lock

clean:  ## remove everything that was built
	rm -rf _build .venv book/_static/vendor
