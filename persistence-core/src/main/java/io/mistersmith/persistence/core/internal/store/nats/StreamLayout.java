package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.StreamPlan.Discard;
import io.mistersmith.persistence.stream.StreamPlan.Storage;
import io.mistersmith.persistence.stream.Streams.Difference;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** The wanted settings of a stream of messages, and their differences from an existing one. */
record StreamLayout(
    StreamPlan plan,
    StreamNames names,
    int replicas,
    ServerCapabilities server,
    UUID installation) {

  private static final int UNLIMITED = -1;

  String name() {
    return names.stream(plan.name());
  }

  /** The same layout with another number of replicas. */
  StreamLayout withReplicas(int number) {
    return new StreamLayout(plan, names, number, server, installation);
  }

  /** A stream that does not exist yet. */
  StreamConfiguration create() {
    StreamConfiguration.Builder builder = StreamConfiguration.builder().name(name());
    settings().forEach(setting -> setting.apply(builder));
    InstallationMark.write(builder, plan.description(), installation, server);
    return builder.build();
  }

  List<Difference> compare(StreamConfiguration present) {
    List<Difference> differences = new ArrayList<>();
    settings().forEach(setting -> setting.difference(present).ifPresent(differences::add));
    return differences;
  }

  /** Whether the stream bears no installation's identity. */
  static boolean isUnmarked(StreamConfiguration present) {
    return InstallationMark.of(present).isEmpty();
  }

  /** The existing stream as planned, with this installation's identity. */
  StreamConfiguration update(StreamConfiguration present) {
    StreamConfiguration.Builder builder = StreamConfiguration.builder(present);
    settings().forEach(setting -> setting.apply(builder));
    if (server.streamMetadata()) {
      Map<String, String> metadata =
          new HashMap<>(Objects.requireNonNullElse(present.getMetadata(), Map.of()));
      metadata.put(InstallationMark.METADATA, installation.toString());
      builder.metadata(metadata);
    } else {
      builder.description(InstallationMark.marked(plan.description(), installation));
    }
    return builder.build();
  }

  private List<StreamSetting<?>> settings() {
    List<StreamSetting<?>> all = new ArrayList<>();
    all.add(StreamSetting.description(plan.description()));
    all.add(
        StreamSetting.of(
            "subjects",
            plan.subjects().stream().map(names::subject).sorted().toList(),
            present -> present.getSubjects().stream().sorted().toList(),
            StreamConfiguration.Builder::subjects));
    all.add(
        StreamSetting.storage(
            plan.storage() == Storage.FILE ? StorageType.File : StorageType.Memory));
    all.add(
        StreamSetting.of(
            "retention",
            retention(),
            StreamConfiguration::getRetentionPolicy,
            StreamConfiguration.Builder::retentionPolicy));
    all.add(StreamSetting.maxAge(plan.maxAge()));
    all.add(
        StreamSetting.of(
            "max_msgs",
            plan.maxMessages().orElse((long) UNLIMITED),
            StreamConfiguration::getMaxMsgs,
            StreamConfiguration.Builder::maxMessages));
    all.add(StreamSetting.maxBytes(plan.maxBytes().orElse((long) UNLIMITED)));
    all.add(StreamSetting.maxMessageBytes(plan.maxMessageBytes().orElse(UNLIMITED)));
    all.add(StreamSetting.replicas(replicas));
    all.add(
        StreamSetting.discard(
            plan.discard() == Discard.OLD ? DiscardPolicy.Old : DiscardPolicy.New));
    all.add(
        StreamSetting.of(
            "duplicate_window",
            plan.duplicateWindow(),
            present -> Objects.requireNonNullElse(present.getDuplicateWindow(), Duration.ZERO),
            StreamConfiguration.Builder::duplicateWindow));
    all.add(StreamSetting.allowRollup(plan.allowRollup()));
    if (wantsPlacement() && server.clustered()) {
      all.add(
          StreamSetting.placement(new StreamPlace(plan.placementCluster(), plan.placementTags())));
    }
    return all;
  }

  boolean wantsPlacement() {
    return plan.placementCluster().isPresent() || !plan.placementTags().isEmpty();
  }

  private RetentionPolicy retention() {
    return switch (plan.retention()) {
      case LIMITS -> RetentionPolicy.Limits;
      case INTEREST -> RetentionPolicy.Interest;
      case WORK_QUEUE -> RetentionPolicy.WorkQueue;
    };
  }
}
