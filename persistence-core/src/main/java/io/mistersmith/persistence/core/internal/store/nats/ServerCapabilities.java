package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.api.ServerInfo;

/**
 * What a server can do, by its version.
 *
 * @param version its version
 * @param compression whether streams can be compressed (2.10)
 * @param messageTtl whether a message can have a time to live (2.11)
 * @param batchGet whether one request can get many keys (2.11)
 * @param clustered whether it belongs to a cluster
 */
record ServerCapabilities(
    String version, boolean compression, boolean messageTtl, boolean batchGet, boolean clustered) {

  static ServerCapabilities of(ServerInfo info) {
    return new ServerCapabilities(
        info.getVersion(),
        info.isSameOrNewerThanVersion("2.10.0"),
        info.isSameOrNewerThanVersion("2.11.0"),
        info.isSameOrNewerThanVersion("2.11.0"),
        info.getCluster() != null);
  }
}
