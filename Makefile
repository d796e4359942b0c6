# Forwards to ./dev, which explains itself.
.PHONY: help deps build demo test docs bench soak tsan packages fuzz install fresh
help deps build demo test docs bench soak tsan packages fuzz install fresh:
	@./dev $@ $(ARGS)
