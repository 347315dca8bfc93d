package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.BucketConfig;
import io.mistersmith.persistence.config.BucketConfig.Storage;
import io.mistersmith.persistence.stream.Streams.Difference;
import io.nats.client.api.CompressionOption;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * The wanted settings of a bucket's stream, and their differences from an existing one. Settings
 * that are not configured are left as they are.
 */
record BucketPlan(
    String name,
    Bucket bucket,
    BucketConfig config,
    int replicas,
    ServerCapabilities server,
    UUID installation) {

  /** The bytes that the headers of a message may need beside the largest value. */
  static final int HEADER_ROOM = 1024;

  private static final long UNLIMITED = -1;
  private static final Duration DUPLICATE_WINDOW = Duration.ofMinutes(2);

  /** The existing stream's differences, and its configuration without them. */
  record Changes(List<Difference> differences, StreamConfiguration updated) {}

  String stream() {
    return "KV_" + name;
  }

  String subjects() {
    return "$KV." + name + ".>";
  }

  /** The same plan with another number of replicas. */
  BucketPlan withReplicas(int number) {
    return new BucketPlan(name, bucket, config, number, server, installation);
  }

  /** A stream that does not exist yet. */
  StreamConfiguration create() {
    StreamConfiguration.Builder builder =
        StreamConfiguration.builder()
            .name(stream())
            .subjects(subjects())
            .duplicateWindow(
                config.maxAge().isZero() || config.maxAge().compareTo(DUPLICATE_WINDOW) > 0
                    ? DUPLICATE_WINDOW
                    : config.maxAge());
    for (StreamSetting<?> setting : settings()) {
      setting.apply(builder);
    }
    InstallationMark.write(builder, config.description(), installation, server);
    return builder.build();
  }

  /** Returns the changes that an existing stream needs. */
  Changes compare(StreamConfiguration present) {
    StreamConfiguration.Builder builder = StreamConfiguration.builder(present);
    List<Difference> differences = new ArrayList<>();
    for (StreamSetting<?> setting : settings()) {
      setting.difference(present).ifPresent(differences::add);
      setting.apply(builder);
    }
    InstallationMark.of(null, present.getDescription())
        .ifPresent(id -> builder.description(InstallationMark.marked(config.description(), id)));
    if (present.getDuplicateWindow() != null
        && !config.maxAge().isZero()
        && present.getDuplicateWindow().compareTo(config.maxAge()) > 0) {
      builder.duplicateWindow(config.maxAge());
    }
    return new Changes(List.copyOf(differences), builder.build());
  }

  private List<StreamSetting<?>> settings() {
    List<StreamSetting<?>> all = new ArrayList<>();
    all.add(StreamSetting.description(config.description()));
    all.add(StreamSetting.maxAge(config.maxAge()));
    all.add(
        StreamSetting.of(
            "max_msgs_per_subject",
            (long) config.history(),
            StreamConfiguration::getMaxMsgsPerSubject,
            StreamConfiguration.Builder::maxMessagesPerSubject));
    all.add(
        StreamSetting.storage(
            config.storage() == Storage.FILE ? StorageType.File : StorageType.Memory));
    all.add(StreamSetting.replicas(replicas));
    all.add(StreamSetting.discard(DiscardPolicy.New));
    all.add(StreamSetting.allowRollup(true));
    all.add(
        StreamSetting.of(
            "deny_delete",
            true,
            StreamConfiguration::getDenyDelete,
            StreamConfiguration.Builder::denyDelete));
    all.add(StreamSetting.allowDirect());
    if (server.compression()) {
      all.add(
          StreamSetting.of(
              "compression",
              config.compressed() ? CompressionOption.S2 : CompressionOption.None,
              present ->
                  Objects.requireNonNullElse(
                      present.getCompressionOption(), CompressionOption.None),
              StreamConfiguration.Builder::compressionOption));
    }
    if (wantsMessageTtl()) {
      all.add(
          StreamSetting.of(
              "allow_msg_ttl",
              true,
              StreamConfiguration::getAllowMessageTtl,
              StreamConfiguration.Builder::allowMessageTtl));
    }
    if (wantsAtomicPublish()) {
      all.add(
          StreamSetting.of(
              "allow_atomic",
              true,
              StreamConfiguration::getAllowAtomicPublish,
              StreamConfiguration.Builder::allowAtomicPublish));
    }
    maxBytes().ifPresent(bytes -> all.add(StreamSetting.maxBytes(bytes)));
    config
        .maxValueBytes()
        .ifPresent(bytes -> all.add(StreamSetting.maxMessageBytes(bytes + HEADER_ROOM)));
    if (wantsPlacement() && server.clustered()) {
      all.add(
          StreamSetting.placement(
              new StreamPlace(config.placementCluster(), config.placementTags())));
    }
    return all;
  }

  private Optional<Long> maxBytes() {
    return isSafeWithLimit() ? config.maxBytes() : Optional.of(UNLIMITED);
  }

  /**
   * Whether a limit of bytes costs no acknowledged entry: the server keeps it exactly, or
   * PostgreSQL has what the bucket drops.
   */
  boolean isSafeWithLimit() {
    return server.exactLimits() || bucket == Bucket.AGENT_CONFIG || bucket == Bucket.QUERY_CACHE;
  }

  /** Whether several entries are to be written at once. */
  private boolean wantsAtomicPublish() {
    return server.atomicPublish() && holdsSteps(bucket);
  }

  /** Whether steps are written to the bucket. */
  static boolean holdsSteps(Bucket bucket) {
    return bucket == Bucket.AGENT_STATE || bucket == Bucket.SESSION_DATA;
  }

  /** Whether the server is to end messages by itself. */
  private boolean wantsMessageTtl() {
    return server.messageTtl() && mayEndMessages(bucket, config);
  }

  /**
   * Whether nothing is lost, and nothing comes back, when the server ends a message: never what
   * waits to be flushed; nor where a version before it is kept, or may be found again on disk by a
   * server that was killed, and lives on (tried: it does).
   */
  static boolean mayEndMessages(Bucket bucket, BucketConfig config) {
    return (bucket == Bucket.SESSION_DATA || bucket == Bucket.QUERY_CACHE)
        && config.history() == 1
        && config.storage() == Storage.MEMORY;
  }

  boolean wantsPlacement() {
    return config.placementCluster().isPresent() || !config.placementTags().isEmpty();
  }
}
