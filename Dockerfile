# syntax=docker/dockerfile:1

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source

# The projects first: packages are restored again only when one of these files changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/ComfyGateway/ComfyGateway.csproj src/ComfyGateway/packages.lock.json src/ComfyGateway/
COPY src/ComfyGateway.Access/ComfyGateway.Access.csproj src/ComfyGateway.Access/packages.lock.json src/ComfyGateway.Access/
COPY src/ComfyGateway.Dispatch/ComfyGateway.Dispatch.csproj src/ComfyGateway.Dispatch/packages.lock.json src/ComfyGateway.Dispatch/
COPY src/ComfyGateway.Jobs/ComfyGateway.Jobs.csproj src/ComfyGateway.Jobs/packages.lock.json src/ComfyGateway.Jobs/
COPY src/ComfyGateway.Outputs/ComfyGateway.Outputs.csproj src/ComfyGateway.Outputs/packages.lock.json src/ComfyGateway.Outputs/
COPY src/ComfyGateway.Platform/ComfyGateway.Platform.csproj src/ComfyGateway.Platform/packages.lock.json src/ComfyGateway.Platform/
COPY src/ComfyGateway.Workflows/ComfyGateway.Workflows.csproj src/ComfyGateway.Workflows/packages.lock.json src/ComfyGateway.Workflows/
COPY src/ComfyUi.Client/ComfyUi.Client.csproj src/ComfyUi.Client/packages.lock.json src/ComfyUi.Client/
COPY src/ComfyUi.Simulator/ComfyUi.Simulator.csproj src/ComfyUi.Simulator/packages.lock.json src/ComfyUi.Simulator/
COPY src/Patched.DistributedLock.Postgres/Patched.DistributedLock.Postgres.csproj src/Patched.DistributedLock.Postgres/packages.lock.json src/Patched.DistributedLock.Postgres/
RUN dotnet restore src/ComfyGateway --locked-mode

COPY .editorconfig ./
COPY eng/BannedSymbols.txt eng/
COPY workflows workflows
COPY src src
RUN dotnet publish src/ComfyGateway -c Release --no-restore -o /app \
    # The libraries of other systems: the image needs only its own.
    && find /app/runtimes -mindepth 1 -maxdepth 1 ! -name 'linux*' ! -name unix -exec rm -rf {} +


FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .

# A volume takes over the owner of the folder that it is mounted on.
RUN mkdir -p /data/outputs && chown -R "$APP_UID" /data
VOLUME /data

# The gateway listens where PORT says; the variable of the base image would only make it warn.
ENV ASPNETCORE_HTTP_PORTS= \
    DATA_PATH=/data \
    STORAGE_LOCAL_PATH=/data/outputs
USER $APP_UID
EXPOSE 3000

# The image has bash, but neither curl nor wget.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${PORT:-3000} && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]

ENTRYPOINT ["/app/comfy-gateway"]
CMD ["run"]
