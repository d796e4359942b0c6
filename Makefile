# Forwards to ./dev, which explains itself.
.PHONY: help deps build demo test bench install fresh
help deps build demo test bench install fresh:
	@./dev $@ $(ARGS)
