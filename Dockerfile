# The hub on Debian 13, from the same package list as ./dev.
FROM debian:13 AS build
COPY tools/packages.txt /tmp/packages.txt
RUN apt-get update && sed -e 's/#.*//' /tmp/packages.txt | xargs apt-get install -y --no-install-recommends
COPY . /src
RUN cmake -S /src -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=g++-14 \
 && cmake --build /build --target weft weft_workers weft_completion && DESTDIR=/opt/weft cmake --install /build --prefix /usr/local --component weft

FROM debian:13
# The hub's libraries, the workers', what they run in, and script mode's Python: install what your own scripts import on top.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libboost-json1.88.0 \
    libboost-url1.88.0 libllhttp9.2 libssl3t64 libsqlite3-0 libsodium23 libsimdjson25 libyaml-cpp0.8 libspdlog1.15 libre2-11 libpugixml1v5 \
    libxgboost0 libonnxruntime1.21 libfasttext0 libarchive13t64 libgrpc++1.51t64 libgrpc29t64 libabsl20240722 libprotobuf32t64 \
    bubblewrap python3 python3-numpy \
 && rm -rf /var/lib/apt/lists/* && useradd --system --home-dir /var/lib/weft --create-home weft
COPY --from=build /opt/weft/usr/local /usr/local
USER weft
WORKDIR /var/lib/weft
VOLUME /var/lib/weft
EXPOSE 8420
# The hub listens on the container's loopback until /var/lib/weft/weft.yaml says `listen: {host: 0.0.0.0, hosts: [NAME]}`, the
# names it is reached by, and `keys: {required: true}` (an example is in /usr/local/share/doc/weft). The first key: docker exec CONTAINER weft key new NAME
# Models' programs run in sandboxes of their own, which Docker lets nobody make unless it is told to: docker run --security-opt
# seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined (`weft doctor` says whether it works).
ENTRYPOINT ["weft"]
CMD ["up"]
