package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.api.ServerInfo;

/**
 * The capabilities of a server, by its version.
 *
 * @param version its version
 * @param compression whether streams can be compressed (2.10)
 * @param streamMetadata whether streams keep metadata (2.10)
 * @param messageTtl whether a message can have a time to live (2.11)
 * @param batchGet whether one request can get many keys (2.11)
 * @param quickEviction whether the messages of one subject are removed quickly (2.11: known of
 *     2.15.1, and known not to be so of 2.9.10)
 * @param severalFilters whether a consumer can have several filters, and says in its heartbeats how
 *     far it has looked (2.10.22: earlier ones do so in another way, or not)
 * @param exactLimits whether a full stream refuses each message that does not fit (2.10.5: earlier
 *     ones accept some, and drop the oldest messages instead; nats-server issue 4771)
 * @param atomicPublish whether several messages can be stored at once, all or none (2.12)
 * @param clustered whether it belongs to a cluster
 */
record ServerCapabilities(
    String version,
    boolean compression,
    boolean streamMetadata,
    boolean messageTtl,
    boolean batchGet,
    boolean quickEviction,
    boolean severalFilters,
    boolean exactLimits,
    boolean atomicPublish,
    boolean clustered) {

  static ServerCapabilities of(ServerInfo info) {
    return new ServerCapabilities(
        info.getVersion(),
        info.isSameOrNewerThanVersion("2.10.0"),
        info.isSameOrNewerThanVersion("2.10.0"),
        info.isSameOrNewerThanVersion("2.11.0"),
        info.isSameOrNewerThanVersion("2.11.0"),
        info.isSameOrNewerThanVersion("2.11.0"),
        info.isSameOrNewerThanVersion("2.10.22"),
        info.isSameOrNewerThanVersion("2.10.5"),
        info.isSameOrNewerThanVersion("2.12.0"),
        info.getCluster() != null);
  }
}
