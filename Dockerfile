# CodeCompanion as a container: docs/DOCKER.md. The steps are those of scripts/image-steps, which CI runs without Docker.
# The base is named by tag and not by digest: docs/DOCKER.md has the command that fills it in. It stands in a FROM of its own, where
# Dependabot sees it, and not in an ARG, where it does not.
FROM python:3.13-slim-bookworm AS base

FROM base AS build
WORKDIR /source
COPY scripts/uv scripts/image-steps scripts/
COPY pyproject.toml requirements-base.txt README.md LICENSE ./
COPY src/ src/
RUN scripts/image-steps build /opt/codecompanion

FROM base
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="CodeCompanion" \
      org.opencontainers.image.description="A team of AI agents that changes a git repository and can prove, replay and price every step" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY scripts/image-steps /opt/container/scripts/
RUN /opt/container/scripts/image-steps packages && /opt/container/scripts/image-steps user
COPY deploy/container/ /opt/container/
COPY --from=build /opt/codecompanion /opt/codecompanion
ENV PATH=/opt/codecompanion/bin:$PATH \
    CODECOMPANION_STATE_DIR=/var/lib/codecompanion/state \
    PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes can see that it is not root's.
USER 10001:10001
WORKDIR /work
VOLUME ["/var/lib/codecompanion/state"]
EXPOSE 4020
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/opt/container/healthy"]
ENTRYPOINT ["/usr/bin/tini", "--", "/opt/container/entry"]
CMD ["serve", "--host", "0.0.0.0", "--host-name", "localhost", "--host-name", "127.0.0.1"]
