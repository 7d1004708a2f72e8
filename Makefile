# Two commands do everything on a fresh machine: make demo, make test. They need the .NET SDK 10 and get PostgreSQL themselves.

.PHONY: demo test chaos kill build format measure help

help:
	@echo "make demo     build, run one job and show its image, go on serving at http://127.0.0.1:3000"
	@echo "make test     run every test"
	@echo "make chaos    kill the gateway, ComfyUI and PostgreSQL again and again, and check every job"
	@echo "make build    build everything, warnings are errors"
	@echo "make format   check the code style"
	@echo "make kill     kill the gateway 20 times while it stores outputs, and look for what is cut, lost or there twice"
	@echo "make measure  print how fast the gateway is ready, and its idle memory"

demo:
	@sh eng/demo.sh

test:
	@sh eng/test.sh

chaos:
	@sh eng/chaos.sh

build:
	@sh eng/sdk.sh
	dotnet build ComfyGateway.sln

format:
	@sh eng/sdk.sh
	dotnet format ComfyGateway.sln --verify-no-changes

measure:
	@sh eng/measure.sh

kill:
	@sh eng/kill.sh
