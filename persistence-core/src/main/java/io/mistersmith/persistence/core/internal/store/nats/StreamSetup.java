package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.Difference;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates streams as planned, and shows or makes the changes that existing ones need. Thread-safe:
 * two that create the same stream at once find the same one.
 */
final class StreamSetup {

  private static final Logger LOG = LoggerFactory.getLogger(StreamSetup.class);

  private final NatsLink link;
  private final NatsConfig config;
  private final StreamNames names;
  private final BucketOpener buckets;
  private final Notices notices;
  private final UUID installation;

  StreamSetup(
      NatsLink link,
      NatsConfig config,
      StreamNames names,
      BucketOpener buckets,
      Notices notices,
      UUID installation) {
    this.link = link;
    this.config = config;
    this.names = names;
    this.buckets = buckets;
    this.notices = notices;
    this.installation = installation;
  }

  Changes compare(StreamPlan plan) {
    StreamLayout layout = layout(plan);
    try {
      StreamInfo present = find(buckets.streams(), layout.name());
      return present == null
          ? new Changes(false, List.of())
          : new Changes(true, clamped(layout, present).compare(own(layout, present)));
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw link.failure("compare stream " + layout.name(), e);
    }
  }

  Changes apply(StreamPlan plan) {
    StreamLayout layout = layout(plan);
    try {
      JetStreamManagement streams = buckets.streams();
      StreamInfo present = find(streams, layout.name());
      if (present != null) {
        return change(streams, layout, present);
      }
      create(streams, layout);
      return new Changes(false, List.of());
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw refused(layout, "created", List.of(), e);
    }
  }

  private StreamLayout layout(StreamPlan plan) {
    ServerCapabilities server = link.capabilities();
    int replicas = plan.replicated() && server.clustered() ? config.replicas() : 1;
    StreamLayout layout = new StreamLayout(plan, names, replicas, server, installation);
    if (plan.replicated() && config.replicas() > 1 && !server.clustered()) {
      notices.add(
          "The server is no cluster: stream "
              + layout.name()
              + " has 1 replica, not "
              + config.replicas());
    }
    if (layout.wantsPlacement() && !server.clustered()) {
      notices.add(
          "The server is no cluster: the placement of stream " + layout.name() + " is ignored");
    }
    return layout;
  }

  private static @Nullable StreamInfo find(JetStreamManagement streams, String name)
      throws IOException, JetStreamApiException {
    try {
      return streams.getStreamInfo(name);
    } catch (JetStreamApiException e) {
      if (NatsFailures.isStreamMissing(e)) {
        return null;
      }
      throw e;
    }
  }

  private void create(JetStreamManagement streams, StreamLayout layout)
      throws IOException, JetStreamApiException {
    try {
      StreamInfo created = StreamCreation.create(streams, layout.create());
      LOG.info(
          "Made stream {} ({} replicas, {})",
          layout.name(),
          created.getConfiguration().getReplicas(),
          layout.plan().storage());
    } catch (JetStreamApiException e) {
      int error = e.getApiErrorCode();
      if (error == BucketOpener.NAME_IN_USE) {
        Changes unused = change(streams, layout, streams.getStreamInfo(layout.name()));
        return;
      }
      boolean fewServers =
          error == BucketOpener.NO_SUITABLE_PEERS || error == BucketOpener.REPLICAS_NOT_SUPPORTED;
      if (!fewServers || layout.replicas() == 1) {
        throw e;
      }
      create(streams, layout.withReplicas(layout.replicas() - 2));
      awaitReplicas(layout, layout.replicas() - 2, "NATS error " + error);
    }
  }

  /** A stream that was made while servers were missing gets its replicas by and by. */
  private StreamLayout clamped(StreamLayout layout, StreamInfo present) {
    int replicas = present.getConfiguration().getReplicas();
    return replicas < layout.replicas() ? layout.withReplicas(replicas) : layout;
  }

  private void awaitReplicas(StreamLayout layout, int present, String why) {
    buckets.missingReplicas().add(layout.name(), present, layout.replicas(), why);
  }

  private StreamConfiguration own(StreamLayout layout, StreamInfo present) {
    InstallationMark.of(present.getConfiguration())
        .filter(found -> !found.equals(installation))
        .ifPresent(
            found -> {
              throw OtherInstallationException.ofStream(layout.name(), found, installation);
            });
    return present.getConfiguration();
  }

  private Changes change(JetStreamManagement streams, StreamLayout wanted, StreamInfo present)
      throws IOException {
    StreamConfiguration running = own(wanted, present);
    StreamLayout layout = clamped(wanted, present);
    List<Difference> differences = layout.compare(running);
    if (!differences.isEmpty() || StreamLayout.isUnmarked(running)) {
      LOG.info("Stream {} is being changed: {}", layout.name(), differences);
      try {
        StreamInfo unused = streams.updateStream(layout.update(running));
      } catch (JetStreamApiException e) {
        throw refused(layout, "changed", differences, e);
      }
    }
    if (layout.replicas() < wanted.replicas()) {
      awaitReplicas(wanted, layout.replicas(), "as it was made");
    }
    return new Changes(true, differences);
  }

  private PersistenceException refused(
      StreamLayout layout, String done, List<Difference> differences, Throwable cause) {
    PersistenceException failure =
        link.failure("stream " + layout.name() + " cannot be " + done + " as planned", cause);
    if (failure.isTransient() || !(cause instanceof JetStreamApiException refused)) {
      return failure;
    }
    return new NonTransientPersistenceException(
        failure.error() == DataError.STORE_FULL ? DataError.STORE_FULL : DataError.MISCONFIGURED,
        "stream "
            + layout.name()
            + " cannot be "
            + done
            + " as planned"
            + (differences.isEmpty() ? "" : ", " + differences)
            + ": NATS error "
            + refused.getApiErrorCode()
            + ", "
            + refused.getErrorDescription()
            + ". Plan what the server takes, or move the messages to a new stream",
        cause);
  }
}
