# Forwards to ./dev, which explains itself.
.PHONY: help deps build demo test bench soak tsan packages install fresh
help deps build demo test bench soak tsan packages install fresh:
	@./dev $@ $(ARGS)
